import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { isObject, listAt, stringAt } from '../../src/lib/json.ts'

interface Meta {
  labels?: Record<string, string>
  annotations?: Record<string, string>
}

/** An object of any kind; `group/version Kind` or `version Kind`. */
export function object(
  kind: string,
  { namespace, name }: { namespace?: string | undefined; name: string },
  rest: JsonObject = {},
  meta: Meta = {},
): KubeObject {
  const [apiVersion = '', name_ = ''] = kind.split(' ')
  return { apiVersion, kind: name_, metadata: { name, ...(namespace ? { namespace } : {}), ...meta }, ...rest }
}

export const config = (namespace: string, name: string, data: Record<string, string> = { key: '1' }, meta: Meta = {}): KubeObject =>
  object('v1 ConfigMap', { namespace, name }, { data }, meta)

export const secret = (namespace: string, name: string, rest: JsonObject = { stringData: { key: 'val' } }, meta: Meta = {}): KubeObject =>
  object('v1 Secret', { namespace, name }, rest, meta)

export const deployment = (namespace: string, name: string, more: JsonObject = {}, image = 'example.com/app:1'): KubeObject =>
  object(
    'apps/v1 Deployment',
    { namespace, name },
    { spec: { selector: { matchLabels: { app: name } }, template: pod(name, image), ...more } },
  )

export const pod = (name: string, image = 'example.com/app:1'): JsonObject => ({
  metadata: { labels: { app: name } },
  spec: { containers: [{ name: 'app', image, ports: [{ containerPort: 80 }] }] },
})

export const service = (namespace: string, name: string, spec: JsonObject = {}): KubeObject =>
  object('v1 Service', { namespace, name }, { spec: { selector: { app: name }, ports: [{ name: 'http', port: 80 }], ...spec } })

/** `manager operation` of the object itself, sorted. */
export function managersOf(object: KubeObject | undefined): string[] {
  return listAt(object, 'metadata', 'managedFields')
    .filter(isObject)
    .filter(e => !e.subresource)
    .map(e => `${stringAt(e, 'manager')} ${stringAt(e, 'operation')}`)
    .toSorted()
}
