import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import type Forge from 'node-forge'

/** Certificates and keys as DER: keys in PKCS1, which is what the reader knows of them. */
export interface Pkcs12 {
  readonly certificates: readonly Uint8Array[]
  readonly keys: readonly Uint8Array[]
}

const longestMs = 20_000
const mostMegabytes = 128
const marker = 'fluxpilot reads PKCS#12'

/**
 * What a PKCS#12 file holds. It is read in a thread of its own, with an end and a ceiling: the file says itself how often its password is hashed.
 * Throws an `Error` without a secret; an abort rejects with `signal.reason`.
 */
export async function pkcs12(content: Uint8Array, password: string, signal: AbortSignal): Promise<Pkcs12> {
  signal.throwIfAborted()
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { marker, content, password },
    resourceLimits: { maxOldGenerationSizeMb: mostMegabytes },
    execArgv: [],
    env: {},
    stdout: true,
    stderr: true,
  })
  const { promise, resolve, reject } = Promise.withResolvers<Pkcs12>()
  const late = AbortSignal.timeout(longestMs)
  const ended = (): void =>
    reject(signal.aborted ? (signal.reason as Error) : new Error(`it takes longer than ${longestMs / 1000} s to read`))
  const either = AbortSignal.any([signal, late])
  either.addEventListener('abort', ended)
  worker.on('message', (answer: Answer) => ('failed' in answer ? reject(new Error(answer.failed)) : resolve(answer)))
  worker.on('error', cause => reject(new Error('it takes more memory than it may', { cause })))
  worker.on('exit', () => reject(new Error('it cannot be read')))
  try {
    return await promise
  } finally {
    either.removeEventListener('abort', ended)
    await worker.terminate()
  }
}

type Answer = Pkcs12 | { readonly failed: string }

/** The thread's own work. What the library says may have bytes of the content: only what is known of its words is told. */
async function answer(content: Uint8Array, password: string): Promise<Answer> {
  const { default: forge } = await import('node-forge')
  const binary = Buffer.from(content).toString('latin1')
  try {
    return read(forge, binary, password)
  } catch (thrown) {
    const isPassword = thrown instanceof Error && /MAC could not be verified|Invalid password/i.test(thrown.message)
    return { failed: isPassword ? 'pkcs12: decryption password incorrect' : 'it is neither PEM nor PKCS#12 that can be read' }
  }
}

function read(forge: typeof Forge, binary: string, password: string): Pkcs12 {
  const { pkcs12: reader, asn1, pki } = forge
  const { safeContents } = reader.pkcs12FromAsn1(asn1.fromDer(binary), true, password)
  const bags = safeContents.flatMap(safe => safe.safeBags)
  const der = (value: Forge.asn1.Asn1): Uint8Array => Buffer.from(asn1.toDer(value).getBytes(), 'latin1')
  const certificates = bags.filter(bag => bag.type === pki.oids.certBag).map(bag => (bag.cert ? pki.certificateToAsn1(bag.cert) : bag.asn1))
  const keys = bags.flatMap(bag => (bag.key ? [pki.privateKeyToAsn1(bag.key)] : []))
  return { certificates: certificates.map(der), keys: keys.map(der) }
}

const given = workerData as { marker?: string; content: Uint8Array; password: string } | null
if (!isMainThread && given?.marker === marker) parentPort?.postMessage(await answer(given.content, given.password))
