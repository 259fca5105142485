import type { Descriptor } from '../../kinds/oci.ts'
import { mediaTypes } from '../../kinds/oci.ts'
import { type Digest, isDigest, sha256 } from '../../lib/digest.ts'
import { isObject, type Json, type JsonObject, listAt, stringAt } from '../../lib/json.ts'
import { registryProblems } from './answers.ts'
import type { Content } from './content.ts'
import type { Repositories } from './repositories.ts'

export interface Shelf {
  readonly content: Content
  readonly repositories: Repositories
}

/** Checks and stores a manifest under its digest, and under a tag when `reference` is one. */
export async function storeManifest(
  { content, repositories }: Shelf,
  at: { name: string; reference: string },
  given: { mediaType: string; bytes: Uint8Array },
): Promise<{ digest: Digest; subject?: string | undefined }> {
  const document = parsed(given.bytes)
  const digest = sha256(given.bytes)
  if (isDigest(at.reference) && at.reference !== digest) throw registryProblems.digestInvalid(at.reference)
  const repository = repositories.get(at.name)
  for (const part of [document.config, ...listAt(document, 'layers')]) {
    const blob = stringAt(part, 'digest')
    if (blob && !repository?.blobs.has(blob)) throw registryProblems.missingBlob(blob)
  }
  for (const child of listAt(document, 'manifests')) {
    const manifest = stringAt(child, 'digest') ?? ''
    if (!repository?.manifests.has(manifest)) throw registryProblems.missingBlob(manifest)
  }
  const upload = await content.begin()
  await upload.append(given.bytes)
  await upload.finish(digest)
  const subject = stringAt(document, 'subject', 'digest')
  await repositories.change(at.name, r => {
    r.manifests.set(digest, {
      ...descriptorOf(document, { digest, size: given.bytes.length, mediaType: given.mediaType }),
      ...(subject ? { subject } : {}),
    })
    if (!isDigest(at.reference)) r.tags.set(at.reference, digest)
  })
  return { digest, ...(subject ? { subject } : {}) }
}

function descriptorOf(document: JsonObject, { digest, size, mediaType }: { digest: Digest; size: number; mediaType: string }): Descriptor {
  const artifactType =
    stringAt(document, 'artifactType') ?? (mediaType === mediaTypes.manifest ? stringAt(document, 'config', 'mediaType') : undefined)
  const annotations = isObject(document.annotations)
    ? Object.fromEntries(Object.entries(document.annotations).map(([k, v]) => [k, String(v)]))
    : undefined
  return { mediaType, digest, size, ...(artifactType ? { artifactType } : {}), ...(annotations ? { annotations } : {}) }
}

function parsed(bytes: Uint8Array): JsonObject {
  const document = jsonOf(bytes)
  if (isObject(document)) return document
  throw registryProblems.manifestInvalid('it is no JSON object')
}

function jsonOf(bytes: Uint8Array): Json | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Json
  } catch {
    return undefined
  }
}
