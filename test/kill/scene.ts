import type { KubeObject, ObjectRef } from '../../src/kinds/manifest.ts'
import { listAt, stringAt } from '../../src/lib/json.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { unending } from '../support/unending.ts'

export const namespace = 'kill'
export const source: ObjectRef = { group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'OCIRepository', namespace, name: 'app' }
export const kustomization: ObjectRef = {
  group: 'kustomize.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'Kustomization',
  namespace,
  name: 'app',
}
const signal = unending

/** Version n of the app: what stays changes, and each version has objects that the others lack. */
export function version(n: number): Record<string, string> {
  const config = (name: string): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: ${namespace}\ndata:\n  n: "${n}"\n`
  return Object.fromEntries(['stays', `only-${n}-a`, `only-${n}-b`].map(name => [`${name}.yaml`, config(name)]))
}

/** Creates the objects that make the app a Kustomization. */
export async function prepare(cluster: Cluster, url: string): Promise<void> {
  const objects: KubeObject[] = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'OCIRepository',
      metadata: { name: 'app', namespace },
      spec: { url, interval: '1h' },
    },
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'app', namespace },
      spec: { interval: '1h', prune: true, sourceRef: { kind: 'OCIRepository', name: 'app' } },
    },
  ]
  for (const object of objects) await cluster.apply(object, { manager: 'test', force: true }, signal)
}

/** What is there, and what the inventory says: equal when nothing is orphaned and nothing is lost. */
export async function state(cluster: Cluster): Promise<{ live: Record<string, string>; inventory: string[] }> {
  const { items } = await cluster.list(
    { group: '', kind: 'ConfigMap', namespace, labelSelector: 'kustomize.toolkit.fluxcd.io/name=app' },
    signal,
  )
  const ks = await cluster.get(kustomization, signal)
  return {
    live: Object.fromEntries(items.map(o => [o.metadata.name, stringAt(o, 'data', 'n') ?? ''])),
    inventory: listAt(ks, 'status', 'inventory', 'entries')
      .map(e => stringAt(e, 'id')?.split('_')[1] ?? '')
      .toSorted(),
  }
}

/** How it must be once version n is applied. */
export function expected(n: number): Awaited<ReturnType<typeof state>> {
  const names = [`only-${n}-a`, `only-${n}-b`, 'stays'].toSorted()
  return { live: Object.fromEntries(names.map(name => [name, String(n)])), inventory: names }
}
