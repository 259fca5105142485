import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { untilServed } from '../../src/engine/install.ts'
import { conditionOf, conditionsOf, type KubeObject, type ObjectRef } from '../../src/kinds/manifest.ts'
import { at, isObject, type JsonObject, listAt, objectAt, stringAt } from '../../src/lib/json.ts'
import { parseAll } from '../../src/lib/yaml.ts'
import { realClock } from '../../src/world/clock/real.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { ClusterError } from '../../src/world/cluster/error.ts'
import { dataFolder } from '../support/data.ts'
import { unending as signal } from '../support/unending.ts'
import type { Step } from './scenarios.ts'

const requestedAt = 'reconcile.fluxcd.io/requestedAt'

/** Applies the definitions that Flux's controllers watch, and waits until they are served. */
export async function installFluxDefinitions(cluster: Cluster, signal: AbortSignal): Promise<void> {
  const folder = join(dataFolder, 'flux-crds')
  const files = readdirSync(folder).filter(file => /^(source|kustomize)\./.test(file))
  const definitions: KubeObject[] = []
  for (const file of files) {
    const [definition] = parseAll(readFileSync(join(folder, file), 'utf8')) as KubeObject[]
    if (!definition) throw new Error(`${file} is empty`)
    await cluster.apply(withReadyExpr(definition), { manager: 'test', force: true }, signal)
    definitions.push(definition)
  }
  for (const definition of definitions) await untilServed(cluster, definition, { clock: realClock, signal })
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

/** Does what a step does to a cluster, then runs what it runs: each is asked for, and handled before the next. */
export async function take(
  cluster: Cluster,
  { step, watched, token }: { step: Step; watched: readonly ObjectRef[]; token: string },
  handle: (ref: ObjectRef) => Promise<unknown>,
): Promise<void> {
  const { apply = [], patch = [], remove = [], run = watched.slice(0, 2) } = step
  // Flux reads an object as soon as it is there: what it refers to is there before.
  for (const object of apply.toSorted((a, b) => Number(b.kind === 'Secret') - Number(a.kind === 'Secret')))
    await cluster.apply(object, { manager: 'test', force: true }, signal)
  for (const { ref, patch: change } of patch) await cluster.patch(ref, change, signal)
  for (const ref of remove) await cluster.delete(ref, {}, signal)
  for (const ref of run) {
    await request(cluster, ref, { token, signal })
    await handle(ref)
  }
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
