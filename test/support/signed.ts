import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Descriptor, Reference } from '../../src/kinds/oci.ts'
import { mediaTypes } from '../../src/kinds/oci.ts'
import { type Digest, isDigest, sha256 } from '../../src/lib/digest.ts'
import { isObject, jsonIn, listAt } from '../../src/lib/json.ts'
import type { Registry } from '../../src/world/registry/registry.ts'
import { unending } from './unending.ts'

/** What a tool left in a registry beside an artifact that it signed. Blobs are base64. */
export interface SignedVector {
  /** What verifies it: keys and certificates by their names in a Secret. */
  readonly secret: Readonly<Record<string, string>>
  readonly digest: Digest
  readonly manifests: readonly { readonly tag?: string; readonly mediaType: string; readonly text: string }[]
  readonly blobs: Readonly<Record<string, string>>
}

export function signedVector(name: string): SignedVector {
  return JSON.parse(readFileSync(join(import.meta.dirname, '../vectors/verify', `${name}.json`), 'utf8')) as SignedVector
}

/** The artifact that all vectors sign: one layer, of a tar with nothing in it, and always the same digest. */
export async function pushSubject(registry: Registry, place: Reference): Promise<Digest> {
  const [config, layer] = [Buffer.from('{}'), Buffer.from(emptyTarGzip, 'base64')]
  const descriptors = [
    { mediaType: mediaTypes.fluxConfig, digest: sha256(config), size: config.length },
    { mediaType: mediaTypes.fluxContent, digest: sha256(layer), size: layer.length },
  ] as const
  await pushBytes(registry, place, { descriptor: descriptors[0], bytes: config })
  await pushBytes(registry, place, { descriptor: descriptors[1], bytes: layer })
  const text = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.manifest, config: descriptors[0], layers: [descriptors[1]] })
  return (await registry.pushManifest({ ...place, tag: 'latest' }, { mediaType: mediaTypes.manifest, bytes: Buffer.from(text) }, unending))
    .digest
}

const emptyTarGzip = 'H4sIAAAAAAAAA2NgGAWjYBSMVAAALq+17wAEAAA='

export async function pushBytes(
  registry: Registry,
  place: Reference,
  { descriptor, bytes }: { descriptor: Descriptor; bytes: Uint8Array },
): Promise<void> {
  const open = async function* (): AsyncIterable<Uint8Array> {
    yield bytes
  }
  await registry.pushBlob(place, { descriptor, open }, { signal: unending })
}

/** Everything of a repository but the artifact itself. */
export async function dumpOf(registry: Registry, place: Reference, digest: Digest): Promise<Omit<SignedVector, 'secret'>> {
  const manifests: { tag?: string; mediaType: string; text: string }[] = []
  const blobs: Record<string, string> = {}
  const take = async (ref: Reference): Promise<void> => {
    const found = await registry.manifest(ref, unending)
    if (!found || found.descriptor.digest === digest) return
    const text = Buffer.from(found.bytes).toString('utf8')
    manifests.push({ ...(ref.tag === undefined ? {} : { tag: ref.tag }), mediaType: found.descriptor.mediaType, text })
    for (const blob of blobsIn(text))
      blobs[blob.digest] = Buffer.concat(await chunks(registry.blob(place, blob, unending))).toString('base64')
  }
  for await (const tag of registry.tags(place, unending)) await take({ ...place, tag })
  for await (const referrer of registry.referrers(place, digest, { signal: unending })) await take({ ...place, digest: referrer.digest })
  return { digest, manifests, blobs }
}

/** Config and layers of a manifest. */
export function blobsIn(text: string): Descriptor[] {
  const manifest = jsonIn(text)
  const config = isObject(manifest) ? manifest.config : undefined
  return [...(config ? [config] : []), ...listAt(manifest, 'layers')].filter(isObject) as unknown as Descriptor[]
}

async function chunks(source: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = []
  for await (const part of source) parts.push(part)
  return parts
}

/** Puts the artifact and what the tool left into a repository. */
export async function pushVector(registry: Registry, place: Reference, vector: SignedVector): Promise<Digest> {
  const digest = await pushSubject(registry, place)
  for (const [name, base64] of Object.entries(vector.blobs)) {
    const bytes = Buffer.from(base64, 'base64')
    if (!isDigest(name)) throw new TypeError(`'${name}' is no digest`)
    await pushBytes(registry, place, { descriptor: { mediaType: 'application/octet-stream', digest: name, size: bytes.length }, bytes })
  }
  for (const { tag, mediaType, text } of vector.manifests) {
    const bytes = Buffer.from(text)
    await registry.pushManifest({ ...place, ...(tag === undefined ? { digest: sha256(bytes) } : { tag }) }, { mediaType, bytes }, unending)
  }
  return digest
}
