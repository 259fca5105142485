import type { KubeObject } from '../../src/kinds/manifest.ts'
import { type JsonObject, listAt, objectAt } from '../../src/lib/json.ts'
import type { FaultCase } from './case.ts'
import {
  artifact,
  availableNow,
  deployment,
  event,
  git,
  inventory,
  ks,
  notHealthy,
  ns,
  object,
  readyTrue,
  replicaSet,
  restartedOnce,
  stored,
} from './objects.ts'

const calm = (): KubeObject[] => {
  const well = deployment('calm', { available: true, progressing: availableNow })
  return [well, replicaSet(well)]
}

/** The same fault with others beside it that do no harm: near enough to be looked at, and in the same namespace. */
export function besideOthers(row: FaultCase): FaultCase {
  const [well, set] = calm()
  if (!well || !set) throw new TypeError('there is a workload')
  const held = ks('held', { suspend: true }, readyTrue)
  const applies = row.ask.kind === 'Kustomization'
  const ask = applies ? depending(owning(row.ask, well), held.metadata.name) : row.ask
  const others = [
    well,
    set,
    held,
    event(well, 'FailedCreate', 'Error creating: pods "calm-x" is forbidden: exceeded quota: small, requested: pods=1'),
    ks('broken', {}, ['False', 'BuildFailed', 'kustomize build failed: yaml: line 3: mapping values are not allowed in this context']),
    object('v1', 'Service', 'unused', { spec: { selector: { app: 'nobody' }, ports: [{ port: 80 }] } }),
    restartedOnce('restarted'),
  ]
  return { ...row, says: `${row.says}, with others beside it`, ask, objects: [ask, ...row.objects.filter(o => !isSame(o, ask)), ...others] }
}

/** The same fault a step further down: asked of a Kustomization that applied what is broken and waited for it. Cluster-scoped objects are left as they are. */
export function belowAnother(row: FaultCase): FaultCase[] {
  const { kind, metadata } = row.ask
  if (metadata.namespace === undefined) return []
  const from = git('root', {}, stored, { artifact })
  const top = ks(
    'root',
    { wait: true, sourceRef: { kind: 'GitRepository', name: 'root' } },
    notHealthy(`${kind}/${metadata.namespace}/${metadata.name}`),
    inventory(row.ask),
  )
  return [{ ...row, says: `${row.says}, a step further down`, ask: top, objects: [top, from, ...row.objects] }]
}

function isSame(a: KubeObject, b: KubeObject): boolean {
  return a.kind === b.kind && a.metadata.name === b.metadata.name && a.metadata.namespace === b.metadata.namespace
}

/** With one more object in its inventory, where it has one. */
function owning(top: KubeObject, more: KubeObject): KubeObject {
  const entries = listAt(top, 'status', 'inventory', 'entries')
  if (entries.length === 0) return top
  const [one] = listAt({ status: inventory(more) } as JsonObject, 'status', 'inventory', 'entries')
  return { ...top, status: { ...top.status, inventory: { entries: [...entries, one ?? null] } } }
}

/** With one more dependency, that is ready. */
function depending(top: KubeObject, name: string): KubeObject {
  const dependsOn = [...listAt(top, 'spec', 'dependsOn'), { name, namespace: ns }]
  return { ...top, spec: { ...objectAt(top, 'spec'), dependsOn } }
}
