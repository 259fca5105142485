import { controllerOf, fluxControllers } from '../../src/engine/controllers.ts'
import { requestOf } from '../../src/engine/conditions.ts'
import { handsBack, isSuspended } from '../../src/engine/request.ts'
import { joinApiVersion, type KubeObject, refOf } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import type { ApiResource, Cluster } from '../../src/world/cluster/cluster.ts'
import { unending } from './unending.ts'

/** `Type=Status Reason: message`, several of them, as a status shows them. */
export type Conditions = readonly (readonly [type: string, status: 'True' | 'False' | 'Unknown', reason: string, message: string])[]

/** One status write of a controller. `handled`: the request is handed back, as at the end of a run. */
export interface Move {
  readonly conditions: Conditions
  readonly handled?: boolean
  readonly observed?: boolean
  readonly status?: JsonObject
}

/** What a controller does with a request for an object; `undefined`: it takes no notice. A function does the whole run itself. */
export type Script = (object: KubeObject) => readonly Move[] | (() => Promise<void>) | undefined

export interface PlayedFlux {
  stop(): Promise<void>
}

/** Flux as its conventions are: Leases that live, and for each kind a controller that answers requests by status over the API. */
export async function playFlux(
  cluster: Cluster,
  { kinds, script, answered = () => {} }: { kinds: readonly ApiResource[]; script: Script; answered?: (object: KubeObject) => void },
): Promise<PlayedFlux> {
  const stopped = new AbortController()
  for (const controller of fluxControllers) await holdLease(cluster, controller)
  const playing = kinds.map(kind => playKind(cluster, kind, { script, answered, signal: stopped.signal }))
  return {
    async stop() {
      stopped.abort(new Error('the play is over'))
      await Promise.all(playing)
    },
  }
}

/** A controller that lives for an hour from now. */
export async function holdLease(cluster: Cluster, controller: string, seconds = 3600): Promise<void> {
  await cluster.apply(
    {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: `${controller}-leader-election`, namespace: 'flux-system' },
      spec: {
        holderIdentity: `${controller}-6f7c9b5d4-x2x4z_1`,
        leaseDurationSeconds: seconds,
        renewTime: new Date().toISOString().replace('Z', '000Z'),
      },
    },
    { manager: controller, force: true },
    unending,
  )
}

interface Playing {
  readonly script: Script
  readonly answered: (object: KubeObject) => void
  readonly signal: AbortSignal
}

async function playKind(cluster: Cluster, { group, version, kind }: ApiResource, { script, answered, signal }: Playing): Promise<void> {
  const taken = new Set<string>()
  try {
    for await (const event of cluster.watch({ group, version, kind }, signal)) {
      const objects = event.type === 'gap' ? event.objects : event.type === 'deleted' ? [] : [event.object]
      for (const object of objects) {
        const token = requestOf(object)
        if (token === undefined || taken.has(`${object.metadata.uid} ${token}`) || isSuspended(object)) continue
        taken.add(`${object.metadata.uid} ${token}`)
        await answer(cluster, { object, token, script, answered }, signal)
      }
    }
  } catch (thrown) {
    if (!signal.aborted) throw thrown
  }
}

async function answer(
  cluster: Cluster,
  { object, token, script, answered }: { object: KubeObject; token: string; script: Script; answered: Playing['answered'] },
  signal: AbortSignal,
): Promise<void> {
  const moves = script(object)
  if (!moves) return
  if (typeof moves === 'function') {
    await moves()
    return answered(object)
  }
  const ref = refOf(object)
  const manager = `gotk-${controllerOf(ref.group, ref.kind) ?? 'controller'}`
  for (const move of moves)
    await cluster.patch(ref, { type: 'merge', body: { status: statusOf(object, move, token) }, manager, subresource: 'status' }, signal)
  answered(object)
}

function statusOf(object: KubeObject, { conditions, handled, observed, status }: Move, token: string): JsonObject {
  const { generation = 1 } = object.metadata
  return {
    conditions: conditions.map(([type, is, reason, message]) => ({
      type,
      status: is,
      reason,
      message,
      lastTransitionTime: new Date().toISOString().replace(/\.\d+/, ''),
      observedGeneration: generation,
    })),
    ...(observed === false ? {} : { observedGeneration: generation }),
    ...(handled === false || !handsBack(object) ? {} : { lastHandledReconcileAt: token }),
    ...status,
  }
}

/** A CRD with open spec and status, for kinds whose own CRD is not at hand. */
export function openDefinition(
  group: string,
  { kind, plural, version, scope = 'Namespaced' }: { kind: string; plural: string; version: string; scope?: string },
): KubeObject {
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: open, status: open } } }
  return {
    apiVersion: joinApiVersion({ group: 'apiextensions.k8s.io', version: 'v1' }),
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope,
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [{ name: version, served: true, storage: true, subresources: { status: {} }, schema }],
    },
  }
}
