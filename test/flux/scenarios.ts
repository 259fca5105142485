import type { KubeObject, ObjectRef } from '../../src/kinds/manifest.ts'
import type { Json, JsonObject } from '../../src/lib/json.ts'
import type { Patch } from '../../src/world/cluster/cluster.ts'
import type { Known } from './expected.ts'

/** What is done to both sides before the watched objects are run again. Every scenario has a namespace of its name. */
export interface Step {
  /** Files that are pushed as the artifact of the scenario. */
  readonly push?: Readonly<Record<string, string>>
  /** A layer that is pushed as it is. */
  readonly layer?: Buffer
  /** An artifact that a tool signed, with its signature: the name of a vector. */
  readonly signed?: string
  /** What it is pushed as; `latest` without it. */
  readonly tags?: readonly string[]
  readonly apply?: readonly KubeObject[]
  readonly patch?: readonly { readonly ref: ObjectRef; readonly patch: Patch }[]
  readonly remove?: readonly ObjectRef[]
  /** What runs, in order; the source and the Kustomization without it. */
  readonly run?: readonly ObjectRef[]
}

export interface Scenario {
  readonly name: string
  readonly watched: readonly ObjectRef[]
  readonly steps: readonly Step[]
  /** Its artifacts are unlike in every run. */
  readonly unlike?: boolean
  /** What differs in it alone. */
  readonly known?: Known
}

export const sourceRef = (namespace: string): ObjectRef => ({
  group: 'source.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'OCIRepository',
  namespace,
  name: 'app',
})
export const ksRef = (namespace: string, name = 'app'): ObjectRef => ({
  group: 'kustomize.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'Kustomization',
  namespace,
  name,
})

export function source(namespace: string, spec: JsonObject): KubeObject {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata: { name: 'app', namespace },
    spec: { interval: '10m', ...spec },
  }
}

export function kustomization(namespace: string, spec: JsonObject = {}, name = 'app'): KubeObject {
  const whole = { interval: '10m', prune: true, sourceRef: { kind: 'OCIRepository', name: 'app' }, ...spec }
  return { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', metadata: { name, namespace }, spec: whole }
}

function config(namespace: string, name: string, { value = '1', annotations = {}, immutable = false } = {}): string {
  const noted = Object.keys(annotations).length > 0 ? { annotations } : {}
  const frozen = immutable ? { immutable } : {}
  return yaml({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, ...noted }, ...frozen, data: { value } })
}

function deployment(
  namespace: string,
  name: string,
  { image = 'example.com/app:1', label = name, spec = {} }: { image?: string; label?: string; spec?: JsonObject } = {},
): string {
  const template = { metadata: { labels: { app: label } }, spec: { containers: [{ name: 'app', image }] } }
  return yaml({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: { progressDeadlineSeconds: 2, selector: { matchLabels: { app: name } }, template, ...spec },
  })
}

/** JSON is YAML. */
const yaml = (object: Json): string => JSON.stringify(object)

/** The scenarios that a registry at `host:port` serves. */
export function scenarios(registry: string): Scenario[] {
  return told(stories, registry)
}

/** Stories as scenarios: the first step ships the files, the others follow. */
export function told(list: readonly Story[], registry: string): Scenario[] {
  return list.map(({ name, files, ks = {}, source: spec = {}, more = () => [], watched = [], unlike = false }) => {
    const url = `oci://${registry}/${name}`
    const first: Step = { push: files(name), apply: [source(name, { url, ...spec }), kustomization(name, ks)] }
    return {
      name,
      watched: [sourceRef(name), ksRef(name), ...watched.map(other => ksRef(name, other))],
      steps: [first, ...more(name, url)],
      unlike,
    }
  })
}

export interface Story {
  readonly name: string
  readonly files: (namespace: string) => Record<string, string>
  readonly ks?: JsonObject
  readonly source?: JsonObject
  readonly more?: (namespace: string, url: string) => Step[]
  readonly watched?: readonly string[]
  readonly unlike?: boolean
}

const one = (n: string): Record<string, string> => ({ 'a.yaml': config(n, 'one') })
const edit = (namespace: string, manager: string, data: JsonObject, name = 'one'): Step => ({
  patch: [{ ref: { group: '', version: 'v1', kind: 'ConfigMap', namespace, name }, patch: { type: 'merge', body: { data }, manager } }],
})
const suspend = (ref: ObjectRef, on: boolean): Step => ({
  patch: [{ ref, patch: { type: 'merge', body: { spec: { suspend: on } }, manager: 'test' } }],
  run: [ref],
})
const noted = (n: string, name: string, [key, value]: [string, string], text = '1'): string =>
  config(n, name, { value: text, annotations: { [`kustomize.toolkit.fluxcd.io/${key}`]: value } })

const stories: readonly Story[] = [
  {
    name: 'life',
    files: n => ({ 'a.yaml': config(n, 'one'), 'b.yaml': deployment(n, 'web') }),
    ks: { wait: true },
    more: n => [
      {},
      { push: { 'a.yaml': config(n, 'one', { value: '2' }), 'c.yaml': config(n, 'two') } },
      { push: { 'a.yaml': config(n, 'one', { value: '3' }) } },
      suspend(ksRef(n), true),
      suspend(ksRef(n), false),
    ],
  },
  { name: 'removed', files: n => ({ ...one(n), 'b.yaml': deployment(n, 'web') }), more: n => [{ remove: [ksRef(n)], run: [ksRef(n)] }] },
  {
    name: 'refused',
    files: one,
    more: n => [{ push: { 'a.yaml': config(n, 'one', { value: '2' }), 'd.yaml': deployment(n, 'bad', { label: 'other' }) } }],
  },
  {
    name: 'stuck',
    files: n => ({ 'd.yaml': deployment(n, 'stuck', { image: 'registry.invalid/app:1' }) }),
    ks: { wait: true, timeout: '20s', retryInterval: '1h' },
    more: n => [{ push: { 'd.yaml': deployment(n, 'stuck') } }],
  },
  { name: 'no-source', files: one, ks: { sourceRef: { kind: 'OCIRepository', name: 'missing' } } },
  {
    name: 'bad-ref',
    files: one,
    more: (n, url) => [
      { apply: [source(n, { url, ref: { tag: 'nope' } })] },
      { apply: [source(n, { url, ref: { semver: '>=1.0.0' } })] },
      { apply: [source(n, { url })] },
      { apply: [source(n, { url: `${url}:latest` })] },
    ],
  },
  { name: 'never-there', files: one, source: { ref: { tag: 'nope' } } },
  { name: 'bad-path', files: one, ks: { path: './nope' } },
  {
    name: 'depends',
    files: one,
    ks: { dependsOn: [{ name: 'other' }] },
    watched: ['other'],
    more: n => [
      { apply: [kustomization(n, { path: './nope' }, 'other')], run: [ksRef(n, 'other'), ksRef(n)] },
      { apply: [kustomization(n, {}, 'other')], run: [ksRef(n, 'other'), ksRef(n)] },
    ],
  },
  {
    name: 'immutable',
    files: n => ({ 'a.yaml': config(n, 'one', { immutable: true }) }),
    more: n => [{ push: { 'a.yaml': config(n, 'one', { value: '2', immutable: true }) } }, { apply: [kustomization(n, { force: true })] }],
  },
  {
    name: 'drift',
    files: one,
    more: n => [
      edit(n, 'kubectl-edit', { value: 'edited', extra: 'x' }),
      edit(n, 'someone', { value: 'edited', extra: 'y' }),
      { remove: [{ group: '', version: 'v1', kind: 'ConfigMap', namespace: n, name: 'one' }] },
    ],
  },
  {
    name: 'notes',
    files: n => ({
      'a.yaml': noted(n, 'merge', ['ssa', 'Merge']),
      'b.yaml': noted(n, 'ifnot', ['ssa', 'IfNotPresent']),
      'c.yaml': noted(n, 'keep', ['prune', 'disabled']),
    }),
    more: n => [
      { push: { 'a.yaml': noted(n, 'merge', ['ssa', 'Merge'], '2'), 'b.yaml': noted(n, 'ifnot', ['ssa', 'IfNotPresent'], '2') } },
    ],
  },
  {
    name: 'overlay',
    files: one,
    ks: { targetNamespace: 'overlay', namePrefix: 'p-', nameSuffix: '-s', commonMetadata: { labels: { l: 'v' }, annotations: { a: 'v' } } },
  },
  {
    name: 'unknown-kind',
    files: n => ({ 'a.yaml': yaml({ apiVersion: 'example.net/v1', kind: 'Nope', metadata: { name: 't', namespace: n } }) }),
  },
  { name: 'no-namespace', files: () => ({ 'a.yaml': config('not-there', 'one') }) },
  {
    name: 'kept',
    files: n => ({ ...one(n), 'b.yaml': config(n, 'two') }),
    ks: { prune: false },
    more: n => [{ push: one(n) }, { remove: [ksRef(n)], run: [ksRef(n)] }],
  },
  { name: 'misspelt', files: n => ({ 'a.yaml': deployment(n, 'web', { spec: { replica: 3 } }) }) },
  { name: 'mistyped', files: n => ({ 'a.yaml': deployment(n, 'web', { spec: { replicas: '3' } }) }) },
  {
    name: 'layers',
    files: one,
    more: (n, url) => [
      { apply: [source(n, { url, layerSelector: { mediaType: 'nope/nope' } })] },
      { apply: [source(n, { url, layerSelector: { operation: 'copy' } })] },
      { apply: [source(n, { url, ignore: '*.txt\n' })] },
      { remove: [sourceRef(n)], run: [sourceRef(n)] },
    ],
  },
  {
    name: 'annotated',
    files: n => ({
      'a.yaml': noted(n, 'off', ['reconcile', 'disabled']),
      'b.yaml': noted(n, 'override', ['ssa', 'Override']),
      'c.yaml': noted(n, 'forced', ['force', 'enabled']).replace('"data"', '"immutable":true,"data"'),
    }),
    more: n => [
      edit(n, 'kubectl-edit', {}, 'override'),
      {
        push: {
          'a.yaml': noted(n, 'off', ['reconcile', 'disabled'], '2'),
          'b.yaml': noted(n, 'override', ['ssa', 'Override'], '2'),
          'c.yaml': noted(n, 'forced', ['force', 'enabled'], '2').replace('"data"', '"immutable":true,"data"'),
        },
      },
    ],
  },
  {
    name: 'two-owners',
    files: one,
    watched: ['other'],
    more: n => [
      { apply: [kustomization(n, {}, 'other')], run: [ksRef(n, 'other'), ksRef(n)] },
      { remove: [ksRef(n, 'other')], run: [ksRef(n, 'other'), ksRef(n)] },
    ],
  },
  {
    name: 'variables',
    files: n => ({
      'a.yaml': config(n, 'one', { value: '${a:=x}-${b}-${c:-d}' }),
      'b.yaml': noted(n, 'plain', ['substitute', 'disabled'], '${a}'),
    }),
    ks: { postBuild: { substitute: { b: 'bee' }, substituteFrom: [{ kind: 'ConfigMap', name: 'vars', optional: true }] } },
    more: n => [
      { apply: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'vars', namespace: n }, data: { a: 'ay', b: 'no', c: '' } }] },
    ],
  },
  {
    name: 'folders',
    files: n => ({
      'base/kustomization.yaml': 'resources: [a.yaml]\nconfigMapGenerator:\n- name: gen\n  literals: [k=v]\n',
      'base/a.yaml': config(n, 'one'),
      'app/kustomization.yaml': `namespace: ${n}\nresources: [../base]\ncomponents: [../part]\n`,
      'part/kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations: {part: "yes"}\n',
    }),
    ks: {
      path: './app',
      patches: [{ patch: '- op: add\n  path: /data/x\n  value: "y"\n', target: { kind: 'ConfigMap', name: 'one' } }],
      images: [{ name: 'example.com/app', newTag: '9' }],
    },
  },
  {
    name: 'cluster-wide',
    files: n => ({
      'a.yaml': yaml({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: `${n}-made` } }),
      'b.yaml': config(`${n}-made`, 'one'),
      'c.yaml': yaml({
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: `${n}:reader` },
        rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
      }),
    }),
    ks: { deletionPolicy: 'WaitForTermination' },
    more: n => [
      { push: { 'a.yaml': yaml({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: `${n}-made` } }) } },
      { remove: [ksRef(n)], run: [ksRef(n)] },
    ],
  },
  {
    name: 'changed-kind',
    files: n => ({
      'a.yaml': yaml({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 's', namespace: n },
        spec: { clusterIP: 'None', selector: { a: 'b' }, ports: [{ port: 80 }] },
      }),
    }),
    more: n => [
      {
        push: {
          'a.yaml': yaml({
            apiVersion: 'v1',
            kind: 'Service',
            metadata: { name: 's', namespace: n },
            spec: { clusterIP: '10.96.0.77', selector: { a: 'b' }, ports: [{ port: 80 }] },
          }),
        },
      },
      { apply: [kustomization(n, { force: true })] },
    ],
  },
  {
    name: 'orphaned',
    files: one,
    ks: { deletionPolicy: 'Orphan' },
    more: n => [{ remove: [ksRef(n)], run: [ksRef(n)] }],
  },
  {
    name: 'duplicated',
    files: n => ({
      'kustomization.yaml': 'resources: [a.yaml, b.yaml]\n',
      'a.yaml': config(n, 'one'),
      'b.yaml': config(n, 'one', { value: '2' }),
    }),
  },
  {
    name: 'jobs',
    files: n => ({
      'a.yaml': yaml({
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: 'j', namespace: n },
        spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'example.com/app:1' }] } } },
      }),
    }),
    ks: { wait: true, timeout: '30s' },
    more: n => [
      {
        push: {
          'a.yaml': yaml({
            apiVersion: 'batch/v1',
            kind: 'Job',
            metadata: { name: 'j', namespace: n },
            spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'example.com/app:2' }] } } },
          }),
        },
      },
    ],
  },
  {
    name: 'unreadable',
    files: () => ({ 'a.yaml': 'apiVersion: v1\n kind: x\n' }),
    more: () => [
      { push: { 'a.yaml': 'apiVersion: v1\nkind: ConfigMap\n' } },
      { push: { 'a.yaml': 'hello' } },
      { push: { 'kustomization.yaml': 'resources: [a\n' } },
      { push: { 'kustomization.yaml': 'resources: {a: b}\n' } },
    ],
  },
  {
    name: 'unbuildable',
    files: () => ({ 'kustomization.yaml': 'resources: [nope.yaml]\n' }),
    more: n => [
      { push: { 'kustomization.yaml': 'resources: [nope]\ncomponents: [nope]\n' } },
      { push: { 'kustomization.yaml': 'resources: [a.yaml]\npatches: [{path: nope.yaml}]\n', ...one(n) } },
      { push: { 'kustomization.yaml': 'configMapGenerator: [{name: g, files: [nope.txt]}]\n' } },
      { push: { 'kustomization.yaml': 'resources: [a.yaml]\n', 'kustomization.yml': 'resources: [a.yaml]\n', ...one(n) } },
      { push: one(n) },
    ],
  },
  {
    name: 'uncomposed',
    files: one,
    ks: { components: ['./c'] },
    more: n => [{ apply: [kustomization(n, { components: ['https://example.com/c'] })] }, { apply: [kustomization(n)] }],
  },
  {
    name: 'sealed',
    files: n => ({
      ...one(n),
      's.yaml': yaml({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 's', namespace: n },
        data: { a: 'ENC[AES256_GCM,x]' },
        sops: { mac: 'x' },
      }),
    }),
  },
  {
    name: 'misnamed-variables',
    files: n => ({ 'a.yaml': config(n, 'one', { value: '${a}' }) }),
    ks: { postBuild: { substitute: { 'my-var': '1' } } },
    more: n => [
      { apply: [kustomization(n, { postBuild: { substitute: { a: '1' } } })] },
      { push: { 'a.yaml': config(n, 'one', { value: '${a' }) } },
      { push: { 'a.yaml': config(n, 'x-${a}'), 'b.yaml': config(n, 'x-1') } },
      { push: { 'a.yaml': config(n, 'one', { value: '${a}' }) } },
      { push: { 'a.yaml': config(n, 'one', { annotations: { a: '${none:=}' } }) } },
      { apply: [kustomization(n, { postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'none' }] } })] },
      { apply: [kustomization(n, { postBuild: { substituteFrom: [{ kind: 'Secret', name: 'none' }] } })] },
    ],
  },
]
