import { isObject, type JsonObject, listAt, objectAt, stringAt } from '../../../lib/json.ts'
import type { KubeObject } from '../../../kinds/manifest.ts'
import { builtinResources } from './builtin.ts'
import type { Column, Resource } from './resource.ts'
import type { Store } from '../store/store.ts'
import { standardVerbs } from '../verbs.ts'

const definitions = { group: 'apiextensions.k8s.io', plural: 'customresourcedefinitions' }

/** What is served: the built-in kinds and the CRDs in the store. */
export class Catalog {
  readonly #store: Store
  #known: { revision: string; resources: Resource[] } | undefined

  constructor(store: Store) {
    this.#store = store
  }

  /** Built-in kinds first; versions of a group in the server's order of preference. */
  resources(): readonly Resource[] {
    const crds = this.#store.list(definitions)
    const revision = crds.map(c => `${c.metadata.uid}:${c.metadata.generation}`).join()
    if (this.#known?.revision !== revision)
      this.#known = {
        revision,
        resources: [...builtinResources, ...crds.flatMap(served).toSorted((a, b) => compareVersions(b.version, a.version))],
      }
    return this.#known.resources
  }

  /** By the segments of a request path. */
  find(group: string, version: string, plural: string): Resource | undefined {
    return this.resources().find(r => r.group === group && r.version === version && r.plural === plural)
  }

  /** Whether a path of this group and version leads anywhere. Groups of custom resources answer for served versions only. */
  serves(group: string, version: string): boolean {
    const own = this.resources().filter(r => r.group === group)
    return own.some(r => r.custom === undefined || r.version === version)
  }

  /** Whether a group has custom resources only. */
  isCustom(group: string): boolean {
    return this.resources().every(r => r.group !== group || r.custom !== undefined)
  }

  /** By group and kind, any version. */
  ofKind(group: string, kind: string): Resource | undefined {
    return this.resources().find(r => r.group === group && r.kind === kind)
  }

  /** Groups in order of appearance, each with its versions. */
  groups(): Map<string, string[]> {
    const groups = new Map<string, string[]>()
    for (const { group, version } of this.resources()) {
      const versions = groups.get(group) ?? []
      if (!versions.includes(version)) versions.push(version)
      groups.set(group, versions)
    }
    return groups
  }
}

function served(crd: KubeObject): Resource[] {
  const names = objectAt(crd, 'spec', 'names')
  const versions = listAt(crd, 'spec', 'versions').filter(isObject)
  const storageVersion =
    stringAt(
      versions.find(v => v.storage === true),
      'name',
    ) ?? ''
  const plural = stringAt(names, 'plural') ?? ''
  const kind = stringAt(names, 'kind') ?? ''
  return versions
    .filter(v => v.served === true)
    .map(v => ({
      group: stringAt(crd, 'spec', 'group') ?? '',
      version: stringAt(v, 'name') ?? '',
      storageVersion,
      plural,
      kind,
      singular: stringAt(names, 'singular') ?? kind.toLowerCase(),
      shortNames: listAt(names, 'shortNames').map(String),
      categories: listAt(names, 'categories').map(String),
      namespaced: stringAt(crd, 'spec', 'scope') === 'Namespaced',
      verbs: standardVerbs,
      subresources: Object.keys(objectAt(v, 'subresources')),
      custom: {
        schema: objectAt(v, 'schema', 'openAPIV3Schema'),
        columns: listAt(v, 'additionalPrinterColumns').filter(isObject).map(columnOf),
        ...scaleOf(v),
        ...deprecationOf(v, crd),
        selectable: listAt(v, 'selectableFields').map(f => (stringAt(f, 'jsonPath') ?? '').replace(/^\./, '')),
      },
    }))
}

function scaleOf(version: JsonObject): Pick<NonNullable<Resource['custom']>, 'scale'> {
  const scale = objectAt(version, 'subresources').scale
  if (!isObject(scale)) return {}
  const path = (name: string): string => (stringAt(scale, name) ?? '').replace(/^\./, '')
  return { scale: { spec: path('specReplicasPath'), status: path('statusReplicasPath'), selector: path('labelSelectorPath') } }
}

function deprecationOf(version: JsonObject, crd: KubeObject): Pick<NonNullable<Resource['custom']>, 'deprecation'> {
  if (version.deprecated !== true) return {}
  const [group, kind] = [stringAt(crd, 'spec', 'group') ?? '', stringAt(crd, 'spec', 'names', 'kind') ?? '']
  const others = listAt(crd, 'spec', 'versions').filter(v => isObject(v) && v.served === true && v.deprecated !== true)
  const [best] = others.map(v => stringAt(v, 'name') ?? '').toSorted((a, b) => compareVersions(b, a))
  const instead = best && compareVersions(best, stringAt(version, 'name') ?? '') > 0 ? `; use ${group}/${best} ${kind}` : ''
  return { deprecation: stringAt(version, 'deprecationWarning') ?? `${group}/${stringAt(version, 'name')} ${kind} is deprecated${instead}` }
}

function columnOf(column: JsonObject): Column {
  return {
    name: stringAt(column, 'name') ?? '',
    type: stringAt(column, 'type') ?? 'string',
    path: stringAt(column, 'jsonPath') ?? '',
    ...(typeof column.priority === 'number' && column.priority > 0 ? { wide: true } : {}),
  }
}

/** Kubernetes' version order: GA above beta above alpha, then by number. */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [a, b].map(v => /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(v))
  if (!x || !y) return x ? 1 : y ? -1 : a < b ? 1 : -1
  const rank = (m: RegExpExecArray): number => (m[2] === undefined ? 2 : m[2] === 'beta' ? 1 : 0)
  return rank(x) - rank(y) || Number(x[1]) - Number(y[1]) || Number(x[3] ?? 0) - Number(y[3] ?? 0)
}
