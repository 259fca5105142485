import type { KubeObject } from '../kinds/manifest.ts'
import { at, type Json, listAt, stringAt } from '../lib/json.ts'

/** A Secret or ConfigMap that a pod cannot start without; `key`: which of its keys; `at`: the field of the pod that names it. */
export interface Reference {
  readonly kind: 'Secret' | 'ConfigMap'
  readonly name: string
  readonly key?: string | undefined
  readonly at: string
}

/** What a pod cannot start without: of its volumes and of the environment of its containers. */
export function referencesOf(pod: KubeObject | undefined): Reference[] {
  const containers = [...listAt(pod, 'spec', 'containers'), ...listAt(pod, 'spec', 'initContainers')]
  return [
    ...listAt(pod, 'spec', 'volumes').flatMap(ofVolume),
    ...containers.flatMap(c => [...listAt(c, 'envFrom').flatMap(ofWhole), ...listAt(c, 'env').flatMap(ofKey)]),
  ].filter(({ name }) => name !== 'kube-root-ca.crt')
}

function ofVolume(volume: Json): Reference[] {
  const place = `spec.volumes[${stringAt(volume, 'name') ?? ''}]`
  return [
    ...ofFiles(at(volume, 'secret'), { kind: 'Secret', field: 'secretName', place }),
    ...ofFiles(at(volume, 'configMap'), { kind: 'ConfigMap', field: 'name', place }),
    ...listAt(volume, 'projected', 'sources').flatMap(source => [
      ...ofFiles(at(source, 'secret'), { kind: 'Secret', field: 'name', place }),
      ...ofFiles(at(source, 'configMap'), { kind: 'ConfigMap', field: 'name', place }),
    ]),
  ]
}

function ofFiles(source: Json | undefined, { kind, field, place }: { kind: Reference['kind']; field: string; place: string }): Reference[] {
  const name = stringAt(source, field)
  if (name === undefined || at(source, 'optional') === true) return []
  const keys = listAt(source, 'items').flatMap(item => stringAt(item, 'key') ?? [])
  return keys.length === 0 ? [{ kind, name, at: place }] : keys.map(key => ({ kind, name, key, at: place }))
}

function ofWhole(entry: Json): Reference[] {
  return [...named(at(entry, 'secretRef'), 'Secret', 'envFrom'), ...named(at(entry, 'configMapRef'), 'ConfigMap', 'envFrom')]
}

function ofKey(entry: Json): Reference[] {
  const place = `env[${stringAt(entry, 'name') ?? ''}]`
  return [
    ...named(at(entry, 'valueFrom', 'secretKeyRef'), 'Secret', place),
    ...named(at(entry, 'valueFrom', 'configMapKeyRef'), 'ConfigMap', place),
  ]
}

function named(ref: Json | undefined, kind: Reference['kind'], place: string): Reference[] {
  const name = stringAt(ref, 'name')
  return name === undefined || at(ref, 'optional') === true ? [] : [{ kind, name, key: stringAt(ref, 'key'), at: place }]
}
