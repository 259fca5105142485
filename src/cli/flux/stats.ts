import * as z from 'zod'
import { isSuspended } from '../../engine/request.ts'
import { conditionOf, type KubeObject } from '../../kinds/manifest.ts'
import { at } from '../../lib/json.ts'
import { fluxKinds } from '../../tools/objects/locate.ts'
import { tool, tsv } from '../../tools/tool.ts'

const reconciled = [
  'GitRepository',
  'OCIRepository',
  'HelmRepository',
  'HelmChart',
  'Bucket',
  'Kustomization',
  'HelmRelease',
  'Alert',
  'Provider',
  'Receiver',
  'ImageUpdateAutomation',
  'ImagePolicy',
  'ImageRepository',
]
const cols = ['reconcilers', 'running', 'failing', 'suspended', 'storage']

/** How many objects of each kind there are, and how much their artifacts take. Kinds that are not served have none. Spec: kustomization 13. */
export const stats = tool({
  name: 'stats',
  title: 'Counts',
  effect: 'reads',
  description: 'How many objects of each Flux kind run, fail and are suspended, and what their artifacts take',
  input: z.object({ namespace: z.string().optional() }),
  output: z.looseObject({ cols: z.array(z.string()), rows: z.array(z.array(z.union([z.string(), z.number()]))) }),
  async run({ namespace, cluster: named }, world, { signal }) {
    const cluster = world.clusters.named(named)
    const { kinds } = await fluxKinds(cluster, signal)
    const rows = await Promise.all(
      reconciled.map(async kind => {
        const served = kinds.find(k => k.kind === kind)
        return rowOf(kind, served ? await Array.fromAsync(cluster.listAll({ ...served, namespace }, signal)) : [])
      }),
    )
    return { cols, rows }
  },
  say: data => tsv(data.cols, data.rows),
})

function rowOf(kind: string, objects: readonly KubeObject[]): (string | number)[] {
  const suspended = objects.filter(isSuspended).length
  const failing = objects.filter(o => conditionOf(o, 'Ready')?.status === 'False').length
  const bytes = objects.reduce((sum, o) => sum + Number(at(o, 'status', 'artifact', 'size') ?? 0), 0)
  return [kind, objects.length - suspended, failing, suspended, sizeOf(bytes)]
}

/** Bytes in powers of 1024, as flux writes them. */
function sizeOf(bytes: number): string {
  if (bytes === 0) return '-'
  if (bytes < 1024) return `${bytes} B`
  const power = Math.min(6, Math.floor(Math.log2(bytes) / 10))
  return `${(bytes / 1024 ** power).toFixed(1)} ${'KMGTPE'[power - 1]}iB`
}
