import { conditionOf, type KubeObject, type ObjectRef, printRef, refOf } from '../../kinds/manifest.ts'
import { type JsonObject, listAt, stringAt } from '../../lib/json.ts'
import { plain } from '../../lib/safe.ts'
import type { Cluster } from '../../world/cluster/cluster.ts'
import { sourceRefOf } from '../../engine/source-chain.ts'

const [mostSteps, mostMessage] = [5, 300]
const waitsForSource = new Set(['ArtifactFailed', 'SourceNotReady', 'DependencyNotReady', 'InvalidChartReference', 'NoSourceArtifact'])

/** What holds an object up, followed to where it begins. `undefined` when nothing that it names does. */
export async function blockerOf(cluster: Cluster, object: KubeObject, signal: AbortSignal): Promise<JsonObject | undefined> {
  const passed: string[] = []
  let found: JsonObject | undefined
  let here = object
  for (let step = 0; step < mostSteps; step++) {
    const next = await nextBlocker(cluster, here, signal)
    if (!next || passed.includes(String(next.said.object))) break
    if (found) passed.push(String(found.object))
    found = next.said
    if (!next.object) break
    here = next.object
  }
  return found && passed.length > 0 ? { ...found, through: passed } : found
}

async function nextBlocker(
  cluster: Cluster,
  object: KubeObject,
  signal: AbortSignal,
): Promise<{ said: JsonObject; object: KubeObject | undefined } | undefined> {
  const ready = conditionOf(object, 'Ready')
  const message = ready?.message ?? ''
  for (const ref of candidates(object, ready?.reason ?? '')) {
    const found = await cluster.get(ref, signal)
    const theirs = conditionOf(found, 'Ready')
    const isNamed = message.includes(`'${ref.namespace ?? ''}/${ref.name}'`)
    if (found && theirs?.status === 'True' && !isNamed) continue
    return { said: blocking(ref, found), object: found }
  }
  return undefined
}

function candidates(object: KubeObject, reason: string): ObjectRef[] {
  const { group, kind, namespace } = refOf(object)
  const dependsOn =
    reason === 'DependencyNotReady'
      ? listAt(object, 'spec', 'dependsOn').map(d => ({
          group,
          kind,
          name: stringAt(d, 'name') ?? '',
          namespace: stringAt(d, 'namespace') ?? namespace,
        }))
      : []
  const source = waitsForSource.has(reason) ? sourceRefOf(object) : undefined
  return [...dependsOn, ...(source ? [source] : [])]
}

function blocking(ref: ObjectRef, found: KubeObject | undefined): JsonObject {
  const ready = conditionOf(found, 'Ready')
  const state = !found
    ? 'does not exist'
    : found.spec?.suspend === true
      ? 'is suspended'
      : ready?.status === 'True'
        ? 'is ready, but not yet at the revision that is waited for'
        : `Ready=${ready?.status ?? 'Unknown'}`
  return {
    object: printRef(ref),
    state,
    ...(ready && ready.status !== 'True' ? { reason: ready.reason, untrusted: plain(ready.message).slice(0, mostMessage) } : {}),
  }
}
