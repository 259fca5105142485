import { type Descriptor, mediaTypes, type Reference } from '../../kinds/oci.ts'
import { type Digest, isDigest, sha256 } from '../../lib/digest.ts'
import { isObject, type JsonObject, listAt, stringAt, jsonIn } from '../../lib/json.ts'
import { printReference } from '../../lib/reference.ts'
import { RegistryError } from './error.ts'
import { referrers, schemaTag } from './list.ts'
import { digestOf, isDescriptor, manifest, mismatch } from './pull.ts'
import type { RegistryTransport } from './transport.ts'

/** Puts a manifest; what the registry says it stored must be what was sent. A subject is listed by its tag where the registry has no referrers API. */
export async function pushManifest(
  transport: RegistryTransport,
  { ref, mediaType, bytes }: { ref: Reference; mediaType: string; bytes: Uint8Array },
  signal: AbortSignal,
): Promise<Descriptor> {
  const digest = ref.digest ? digestOf(bytes, ref.digest) : sha256(bytes)
  if (ref.digest && ref.digest !== digest) throw mismatch(ref, digest)
  const { headers } = await put(transport, { ref, mediaType, bytes }, signal)
  const said = headers['docker-content-digest']
  if (said && isDigest(said) && said !== digestOf(bytes, said))
    throw new RegistryError('DIGEST_MISMATCH', {
      ref: printReference(ref),
      message: `the registry stored '${printReference(ref)}' as ${said}, not as ${digest}`,
    })
  const descriptor = { mediaType, digest, size: bytes.length }
  const document = jsonIn(bytes)
  const subject = stringAt(document, 'subject', 'digest')
  if (isObject(document) && subject && isDigest(subject) && headers['oci-subject'] !== subject)
    await listBySchema(transport, { repository: ref, subject, entry: { ...descriptor, ...describedBy(document) } }, signal)
  return descriptor
}

async function put(
  transport: RegistryTransport,
  { ref, mediaType, bytes }: { ref: Reference; mediaType: string; bytes: Uint8Array },
  signal: AbortSignal,
): Promise<{ headers: Readonly<Record<string, string>> }> {
  const answer = await transport.ask(
    {
      ...ref,
      method: 'PUT',
      path: `manifests/${ref.digest ?? ref.tag ?? 'latest'}`,
      actions: 'pull,push',
      headers: { 'content-type': mediaType, 'content-length': String(bytes.length) },
      body: bytes,
    },
    signal,
  )
  await answer.body.cancel()
  return answer
}

/** Adds an entry to the index that stands for the referrers of a subject. Spec: OCI distribution 1.1, "Referrers Tag Schema". */
async function listBySchema(
  transport: RegistryTransport,
  { repository, subject, entry }: { repository: Reference; subject: Digest; entry: Descriptor },
  signal: AbortSignal,
): Promise<void> {
  for await (const known of referrers(transport, { repository, digest: subject, artifactType: undefined }, signal))
    if (known.digest === entry.digest) return
  const ref = { registry: repository.registry, repository: repository.repository, tag: schemaTag(subject) }
  const before = await manifest(transport, ref, signal).catch((thrown: unknown) => {
    if (thrown instanceof RegistryError && thrown.code === 'NOT_FOUND') return undefined
    throw thrown
  })
  const others = before ? listAt(jsonIn(before.bytes), 'manifests').filter(isDescriptor) : []
  const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [...others, entry] }
  await put(transport, { ref, mediaType: mediaTypes.index, bytes: new TextEncoder().encode(JSON.stringify(index)) }, signal)
}

function describedBy(document: JsonObject): Pick<Descriptor, 'artifactType' | 'annotations'> {
  const artifactType = stringAt(document, 'artifactType') ?? stringAt(document, 'config', 'mediaType')
  const { annotations } = document
  return {
    ...(artifactType ? { artifactType } : {}),
    ...(isObject(annotations) ? { annotations: Object.fromEntries(Object.entries(annotations).map(([k, v]) => [k, String(v)])) } : {}),
  }
}
