import { joinApiVersion, type ObjectRef, printRef } from '../../kinds/manifest.ts'
import type { ApiResource } from './cluster.ts'

/** The request path of a resource's collection, of one object in it, or of its subresource. */
export function pathOf(
  { group, version, plural, namespaced }: Pick<ApiResource, 'group' | 'version' | 'plural' | 'namespaced'>,
  { namespace, name }: { namespace?: string | undefined; name?: string | undefined },
  subresource?: string,
): string {
  const base = `/${group ? 'apis' : 'api'}/${joinApiVersion({ group, version })}`
  const scope = namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  return `${base}${scope}/${plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}${subresource ? `/${subresource}` : ''}`
}

/** `deployments.apps`. */
export function typeName({ plural, group }: ApiResource): string {
  return group ? `${plural}.${group}` : plural
}

/** `deployments.apps web/podinfo`, as errors name an object. */
export function named(resource: ApiResource, ref: Pick<ObjectRef, 'namespace' | 'name'>): string {
  return `${typeName(resource)} ${printRef({ kind: '', ...ref }).replace(/^\//, '')}`
}

/** An API server's URL without credentials and without a slash at its end. */
export function withoutUserInfo(server: string): string {
  const url = new URL(server)
  url.username = url.password = ''
  return url.href.replace(/\/$/, '')
}
