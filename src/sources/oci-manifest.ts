import { originRevision, originSource } from '../kinds/artifact.ts'
import { type Descriptor, mediaTypes } from '../kinds/oci.ts'
import { type Digest, sha256 } from '../lib/digest.ts'

/** Annotations that `push_artifact` writes. */
export const annotationKeys = {
  created: 'org.opencontainers.image.created',
  source: originSource,
  revision: originRevision,
} as const

const noTime = '0001-01-01T00:00:00Z'

/** Config and manifest of a Flux artifact, byte for byte as the flux CLI writes them. Spec: sources 10.6. */
export function fluxManifest({
  tarDigest,
  layer,
  annotations,
}: {
  tarDigest: Digest
  layer: { digest: Digest; size: number }
  annotations: Readonly<Record<string, string>>
}): { config: Uint8Array; manifest: Uint8Array; configDescriptor: Descriptor; layerDescriptor: Descriptor } {
  const config = encode({
    architecture: '',
    created: noTime,
    history: [{ created: noTime }],
    os: '',
    rootfs: { type: 'layers', diff_ids: [tarDigest] },
    config: {},
  })
  const configDescriptor = { mediaType: mediaTypes.fluxConfig, size: config.length, digest: sha256(config) }
  const layerDescriptor = { mediaType: mediaTypes.fluxContent, size: layer.size, digest: layer.digest }
  const sorted = Object.fromEntries(Object.entries(annotations).toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
  const manifest = encode({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: configDescriptor,
    layers: [layerDescriptor],
    annotations: sorted,
  })
  return { config, manifest, configDescriptor, layerDescriptor }
}

/** JSON as Go's encoder writes it: `&`, `<`, `>` and the line separators escaped. */
function encode(value: unknown): Uint8Array {
  const escapes: Readonly<Record<string, string>> = {
    '&': '\\u0026',
    '<': '\\u003c',
    '>': '\\u003e',
    '\u2028': '\\u2028',
    '\u2029': '\\u2029',
  }
  return new TextEncoder().encode(JSON.stringify(value).replaceAll(/[&<>\u2028\u2029]/g, c => escapes[c] ?? c))
}
