import { control, type ControllerOptions, type Scope } from '../engine/controller.ts'
import type { Reconciler } from '../engine/reconciler.ts'
import type { Settings } from '../engine/settings.ts'
import type { Kind } from '../kinds/kind.ts'
import { messageOf } from '../lib/coded-error.ts'
import type { Hands } from '../world/world.ts'

/** What a continuous engine reconciles, and how. */
export interface EngineRun {
  readonly reconcilers: readonly Reconciler<Kind, Hands>[]
  readonly settings: Settings
  readonly concurrency: number
  readonly scope?: Scope | undefined
  readonly follows?: ControllerOptions<Hands>['follows']
  /** Told when a pass over an object ended. */
  readonly passed?: ControllerOptions<Hands>['passed']
  readonly gone?: ControllerOptions<Hands>['gone']
  readonly forward?: ControllerOptions<Hands>['forward']
}

/** Reconciles a cluster as Flux's controllers do until it is stopped, which resolves when the last pass ended. `ended` rejects when the engine itself breaks. */
export function startEngine(hands: Hands, run: EngineRun): { readonly ended: Promise<void>; stop(): Promise<void> } {
  const stopped = new AbortController()
  const { cluster, clock, log } = hands
  const failed = (what: string, thrown: unknown): void => log.warn('reconciling broke off', { what, error: messageOf(thrown) })
  const { reconcilers, ...options } = run
  const ended = control(reconcilers, { ...options, hub: cluster, hands, clock, signal: stopped.signal, failed })
  ended.catch((thrown: unknown) => log.error('the engine ended', { error: messageOf(thrown) }))
  return {
    ended,
    async stop() {
      stopped.abort(new Error('the engine stops'))
      await ended.catch(() => {})
    },
  }
}
