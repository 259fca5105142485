import { isObject, type Json, type JsonObject } from './json.ts'

const dropped = ['kubectl.kubernetes.io/last-applied-configuration', 'kustomize.toolkit.fluxcd.io/original']
const secretNames = /passw(or)?d|secret|token|api[-_]?key|private[-_]?key|credential|passphrase|connection[-_]?string|authorization|cookie/i

/** How a value is shown; it is also learned, so that copies of it elsewhere are hidden. */
export type Show = (value: string) => string

/** The secret values that an object carries: those of a Secret, with the words inside JSON and basic credentials; a Provider's address; a Receiver's path. */
export function secretsOf({ kind, apiVersion, data, stringData, spec, status }: JsonObject): string[] {
  if (kind === 'Secret' && apiVersion === 'v1') {
    const decoded = isObject(data) ? Object.values(data).map(value => Buffer.from(String(value), 'base64').toString('utf8')) : []
    return [...decoded, ...(isObject(stringData) ? Object.values(stringData).map(String) : [])].flatMap(value => [value, ...wordsOf(value)])
  }
  if (kind === 'Provider') return isObject(spec) && typeof spec.address === 'string' ? [spec.address] : []
  if (kind === 'Receiver') return isObject(status) && typeof status.webhookPath === 'string' ? [status.webhookPath] : []
  return []
}

/** The strings within a JSON document, and the parts of `user:password` in base64. */
function wordsOf(value: string): string[] {
  if (!/^\s*[[{]/.test(value)) return []
  try {
    return leavesOf(JSON.parse(value) as Json).flatMap(leaf => [leaf, ...credentialOf(leaf)])
  } catch {
    return []
  }
}

function leavesOf(value: Json): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(leavesOf)
  return isObject(value) ? Object.values(value).flatMap(item => leavesOf(item ?? null)) : []
}

function credentialOf(leaf: string): string[] {
  const decoded = /^[A-Za-z0-9+/]{8,}={0,2}$/.test(leaf) ? Buffer.from(leaf, 'base64').toString('utf8') : ''
  const colon = decoded.indexOf(':')
  return colon > 0 && !decoded.includes('\ufffd') ? [decoded.slice(colon + 1)] : []
}

/** A Kubernetes object as it may leave: secrets by structure masked, managedFields and copies of manifests dropped. Spec: mcp 4.5. */
export function maskObject(object: JsonObject, show: Show): JsonObject {
  const { kind, metadata } = object
  const bare: JsonObject = { ...object, ...(isObject(metadata) ? { metadata: maskMetadata(metadata) } : {}) }
  if (kind === 'Secret') return maskSecret(bare, show)
  if (kind === 'Provider' || kind === 'Receiver') return maskAddress(bare, show)
  if (kind === 'ConfigMap' && isObject(bare.binaryData))
    return { ...(maskEnv(bare, show) as JsonObject), binaryData: sizesOf(bare.binaryData) }
  return maskEnv(bare, show) as JsonObject
}

function maskMetadata({ managedFields: _managedFields, ...metadata }: JsonObject): JsonObject {
  if (!isObject(metadata.annotations)) return metadata
  const annotations = Object.fromEntries(Object.entries(metadata.annotations).filter(([key]) => !dropped.includes(key)))
  return { ...metadata, annotations }
}

function maskSecret(secret: JsonObject, show: Show): JsonObject {
  const data = isObject(secret.data)
    ? Object.fromEntries(
        Object.entries(secret.data).map(([key, value]) => [key, show(Buffer.from(String(value), 'base64').toString('utf8'))]),
      )
    : undefined
  const text = isObject(secret.stringData)
    ? Object.fromEntries(Object.entries(secret.stringData).map(([key, value]) => [key, show(String(value))]))
    : undefined
  return { ...secret, ...(data ? { data } : {}), ...(text ? { stringData: text } : {}) }
}

/** The address of a Provider and the path of a Receiver are secrets. */
function maskAddress(object: JsonObject, show: Show): JsonObject {
  const spec =
    isObject(object.spec) && typeof object.spec.address === 'string' ? { ...object.spec, address: show(object.spec.address) } : object.spec
  const path = isObject(object.status) ? object.status.webhookPath : undefined
  const status = isObject(object.status) && typeof path === 'string' ? { ...object.status, webhookPath: show(path) } : object.status
  return { ...object, ...(spec ? { spec } : {}), ...(status ? { status } : {}) }
}

/** Bytes say nothing to a reader, and could hold anything. */
function sizesOf(binary: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(binary).map(([key, value]) => [key, `(${Buffer.from(String(value), 'base64').length} bytes)`]))
}

/** Literal environment variables, values and substitutions with the name of a secret. */
function maskEnv(value: Json, show: Show): Json {
  if (Array.isArray(value))
    return value.map((item, i) => (follows(value[i - 1]) && typeof item === 'string' ? show(item) : maskEnv(item, show)))
  if (!isObject(value)) return value
  if (typeof value.name === 'string' && typeof value.value === 'string' && secretNames.test(value.name))
    return { ...value, value: show(value.value) }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      typeof item === 'string' && secretNames.test(key) && !/name|ref|key$/i.test(key.replace(/api[-_]?key|private[-_]?key/i, ''))
        ? show(item)
        : maskEnv(item ?? null, show),
    ]),
  )
}

/** Whether an argument of a command names a secret that stands in the next one. */
function follows(argument: Json | undefined): boolean {
  return typeof argument === 'string' && /^--?[\w-]+$/.test(argument) && secretNames.test(argument)
}
