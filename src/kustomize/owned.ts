import type { KustomizationObject } from '../kinds/kustomization.ts'
import type { KubeObject } from '../kinds/manifest.ts'
import { isObject, type Json, type JsonObject } from '../lib/json.ts'

/** Whose objects these are, by label. */
export const ownerLabels = { name: 'kustomize.toolkit.fluxcd.io/name', namespace: 'kustomize.toolkit.fluxcd.io/namespace' } as const

/** Objects as they are applied: owner labels, normalised, then `spec.commonMetadata`. Spec: kustomization 4.2, 7.1. */
export function owned(objects: readonly KubeObject[], ks: KustomizationObject): KubeObject[] {
  const owner = { [ownerLabels.name]: ks.metadata.name, [ownerLabels.namespace]: ks.metadata.namespace ?? '' }
  return objects.map(object => withMetadata(normalised(withMetadata(object, { labels: owner })), ks.spec.commonMetadata ?? {}))
}

function withMetadata(
  object: KubeObject,
  { labels, annotations }: { labels?: Record<string, string> | undefined; annotations?: Record<string, string> | undefined },
): KubeObject {
  return {
    ...object,
    metadata: {
      ...object.metadata,
      ...(labels ? { labels: { ...object.metadata.labels, ...labels } } : {}),
      ...(annotations ? { annotations: { ...object.metadata.annotations, ...annotations } } : {}),
    },
  }
}

/** What the typed form of an object changes: no status, no creation time, Secret text encoded, port protocols filled in. */
export function normalised(object: KubeObject): KubeObject {
  const { creationTimestamp: _, ...metadata } = object.metadata
  const bare: KubeObject = { ...object, metadata: { ...metadata, name: object.metadata.name } }
  if (object.kind !== 'CustomResourceDefinition') delete bare.status
  if (bare.apiVersion === 'v1' && bare.kind === 'Secret') return encoded(bare)
  return builtin(bare.apiVersion) && bare.spec ? { ...bare, spec: withProtocols(bare.spec) as JsonObject } : bare
}

function builtin(apiVersion: string): boolean {
  return apiVersion === 'v1' || /^(apps|batch)\//.test(apiVersion)
}

function encoded(secret: KubeObject): KubeObject {
  const { stringData, ...rest } = secret
  if (!isObject(stringData)) return secret
  const text = Object.entries(stringData).map(([key, value]): [string, Json] => [key, Buffer.from(String(value)).toString('base64')])
  return {
    ...rest,
    apiVersion: secret.apiVersion,
    kind: secret.kind,
    metadata: secret.metadata,
    data: { ...(isObject(secret.data) ? secret.data : {}), ...Object.fromEntries(text) },
  }
}

/** `protocol: TCP` on the ports of containers and Services. */
function withProtocols(value: Json | undefined): Json {
  if (Array.isArray(value)) return value.map(withProtocols)
  if (!isObject(value)) return value ?? null
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === 'ports' && Array.isArray(item) ? item.map(withProtocol) : withProtocols(item),
    ]),
  )
}

function withProtocol(port: Json): Json {
  return isObject(port) && (port.port !== undefined || port.containerPort !== undefined)
    ? { ...port, protocol: port.protocol ?? 'TCP' }
    : port
}
