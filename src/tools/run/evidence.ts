import { kstatus } from '../../engine/kstatus.ts'
import { namedIn } from '../../explain/named.ts'
import { conditionOf, type KubeObject, type ObjectRef, printRef, refOf } from '../../kinds/manifest.ts'
import { CodedError } from '../../lib/coded-error.ts'
import { elsewhere } from '../../kustomize/identity.ts'
import type { JsonObject } from '../../lib/json.ts'
import { plain } from '../../lib/safe.ts'
import type { Cluster } from '../../world/cluster/cluster.ts'
import type { World } from '../../world/world.ts'
import { type FirstCause, firstCause } from '../explain/first-cause.ts'
import { blockerOf } from './blocker.ts'
import { eventsAbout } from './events-about.ts'
import type { Call } from '../tool.ts'
import { inventoryRefs } from '../objects/inventory-refs.ts'

/** What speaks for a failing verdict: objects that are not well with their last events, the dependency that blocks, and the likeliest cause. */
export interface Evidence {
  readonly failing: JsonObject[]
  readonly blockedBy?: JsonObject | undefined
  readonly cause?: FirstCause | undefined
  readonly incomplete?: string | undefined
}

const [mostObjects, mostChecked, mostMessage] = [3, 50, 300]
const order = ['Refused', 'Failed', 'NotFound', 'Unknown', 'InProgress', 'Terminating']
const workloads = ['Deployment', 'StatefulSet', 'DaemonSet']

/** Collects evidence for an object that failed; `acted`: our own engine has just run it. What may not be read is said, not left out. */
export async function evidenceFor(
  object: KubeObject,
  { cluster, world, acted }: { cluster: Cluster; world: Pick<World, 'clock' | 'kernel'>; acted?: boolean },
  call: Pick<Call, 'signal' | 'engine'>,
): Promise<Evidence> {
  const { signal } = call
  const problems: string[] = []
  const orSaid = async <T>(work: Promise<T>): Promise<T | undefined> => {
    try {
      return await work
    } catch (thrown) {
      signal.throwIfAborted()
      if (!(thrown instanceof CodedError)) throw thrown
      problems.push(thrown.message)
      return undefined
    }
  }
  const where = elsewhere(object)
  const unread = async (name: string): Promise<JsonObject[]> => {
    problems.push(`its objects are in the cluster of ${name}, which was not read: the Ready message names what failed there`)
    return []
  }
  const [failing, blockedBy, cause] = await Promise.all([
    orSaid(where ? unread(where) : failingObjects(cluster, object, { signal, orSaid })),
    orSaid(blockerOf(cluster, object, signal)),
    orSaid(firstCause(object, { cluster, world, acted }, call)),
  ])
  return {
    failing: failing ?? [],
    ...(blockedBy ? { blockedBy } : {}),
    ...(cause ? { cause } : {}),
    ...(problems.length > 0 ? { incomplete: [...new Set(problems)].join('; ') } : {}),
  }
}

interface Reading {
  readonly signal: AbortSignal
  orSaid<T>(work: Promise<T>): Promise<T | undefined>
}

async function failingObjects(cluster: Cluster, object: KubeObject, { signal, orSaid }: Reading): Promise<JsonObject[]> {
  const inventory = inventoryRefs(object)
  const named = await namedInMessage(cluster, object, { inventory, signal })
  const released = object.kind === 'HelmRelease' ? ((await orSaid(releasedWorkloads(cluster, object, signal))) ?? []) : []
  const others = [...inventory, ...released].filter(ref => !named.some(n => printRef(n) === printRef(ref)))
  const refused = conditionOf(object, 'Ready')?.reason === 'ReconciliationFailed' ? named.map(printRef) : []
  const checked = await Promise.all(
    [...named, ...others].slice(0, mostChecked).map(async ref => {
      const { status, message } = await statusOf(cluster, ref, signal)
      return refused.includes(printRef(ref)) && ['Current', 'NotFound'].includes(status)
        ? { ref, status: 'Refused', message: status === 'NotFound' ? 'it does not exist yet' : 'it stays as it was' }
        : { ref, status, message }
    }),
  )
  const bad = checked
    .filter(c => c.status !== 'Current')
    .toSorted((a, b) => order.indexOf(a.status) - order.indexOf(b.status))
    .slice(0, mostObjects)
  return Promise.all(
    bad.map(async ({ ref, status, message }) => ({
      object: printRef(ref),
      status,
      untrusted: [plain(message).slice(0, mostMessage), ...((await orSaid(eventsAbout(cluster, ref, signal))) ?? [])],
    })),
  )
}

const mostNamed = 5

/** Objects that the Ready message names as `Kind/ns/name`: by the inventory, else by what the cluster serves. */
async function namedInMessage(
  cluster: Cluster,
  object: KubeObject,
  { inventory, signal }: { inventory: readonly ObjectRef[]; signal: AbortSignal },
): Promise<ObjectRef[]> {
  const message = conditionOf(object, 'Ready')?.message ?? ''
  const found = await Promise.all(
    namedIn(message, mostNamed).map(async ({ text, kind, namespace, name }) => {
      const known = inventory.find(ref => printRef(ref) === text)
      if (known) return known
      const served = await cluster.resolve(kind, signal).catch(() => undefined)
      if (!served || served.namespaced !== (namespace !== undefined)) return undefined
      return { group: served.group, version: served.version, kind: served.kind, name, ...(namespace ? { namespace } : {}) }
    }),
  )
  signal.throwIfAborted()
  return found.filter(ref => ref !== undefined)
}

/** The workloads of a Helm release, by the labels that its controller puts on all it renders. */
async function releasedWorkloads(cluster: Cluster, release: KubeObject, signal: AbortSignal): Promise<ObjectRef[]> {
  const { name, namespace = '' } = release.metadata
  const labelSelector = `helm.toolkit.fluxcd.io/name=${name},helm.toolkit.fluxcd.io/namespace=${namespace}`
  const target = typeof release.spec?.targetNamespace === 'string' ? release.spec.targetNamespace : namespace
  const lists = await Promise.all(
    workloads.map(kind =>
      cluster.list({ group: 'apps', version: 'v1', kind, namespace: target, labelSelector, limit: mostChecked }, signal),
    ),
  )
  return lists.flatMap(l => l.items.map(refOf))
}

async function statusOf(cluster: Cluster, ref: ObjectRef, signal: AbortSignal): Promise<{ status: string; message: string }> {
  try {
    const found = await cluster.get(ref, signal)
    return found ? kstatus(found) : { status: 'NotFound', message: 'it does not exist' }
  } catch (thrown) {
    signal.throwIfAborted()
    if (thrown instanceof CodedError) return { status: 'Unknown', message: thrown.message }
    throw thrown
  }
}
