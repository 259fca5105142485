import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { conditionOf, conditionsOf, type KubeObject, type ObjectRef } from '../../src/kinds/manifest.ts'
import { at, isObject, type JsonObject, listAt, objectAt, stringAt } from '../../src/lib/json.ts'
import { parseAll } from '../../src/lib/yaml.ts'
import { realClock } from '../../src/world/clock/real.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { ClusterError } from '../../src/world/cluster/error.ts'
import { dataFolder } from '../support/data.ts'

const requestedAt = 'reconcile.fluxcd.io/requestedAt'

/** Applies the definitions that Flux's controllers watch. */
export async function installFluxDefinitions(cluster: Cluster, signal: AbortSignal): Promise<void> {
  const folder = join(dataFolder, 'flux-crds')
  const files = readdirSync(folder).filter(file => /^(source|kustomize)\./.test(file))
  for (const file of files) {
    const [definition] = parseAll(readFileSync(join(folder, file), 'utf8')) as KubeObject[]
    if (!definition) throw new Error(`${file} is empty`)
    await cluster.apply(withReadyExpr(definition), { manager: 'test', force: true }, signal)
  }
}

/** The definition of Kustomizations is of Flux 2.6; the controllers that can be had know one field more. */
function withReadyExpr(definition: KubeObject): KubeObject {
  const more = structuredClone(definition)
  for (const version of listAt(more, 'spec', 'versions')) {
    const spec = ['schema', 'openAPIV3Schema', 'properties', 'spec', 'properties']
    const dependency = at(version, ...spec, 'dependsOn', 'items', 'properties')
    if (definition.spec?.group === 'kustomize.toolkit.fluxcd.io' && isObject(dependency)) dependency.readyExpr = { type: 'string' }
  }
  return more
}

/** Asks for a run as `flux reconcile` does. An object that is gone is not asked. */
export async function request(cluster: Cluster, ref: ObjectRef, { token, signal }: { token: string; signal: AbortSignal }): Promise<void> {
  await change(cluster, ref, { body: { metadata: { annotations: { [requestedAt]: token } } }, signal })
}

/** Suspends an object as `flux suspend` does, unless it is gone. */
export async function suspend(cluster: Cluster, ref: ObjectRef, signal: AbortSignal): Promise<void> {
  await change(cluster, ref, { body: { spec: { suspend: true } }, signal })
}

async function change(cluster: Cluster, ref: ObjectRef, { body, signal }: { body: JsonObject; signal: AbortSignal }): Promise<void> {
  await cluster.patch(ref, { type: 'merge', body, manager: 'flux' }, signal).catch((thrown: unknown) => {
    if (!(thrown instanceof ClusterError && thrown.code === 'NOT_FOUND')) throw thrown
  })
}

/** A run that only added the finalizer has answered the request too: the one that counts follows. */
function isBusy(object: KubeObject | undefined): boolean {
  if (!object || objectAt(object, 'spec').suspend === true) return false
  return conditionsOf(object).length === 0 || conditionOf(object, 'Reconciling')?.reason === 'Progressing'
}

/** Waits until the run that `token` asked for has ended, the one that does the work, or nobody will run it. */
export async function untilHandled(
  cluster: Cluster,
  ref: ObjectRef,
  { token, signal }: { token: string; signal: AbortSignal },
): Promise<void> {
  for (;;) {
    const object = await cluster.get(ref, signal)
    if (!object || objectAt(object, 'spec').suspend === true) return
    if (stringAt(object, 'status', 'lastHandledReconcileAt') === token && !isBusy(object)) return
    await realClock.sleep(100, signal)
  }
}

/** Waits until objects are neither being reconciled nor changing. */
export async function untilCalm(cluster: Cluster, refs: readonly ObjectRef[], signal: AbortSignal): Promise<void> {
  let last = ''
  for (let calm = 0; calm < 3;) {
    const seen = await Promise.all(refs.map(ref => cluster.get(ref, signal)))
    const busy = seen.some(object => isBusy(object))
    const now = JSON.stringify(seen)
    calm = now === last && !busy ? calm + 1 : 0
    last = now
    await realClock.sleep(200, signal)
  }
}
