import { type Descriptor, type ImageIndex, type ImageManifest } from '../../kinds/oci.ts'
import type { OCIRepositoryObject } from '../../kinds/oci-repository.ts'
import { isObject, type Json } from '../../lib/json.ts'

/** A manifest, or an index, by its content. @throws {SyntaxError} for anything else. */
export function parseManifest(bytes: Uint8Array): ImageManifest | ImageIndex {
  const document = JSON.parse(new TextDecoder().decode(bytes)) as Json
  if (isObject(document) && (Array.isArray(document.layers) || Array.isArray(document.manifests)))
    return document as unknown as ImageManifest | ImageIndex
  throw new SyntaxError('it is neither an image manifest nor an index')
}

/** The child of an index that is pulled: linux/amd64, as Flux does. `undefined` when there is none. Spec: sources 3.2 step 11. */
export function selectPlatform(index: ImageIndex, platform = { os: 'linux', architecture: 'amd64' }): Descriptor | undefined {
  return index.manifests.find(m => m.platform?.os === platform.os && m.platform.architecture === platform.architecture)
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
