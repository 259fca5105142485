import { type Descriptor, type ImageIndex, type ImageManifest, type Platform } from '../../kinds/oci.ts'
import type { OCIRepositoryObject } from '../../kinds/oci-repository.ts'
import { isDigest } from '../../lib/digest.ts'
import { isObject, type Json } from '../../lib/json.ts'

/** A manifest, or an index, by its content. What it points with is checked, the rest is as it came. @throws {SyntaxError} for anything else. */
export function parseManifest(bytes: Uint8Array): ImageManifest | ImageIndex {
  const document = JSON.parse(new TextDecoder().decode(bytes)) as Json
  const key = ['layers', 'manifests'].find(name => isObject(document) && Array.isArray(document[name]))
  if (!isObject(document) || key === undefined) throw new SyntaxError('it is neither an image manifest nor an index')
  const pointers = document[key]
  if (Array.isArray(pointers)) for (const [i, pointer] of pointers.entries()) checkDescriptor(pointer, `${key}[${i}]`)
  if (key === 'layers') checkDescriptor(document.config, 'config')
  const { annotations = {} } = document
  if (annotations !== null && (!isObject(annotations) || Object.values(annotations).some(value => typeof value !== 'string')))
    throw new SyntaxError('its annotations are no map of texts')
  return { ...document, annotations: annotations ?? {} } as unknown as ImageManifest | ImageIndex
}

function checkDescriptor(value: Json | undefined, where: string): void {
  const { mediaType = '', digest, size } = isObject(value) ? value : {}
  if (typeof mediaType !== 'string' || typeof digest !== 'string' || !isDigest(digest))
    throw new SyntaxError(`its ${where} has no media type and digest`)
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw new SyntaxError(`its ${where} has no size`)
}

const pulledPlatform: Platform = { os: 'linux', architecture: 'amd64' }

/** The child of an index that is pulled: linux/amd64, which a child without a platform is taken for. `undefined` when there is none. Spec: sources 3.2 step 11. */
export function selectPlatform(index: ImageIndex, wanted = pulledPlatform): Descriptor | undefined {
  return index.manifests.find(({ platform }) => {
    const { os, architecture } = platform ?? pulledPlatform
    return os === wanted.os && architecture === wanted.architecture
  })
}

/** The layer that a spec selects. Throws text for the condition. Spec: sources 3.4. */
export function selectLayer({ layers }: ImageManifest, selector: OCIRepositoryObject['spec']['layerSelector']): Descriptor {
  const [first] = layers
  if (!first) throw new Error('no layers found in artifact')
  if (!selector?.mediaType) return first
  const found = layers.find(layer => layer.mediaType === selector.mediaType)
  if (!found) throw new Error(`failed to find layer with media type '${selector.mediaType}' in artifact`)
  return found
}
