import { joinApiVersion } from '../../../kinds/manifest.ts'
import type { JsonObject } from '../../../lib/json.ts'
import type { Catalog } from './catalog.ts'
import type { Resource } from './resource.ts'

const subresourceKinds: Readonly<Record<string, { group: string; version: string; kind: string }>> = {
  token: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
  scale: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
}

function verbsOf(subresource: string): string[] {
  if (subresource === 'token') return ['create']
  return subresource === 'finalize' ? ['update'] : ['get', 'patch', 'update']
}

/** `/api` and `/apis` in the aggregated form of apidiscovery.k8s.io/v2. */
export function aggregated(catalog: Catalog, core: boolean): JsonObject {
  const groups = [...catalog.groups()].filter(([group]) => (group === '') === core)
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map(([group, versions]) => ({
      metadata: core ? {} : { name: group },
      versions: versions.map(version => ({
        version,
        freshness: 'Current',
        resources: catalog
          .resources()
          .filter(r => r.group === group && r.version === version)
          .map(entry),
      })),
    })),
  }
}

function entry(r: Resource): JsonObject {
  // A real server leaves out what is the same as around it, but for custom resources.
  const responseKind = r.custom ? { group: r.group, version: r.version, kind: r.kind } : { group: '', version: '', kind: r.kind }
  return {
    resource: r.plural,
    responseKind,
    scope: r.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: r.singular,
    verbs: [...r.verbs],
    ...(r.shortNames.length > 0 ? { shortNames: [...r.shortNames] } : {}),
    ...(r.categories.length > 0 ? { categories: [...r.categories] } : {}),
    ...(r.subresources.length > 0
      ? {
          subresources: r.subresources.map(s => ({
            subresource: s,
            responseKind: subresourceKinds[s] ?? responseKind,
            verbs: verbsOf(s),
          })),
        }
      : {}),
  }
}

const customVerbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']

/** `/api` as old clients read it. */
export function coreVersions(): JsonObject {
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] }
}

/** `/apis` as old clients read it. */
export function groupList(catalog: Catalog): JsonObject {
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: [...catalog.groups()].filter(([group]) => group !== '').map(([group, versions]) => groupEntry(group, versions)),
  }
}

/** `/apis/<group>`. `undefined` when it is not served. */
export function oneGroup(catalog: Catalog, group: string): JsonObject | undefined {
  const versions = catalog.groups().get(group)
  return versions && { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(group, versions) }
}

function groupEntry(name: string, versions: readonly string[]): JsonObject {
  const all = versions.map(version => ({ groupVersion: joinApiVersion({ group: name, version }), version }))
  return { name, versions: all, preferredVersion: all[0] ?? {} }
}

/** `/apis/<group>/<version>` or `/api/v1`. `undefined` when it is not served. */
export function resourceList(catalog: Catalog, group: string, version: string): JsonObject | undefined {
  const resources = catalog.resources().filter(r => r.group === group && r.version === version)
  if (resources.length === 0) return undefined
  const rows = resources.flatMap(r => [
    {
      name: r.plural,
      singularName: r.singular,
      namespaced: r.namespaced,
      kind: r.kind,
      verbs: r.custom ? customVerbs : [...r.verbs],
      ...(r.shortNames.length > 0 ? { shortNames: [...r.shortNames] } : {}),
      ...(r.categories.length > 0 ? { categories: [...r.categories] } : {}),
    },
    ...r.subresources.map(s => ({
      name: `${r.plural}/${s}`,
      singularName: '',
      namespaced: r.namespaced,
      ...subresourceKinds[s],
      kind: subresourceKinds[s]?.kind ?? r.kind,
      verbs: verbsOf(s),
    })),
  ])
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: joinApiVersion({ group, version }),
    resources: rows,
  }
}
