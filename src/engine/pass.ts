import type { FluxEvent } from '../kinds/flux-event.ts'
import type { KubeObject, ObjectRef } from '../kinds/manifest.ts'
import type { JsonObject } from '../lib/json.ts'
import type { Later } from './later.ts'
import type { Settings } from './settings.ts'

/** What the engine itself needs of a cluster. A `Cluster` is one. */
export interface Hub {
  get(ref: ObjectRef, signal: AbortSignal): Promise<KubeObject | undefined>
  patch(
    ref: ObjectRef,
    patch: { type: 'merge'; body: JsonObject; manager: string; subresource?: string | undefined },
    signal: AbortSignal,
  ): Promise<KubeObject>
  create(object: KubeObject, options: { manager: string }, signal: AbortSignal): Promise<KubeObject>
}

export interface Pass<Hands> {
  readonly hub: Hub
  readonly hands: Hands
  readonly clock: { now(): number; elapsed(): number; random(): number; sleep(ms: number, signal: AbortSignal): Promise<void> }
  readonly settings: Settings
  readonly signal: AbortSignal
  /** How long a pass goes on before what it shows is written by itself; absent: at once. */
  readonly showAfterMs?: number | undefined
  /** Whether the finalizer comes before all else, as a pass without it was in vain. */
  readonly holdsFirst?: boolean | undefined
  readonly progress?: ((message: string) => void) | undefined
  /** Takes what no pass has to wait for, as events that are no failures; absent: each is written at once. */
  readonly later?: Pick<Later, 'add'> | undefined
  /** Asks for one more pass. */
  readonly again?: (() => void) | undefined
  /** Told of each event that is forwarded, as often as it comes. */
  readonly forward?: ((event: FluxEvent) => void) | undefined
}
