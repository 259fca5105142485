import { gunzipSync } from 'node:zlib'
import { conditionOf, isKubeObject, type KubeObject, type ObjectRef, printRef, refOf } from '../../kinds/manifest.ts'
import { CodedError } from '../../lib/coded-error.ts'
import { jsonIn, listAt, stringAt } from '../../lib/json.ts'
import { parseAll } from '../../lib/yaml.ts'
import type { Cluster } from '../../world/cluster/cluster.ts'
import { inventoryRefs } from '../objects/inventory-refs.ts'

const [mostDepth, mostRows, mostRelease] = [8, 2000, 8 * 1024 * 1024]

/** One line of a tree. `state` is that of objects that lead further down. */
export interface Branch {
  readonly depth: number
  readonly object: string
  readonly state: string | null
}

/** What an object applied, down through Kustomizations and Helm releases; what another cluster holds is not followed. Spec: kustomization 13. */
export async function tree(cluster: Cluster, root: KubeObject, signal: AbortSignal): Promise<{ rows: Branch[]; incomplete: string[] }> {
  const rows: Branch[] = []
  const incomplete: string[] = []
  const walk = async (object: KubeObject, depth: number, path: readonly string[]): Promise<void> => {
    const remote = depth > 0 && stringAt(object, 'spec', 'kubeConfig', 'secretRef', 'name') !== undefined
    const below = remote ? [] : await orSaid(() => contentOf(cluster, object, signal), { incomplete, signal, otherwise: [] })
    for (const ref of below) {
      const name = printRef(ref)
      if (rows.length >= mostRows) return
      if (name === printRef(refOf(object)) || path.includes(name)) continue
      const child = leads(ref) ? await orSaid(() => cluster.get(ref, signal), { incomplete, signal, otherwise: undefined }) : undefined
      rows.push({
        depth: depth + 1,
        object: name,
        state: leads(ref) ? (child ? (conditionOf(child, 'Ready')?.status ?? 'Unknown') : 'NotFound') : null,
      })
      if (child && depth + 1 < mostDepth) await walk(child, depth + 1, [...path, name])
    }
  }
  await walk(root, 0, [printRef(refOf(root))])
  return { rows, incomplete: [...new Set(incomplete)] }
}

function leads({ group, kind }: ObjectRef): boolean {
  return (
    (group === 'kustomize.toolkit.fluxcd.io' && kind === 'Kustomization') || (group === 'helm.toolkit.fluxcd.io' && kind === 'HelmRelease')
  )
}

async function orSaid<T>(
  work: () => Promise<T>,
  { incomplete, signal, otherwise }: { incomplete: string[]; signal: AbortSignal; otherwise: T },
): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    signal.throwIfAborted()
    if (!(thrown instanceof CodedError)) throw thrown
    incomplete.push(thrown.message)
    return otherwise
  }
}

async function contentOf(cluster: Cluster, object: KubeObject, signal: AbortSignal): Promise<ObjectRef[]> {
  return object.kind === 'HelmRelease' ? released(cluster, object, signal) : inventoryRefs(object)
}

/** The objects of a release, from the Secret in which Helm keeps it. */
async function released(cluster: Cluster, release: KubeObject, signal: AbortSignal): Promise<ObjectRef[]> {
  const [latest] = listAt(release, 'status', 'history')
  const name = stringAt(latest, 'name') ?? stringAt(release, 'spec', 'releaseName') ?? release.metadata.name
  const namespace = stringAt(release, 'status', 'storageNamespace') ?? release.metadata.namespace
  const version = (latest as { version?: unknown } | undefined)?.version
  if (typeof version !== 'number') return []
  const kept = await cluster.get(
    { group: '', version: 'v1', kind: 'Secret', namespace, name: `sh.helm.release.v1.${name}.v${version}` },
    signal,
  )
  const target = stringAt(latest, 'namespace') ?? namespace
  return manifestsIn(stringAt(kept, 'data', 'release') ?? '').map(object => ({
    ...(target ? { namespace: target } : {}),
    ...refOf(object),
  }))
}

/** The objects in what Helm stores: JSON, packed, in base64 within the Secret's own. */
function manifestsIn(data: string): KubeObject[] {
  try {
    const packed = Buffer.from(Buffer.from(data, 'base64').toString('latin1'), 'base64')
    const text = gunzipSync(packed, { maxOutputLength: mostRelease })
    return parseAll(stringAt(jsonIn(text), 'manifest') ?? '').filter(isKubeObject)
  } catch {
    return []
  }
}
