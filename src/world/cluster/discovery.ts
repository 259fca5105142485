import { isObject, type JsonObject, listAt, stringAt } from '../../lib/json.ts'
import { messageOf } from '../../lib/coded-error.ts'
import type { ApiResource, Discovery } from './cluster.ts'
import type { Transport } from './transport.ts'

const aggregated =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json'

/** Everything a server serves, by aggregated discovery, else group by group. A group that fails is named, the rest stays usable. */
export async function discover(transport: Transport, signal: AbortSignal): Promise<Discovery> {
  const [core, groups] = await Promise.all(
    ['/api', '/apis'].map(path => transport.json({ method: 'GET', path, what: `discover ${path}`, accept: aggregated }, signal)),
  )
  const documents = [core, groups].filter(d => d !== undefined)
  const parts = await Promise.all(
    documents.map(d => (d.kind === 'APIGroupDiscoveryList' ? fromAggregated(d) : fromLegacy(d, transport, signal))),
  )
  return { resources: parts.flatMap(p => p.resources), incomplete: parts.flatMap(p => p.incomplete) }
}

function fromAggregated(document: JsonObject): Discovery {
  const resources: ApiResource[] = []
  const incomplete: Discovery['incomplete'][number][] = []
  for (const item of listAt(document, 'items')) {
    const group = stringAt(item, 'metadata', 'name') ?? ''
    for (const served of listAt(item, 'versions')) {
      const version = stringAt(served, 'version') ?? ''
      if (stringAt(served, 'freshness') === 'Stale')
        incomplete.push({ group: `${group}/${version}`, message: 'the server that answers for this group does not respond' })
      for (const resource of listAt(served, 'resources')) if (isObject(resource)) resources.push(resourceOf(resource, { group, version }))
    }
  }
  return { resources: resources.filter(r => r.kind !== ''), incomplete }
}

function resourceOf(resource: JsonObject, { group, version }: { group: string; version: string }): ApiResource {
  return {
    group,
    version: stringAt(resource, 'responseKind', 'version') || version,
    kind: stringAt(resource, 'responseKind', 'kind') ?? '',
    plural: stringAt(resource, 'resource') ?? '',
    singular: stringAt(resource, 'singularResource') ?? '',
    namespaced: resource.scope === 'Namespaced',
    verbs: strings(resource, 'verbs'),
    shortNames: strings(resource, 'shortNames'),
    categories: strings(resource, 'categories'),
    subresources: listAt(resource, 'subresources').map(s => stringAt(s, 'subresource') ?? ''),
  }
}

function strings(value: JsonObject, key: string): string[] {
  return listAt(value, key).filter(item => typeof item === 'string')
}

async function fromLegacy(document: JsonObject, transport: Transport, signal: AbortSignal): Promise<Discovery> {
  const versions =
    document.kind === 'APIVersions'
      ? strings(document, 'versions').map(version => ({ group: '', version, path: `/api/${version}` }))
      : listAt(document, 'groups').flatMap(g =>
          listAt(g, 'versions').map(v => {
            const groupVersion = stringAt(v, 'groupVersion') ?? ''
            return { group: stringAt(g, 'name') ?? '', version: stringAt(v, 'version') ?? '', path: `/apis/${groupVersion}` }
          }),
        )
  const parts = await Promise.all(
    versions.map(async ({ group, version, path }): Promise<Discovery> => {
      try {
        return {
          resources: legacyResources(await transport.json({ method: 'GET', path, what: `discover ${path}` }, signal), { group, version }),
          incomplete: [],
        }
      } catch (thrown) {
        signal.throwIfAborted()
        return { resources: [], incomplete: [{ group: `${group}/${version}`, message: messageOf(thrown) }] }
      }
    }),
  )
  return { resources: parts.flatMap(p => p.resources), incomplete: parts.flatMap(p => p.incomplete) }
}

function legacyResources(list: JsonObject, { group, version }: { group: string; version: string }): ApiResource[] {
  const entries = listAt(list, 'resources').filter(isObject)
  const names = entries.map(e => stringAt(e, 'name') ?? '')
  return entries
    .filter(e => !stringAt(e, 'name')?.includes('/'))
    .map(e => {
      const plural = stringAt(e, 'name') ?? ''
      return {
        group,
        version,
        kind: stringAt(e, 'kind') ?? '',
        plural,
        singular: stringAt(e, 'singularName') || (stringAt(e, 'kind') ?? '').toLowerCase(),
        namespaced: e.namespaced === true,
        verbs: strings(e, 'verbs'),
        shortNames: strings(e, 'shortNames'),
        categories: strings(e, 'categories'),
        subresources: names.filter(n => n.startsWith(`${plural}/`)).map(n => n.slice(plural.length + 1)),
      }
    })
}
