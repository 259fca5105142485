import { messageOf } from '../../lib/coded-error.ts'
import { type Descriptor, mediaTypes } from '../../kinds/oci.ts'
import { isObject, jsonIn, listAt } from '../../lib/json.ts'
import { printReference } from '../../lib/reference.ts'
import { type Certificate, certificatesIn } from './notation/certificate.ts'
import { type Against, judge, type SignatureBlob } from './notation/judge.ts'
import { parsePolicy, statementFor } from './notation/policy.ts'
import type { Statement } from './notation/statement.ts'
import { revocationProblem } from './revocation-reconciler.ts'
import { signatureTypes } from './signature-types.ts'
import type { Signed, Verifying } from './verify-reconciler.ts'

const policyKey = 'trustpolicy.json'
/** As Flux sets it: whoever may push referrers cannot make us read for ever. */
const mostSignatures = 3
const envelopeLimit = 4 * 1024 * 1024

interface Trust {
  readonly verifying: Verifying
  /** Of the Secret that `secretRef` names. */
  readonly data: Readonly<Record<string, Uint8Array>>
  /** namespace/name of it. */
  readonly secret: string
}

/** What a trust policy says of an artifact. Throws the texts of Flux and of notation when it may not pass. Spec: sources 3.6. */
export async function notationVerdict(signed: Signed, { verifying, data, secret }: Trust): Promise<'verified' | 'ignored'> {
  const policy = data[policyKey]
  if (!policy) throw new Error(`'${policyKey}' not found in secret '${secret}'`)
  const files = Object.entries(data).filter(([name]) => name.endsWith('.crt') || name.endsWith('.pem'))
  const statements = parsePolicy(policy)
  if (files.length === 0) throw new Error(`no certificates found in secret '${secret}'`)
  const { registry, repository, digest } = signed.target
  const printed = printReference({ registry, repository, digest })
  const statement = statementFor(statements, printed)
  if (!statement.actions) return 'ignored'
  const trusted = files.flatMap(([name, file]) => certificatesIn(file, name))
  return await tried(signed, { verifying, statement, trusted, printed })
}

async function tried(
  { target }: Signed,
  { verifying, statement, trusted, printed }: Pick<Trust, 'verifying'> & Tried,
): Promise<'verified' | 'ignored'> {
  const { registry, signal, hands } = verifying
  const { mediaType, size, digest } = await registry.lookUp({ ...target, tag: undefined }, signal)
  const against: Against = {
    statement,
    trusted,
    artifact: { mediaType, size, digest },
    now: hands.clock.now(),
    revocation: (chain, signedAt) => revocationProblem(chain, signedAt, { hands, signal }),
  }
  const failures: string[] = []
  for await (const found of registry.referrers(target, target.digest, { signal, artifactType: signatureTypes.notation })) {
    if (failures.length === mostSignatures) break
    const verdict = await judge(await envelopeOf(found, { target, verifying, printed }), against)
    if (verdict.is !== 'failed') return verdict.is
    failures.push(`failed to verify signature with digest ${found.digest}, ${verdict.why}`)
  }
  if (failures.length === 0)
    throw new Error(`no signature is associated with ${JSON.stringify(printed)}, make sure the artifact was signed successfully`)
  if (failures.length === mostSignatures)
    throw new Error(`signature evaluation stopped. The configured limit of ${mostSignatures} signatures to verify per artifact exceeded`)
  throw new Error(['signature verification failed', ...failures].join('\n'))
}

interface Tried {
  readonly statement: Statement
  readonly trusted: readonly Certificate[]
  readonly printed: string
}

async function envelopeOf(
  found: Descriptor,
  { target, verifying, printed }: Pick<Signed, 'target'> & Pick<Trust, 'verifying'> & Pick<Tried, 'printed'>,
): Promise<SignatureBlob> {
  const { registry, signal } = verifying
  const place = { registry: target.registry, repository: target.repository }
  try {
    const manifest = await registry.manifest({ ...place, digest: found.digest }, signal)
    const layer = envelopeIn(manifest?.bytes, found)
    const parts: Uint8Array[] = []
    for await (const part of registry.blob(place, layer, signal)) parts.push(part)
    return { mediaType: layer.mediaType, bytes: Buffer.concat(parts) }
  } catch (cause) {
    signal.throwIfAborted()
    const message = `unable to retrieve digital signature with digest "${found.digest}" associated with ${JSON.stringify(printed)} from the Repository, error : ${messageOf(cause)}`
    throw new Error(message, { cause })
  }
}

function envelopeIn(bytes: Uint8Array | undefined, { mediaType }: Descriptor): Descriptor {
  if (mediaType !== mediaTypes.manifest) throw new Error(`sigManifestDesc.MediaType requires "${mediaTypes.manifest}", got "${mediaType}"`)
  const manifest = bytes && jsonIn(bytes)
  const [layer, ...more] = listAt(manifest, 'layers')
  if (!isObject(layer) || more.length > 0)
    throw new Error(`signature manifest requries exactly one signature envelope blob, got ${listAt(manifest, 'layers').length}`)
  const { size, mediaType: type, digest } = layer
  if (typeof size !== 'number' || typeof type !== 'string' || typeof digest !== 'string')
    throw new Error('the signature manifest is no manifest')
  if (size > envelopeLimit) throw new Error(`signature blob too large: ${size} bytes`)
  return layer as unknown as Descriptor
}
