import type { KeyObject } from 'node:crypto'
import { cosignKey, type CosignSignature, keyedProblem, signatureLayers, signatureTag } from './cosign.ts'
import type { OidcIdentity } from './keyless.ts'
import { newerFormat, noMatch } from './provider.ts'
import { signatureTypes } from './signature-types.ts'
import type { Signed, Verifying } from './verify-reconciler.ts'

/** Finds a signature by one of the keys `*.pub`; none of a transparency log is asked for. Throws Flux's text when there is none. Spec: sources 3.6. */
export async function keyedMatch(
  signed: Signed,
  { verifying, data }: { verifying: Verifying; data: Readonly<Record<string, Uint8Array>> },
): Promise<void> {
  const names = Object.keys(data).filter(name => name.endsWith('.pub') && data[name]?.length)
  const { digest } = signed.target
  const signatures = names.length > 0 ? await signaturesOf(signed, verifying) : []
  for (const name of names.toSorted()) {
    const key: KeyObject = cosignKey(Buffer.from(data[name] ?? []).toString('latin1'))
    if (signatures.some(signature => keyedProblem(signature, { key, digest }) === undefined)) return
  }
  throw new Error(noMatch(signed.printed, signatures.length === 0 ? await otherwise(signed, verifying) : ''))
}

/** Finds a signature by an identity that is asked for. Throws cosign's text when there is none. Spec: sources 3.6, G18. */
export async function keylessMatch(
  signed: Signed,
  { verifying, identities }: { verifying: Verifying; identities: readonly OidcIdentity[] },
): Promise<void> {
  if (identities.length === 0) await verifying.tell?.(anySigner)
  const signatures = await signaturesOf(signed, verifying)
  if (signatures.length === 0) throw new Error(`no signatures found${await otherwise(signed, verifying)}`)
  const { keylessProblem, trustIn } = await import('./keyless.ts')
  const trust = trustIn(await trustedRoot(verifying))
  const { digest } = signed.target
  const problems: string[] = []
  for (const signature of signatures) {
    const problem = keylessProblem(signature, { trust, identities, digest })
    if (problem === undefined) return
    problems.push(problem)
  }
  throw new Error(`no matching signatures: ${[...new Set(problems)].join('\n ')}`)
}

const anySigner = {
  severity: 'trace',
  reason: 'UnsafeVerification',
  message: 'any identity may have signed this artifact: name those that may with spec.verify.matchOIDCIdentity',
} as const

async function trustedRoot({ sigstoreTrustedRoot }: Verifying): Promise<unknown> {
  if (sigstoreTrustedRoot === undefined) return (await import('./public-root.ts')).publicRoot()
  try {
    return JSON.parse(sigstoreTrustedRoot)
  } catch (cause) {
    throw new Error('unable to parse trusted root: it is no JSON', { cause })
  }
}

/** The signatures beside an artifact; empty when it has none. */
async function signaturesOf({ target }: Signed, { registry, signal }: Verifying): Promise<CosignSignature[]> {
  const place = { registry: target.registry, repository: target.repository }
  const found = await registry.manifest({ ...place, tag: signatureTag(target.digest) }, signal)
  const layers = found ? signatureLayers(found.bytes) : []
  const signatures: CosignSignature[] = []
  for (const layer of layers) {
    const parts: Uint8Array[] = []
    for await (const part of registry.blob(place, layer, signal)) parts.push(part)
    signatures.push({ payload: Buffer.concat(parts), annotations: layer.annotations ?? {} })
  }
  return signatures
}

/** Says so when there is a signature of a kind that is not read here. Best effort. */
async function otherwise({ target }: Signed, { registry, signal }: Verifying): Promise<string> {
  try {
    for await (const { artifactType = '' } of registry.referrers(target, target.digest, { signal }))
      if (artifactType.startsWith(signatureTypes.cosignBundle)) return newerFormat
  } catch {
    signal.throwIfAborted()
  }
  return ''
}
