import { control, type ControllerOptions, type Scope } from '../engine/controller.ts'
import type { Reconciler } from '../engine/reconciler.ts'
import type { Settings } from '../engine/settings.ts'
import { Kustomization } from '../kinds/kustomization.ts'
import type { Kind } from '../kinds/kind.ts'
import { messageOf } from '../lib/coded-error.ts'
import { each } from '../lib/gathered.ts'
import { Applied } from '../kustomize/applied-reconciler.ts'
import { ownerLabels } from '../kustomize/owned.ts'
import { cachedCluster } from '../world/cluster/cached.ts'
import { liveVersions } from '../world/cluster/versions.ts'
import type { Hands } from '../world/world.ts'

/** The first build, and the first artifact, wait neither for their modules nor for the compilation of what nearly every build runs. */
async function warm(kernel: Hands['kernel'], { builds, signal }: { builds: boolean; signal: AbortSignal }): Promise<void> {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
  const objects = ['ConfigMap', 'Secret'].map(kind => `apiVersion: v1\nkind: ${kind}\nmetadata: {name: a, namespace: a}\ndata: {a: "1"}\n`)
  const files = new Map([
    ['kustomization.yaml', bytes('namespace: b\nresources: [all.yaml]\n')],
    ['all.yaml', bytes(objects.join('---\n'))],
  ])
  if (builds) await kernel.kustomizeObjects({ root: '.', files }, signal)
  await Array.fromAsync(kernel.gzip(each([bytes('a')]), signal))
}

/** A pass that is over sooner writes its steps together. */
const showAfterMs = 2000

/** What a continuous engine reconciles, and how. */
export interface EngineRun {
  readonly reconcilers: readonly Reconciler<Kind, Hands>[]
  readonly settings: Settings
  readonly concurrency: number
  readonly scope?: Scope | undefined
  readonly follows?: ControllerOptions<Hands>['follows']
  /** Told when a pass over an object ended. */
  readonly passed?: ControllerOptions<Hands>['passed']
  readonly queue?: ControllerOptions<Hands>['queue']
  readonly seen?: ControllerOptions<Hands>['seen']
  readonly gone?: ControllerOptions<Hands>['gone']
  readonly forward?: ControllerOptions<Hands>['forward']
}

/** Reconciles a cluster as Flux's controllers do until it is stopped, which resolves when the last pass ended. `ended` rejects when the engine itself breaks. */
export function startEngine(hands: Hands, run: EngineRun): { readonly ended: Promise<void>; stop(): Promise<void> } {
  const stopped = new AbortController()
  const { clock, log } = hands
  const cluster = cachedCluster(hands.cluster)
  const applied = new Applied(liveVersions(hands.cluster, { labelSelector: ownerLabels.name, clock, signal: stopped.signal }))
  const failed = (what: string, thrown: unknown): void => log.warn('reconciling broke off', { what, error: messageOf(thrown) })
  warm(hands.kernel, { builds: run.reconcilers.some(r => r.kind.kind === Kustomization.kind), signal: stopped.signal }).catch(() => {})
  const { reconcilers, ...options } = run
  const ended = control(reconcilers, {
    ...options,
    hub: cluster,
    hands: { ...hands, cluster, applied },
    clock,
    showAfterMs,
    signal: stopped.signal,
    failed,
    gone(object) {
      applied.forget(object)
      run.gone?.(object)
    },
  })
  ended.catch((thrown: unknown) => log.error('the engine ended', { error: messageOf(thrown) }))
  return {
    ended,
    async stop() {
      stopped.abort(new Error('the engine stops'))
      await ended.catch(() => {})
    },
  }
}
