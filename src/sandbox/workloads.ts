import { timestamp } from '../engine/conditions.ts'
import { type KubeObject, type ObjectRef, refOf } from '../kinds/manifest.ts'
import { listAt, stringAt } from '../lib/json.ts'
import type { Clock } from '../world/clock/clock.ts'
import type { Cluster } from '../world/cluster/cluster.ts'
import { ClusterError } from '../world/cluster/error.ts'
import type { Action, Controller, View } from './workloads/action.ts'
import { deployments, replicaSets } from './workloads/deployments.ts'
import { claims, garbage, services, watchedKinds } from './workloads/others.ts'
import { pods } from './workloads/pods.ts'
import { daemonSets, jobs, statefulSets } from './workloads/sets.ts'

const controllers: Readonly<Record<string, Controller>> = {
  Deployment: deployments,
  ReplicaSet: replicaSets,
  StatefulSet: statefulSets,
  DaemonSet: daemonSets,
  Job: jobs,
  Pod: pods,
  PersistentVolumeClaim: claims,
  Service: services,
}
const manager = 'kube-controller-manager'

/**
 * Simulates the kubelet, the scheduler, the workload, namespace and garbage controllers as one client of any Kubernetes API: the sandbox, or a
 * real API server, which has none of them. A container fails when its image's host is below `.invalid`, its command is `false` or exits
 * with a code, or its readiness probe runs `false`.
 */
export function startWorkloads({ cluster, clock }: { cluster: Cluster; clock: Clock }): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const running = new Workloads(cluster, clock, stopping.signal)
  const done = running.run()
  return {
    stop: async () => {
      stopping.abort(new Error('workloads stop'))
      await done
    },
  }
}

class Workloads {
  readonly #cluster: Cluster
  readonly #clock: Clock
  readonly #signal: AbortSignal
  readonly #objects = new Map<string, Map<string, KubeObject>>()
  readonly #dirty = new Set<string>()
  #wake: () => void = () => {}

  constructor(cluster: Cluster, clock: Clock, signal: AbortSignal) {
    this.#cluster = cluster
    this.#clock = clock
    this.#signal = signal
  }

  async run(): Promise<void> {
    await Promise.all([...watchedKinds.map(k => this.#quietly(this.#watch(k))), this.#quietly(this.#work())])
  }

  async #quietly(work: Promise<void>): Promise<void> {
    try {
      await work
    } catch (thrown) {
      if (!this.#signal.aborted) throw thrown
    }
  }

  async #watch({ group, kind }: { group: string; kind: string }): Promise<void> {
    const known = new Map<string, KubeObject>()
    this.#objects.set(kind, known)
    for await (const event of this.#cluster.watch({ group, kind }, this.#signal)) {
      if (event.type === 'gap') {
        known.clear()
        for (const object of event.objects) known.set(keyOf(object), object)
        for (const object of event.objects) this.#mark(object)
      } else {
        // An owner that lost a dependent is looked at as well.
        const before = known.get(keyOf(event.object))
        if (before) this.#mark(before)
        if (event.type === 'deleted') known.delete(keyOf(event.object))
        else known.set(keyOf(event.object), event.object)
        this.#mark(event.object)
        if (event.type === 'deleted')
          for (const { kind: below } of watchedKinds) for (const dependent of this.#view().owned(event.object, below)) this.#mark(dependent)
      }
    }
  }

  /** The object, its owners and its namespace are looked at again. */
  #mark(object: KubeObject): void {
    this.#dirty.add(`${object.kind}|${keyOf(object)}`)
    for (const owner of listAt(object, 'metadata', 'ownerReferences'))
      this.#dirty.add(`${stringAt(owner, 'kind') ?? ''}|${object.metadata.namespace ?? ''}/${stringAt(owner, 'name') ?? ''}`)
    if (object.metadata.namespace) this.#dirty.add(`Namespace|/${object.metadata.namespace}`)
    this.#wake()
  }

  async #work(): Promise<void> {
    for (;;) {
      this.#signal.throwIfAborted()
      const [next] = this.#dirty
      if (next === undefined) {
        await this.#idle()
        continue
      }
      this.#dirty.delete(next)
      const [kind = '', key = ''] = next.split('|')
      const object = this.#objects.get(kind)?.get(key)
      if (object) await this.#look(object)
    }
  }

  #idle(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#wake = resolve
    this.#signal.addEventListener('abort', () => reject(this.#signal.reason), { once: true })
    return promise
  }

  async #look(object: KubeObject): Promise<void> {
    if (object.kind === 'Namespace') return this.#namespace(object)
    const actions = [...(controllers[object.kind]?.(object, this.#view()) ?? []), ...garbage(object, this.#view())]
    for (const action of actions) await this.#perform(object, action)
  }

  #view(): View {
    const all = (kind: string): KubeObject[] => [...(this.#objects.get(kind)?.values() ?? [])]
    return {
      now: this.#clock.now(),
      all,
      owned: (owner, kind) =>
        all(kind).filter(o => listAt(o, 'metadata', 'ownerReferences').some(r => stringAt(r, 'uid') === owner.metadata.uid)),
    }
  }

  async #perform(object: KubeObject, action: Action): Promise<void> {
    try {
      await this.#do(object, action)
    } catch (thrown) {
      this.#signal.throwIfAborted()
      if (!(thrown instanceof ClusterError)) throw thrown
      if (!['NOT_FOUND', 'ALREADY_EXISTS'].includes(thrown.code)) this.#later(object, 500)
    }
  }

  async #do(object: KubeObject, action: Action): Promise<void> {
    switch (action.do) {
      case 'create':
        return void (await this.#cluster.create(action.object, { manager }, this.#signal))
      case 'status':
        return void (await this.#cluster.patch(
          action.ref,
          { type: 'merge', body: { status: action.status }, manager, subresource: 'status' },
          this.#signal,
        ))
      case 'patch':
        return void (await this.#cluster.patch(action.ref, { type: 'merge', body: action.body, manager }, this.#signal))
      case 'delete':
        return void (await this.#cluster.delete(action.ref, action.uid ? { preconditions: { uid: action.uid } } : {}, this.#signal))
      case 'finalize':
        return void (await this.#cluster.replace(
          { ...action.namespace, spec: { finalizers: [] } },
          { manager, subresource: 'finalize' },
          this.#signal,
        ))
      case 'event':
        return void (await this.#cluster.create(this.#event(action), { manager: action.component }, this.#signal))
      case 'later':
        return this.#later(object, action.ms)
    }
  }

  #later(object: KubeObject, ms: number): void {
    this.#clock.sleep(ms, this.#signal).then(
      () => this.#mark(object),
      () => {},
    )
  }

  #event({ about, type, reason, message, component }: Extract<Action, { do: 'event' }>): KubeObject {
    const at = timestamp(this.#clock.now())
    const { name, namespace = 'default', uid } = about.metadata
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name}.${this.#clock.id(8)}`, namespace },
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: at,
      lastTimestamp: at,
      source: { component },
      involvedObject: { apiVersion: about.apiVersion, kind: about.kind, name, namespace, ...(uid ? { uid } : {}) },
      reportingComponent: component,
      reportingInstance: 'sandbox',
      action: reason,
    }
  }

  /** Empties a terminating namespace, then lets it go. */
  async #namespace(namespace: KubeObject): Promise<void> {
    if (!namespace.metadata.deletionTimestamp) return
    const name = namespace.metadata.name
    const { resources } = await this.#cluster.discover(this.#signal)
    const listed = resources.filter(
      r => r.namespaced && r.verbs.includes('delete') && r.verbs.includes('list') && r.group !== 'events.k8s.io',
    )
    let left = 0
    for (const { group, version, kind } of listed) left += await this.#emptied(namespace, { group, version, kind, namespace: name })
    await this.#perform(namespace, left === 0 ? { do: 'finalize', namespace } : { do: 'later', ms: 200 })
  }

  /** Deletes what a namespace has of a kind, and counts what is left. A kind that is no longer served has nothing. */
  async #emptied(namespace: KubeObject, query: { group: string; version: string; kind: string; namespace: string }): Promise<number> {
    let left = 0
    try {
      for await (const object of this.#cluster.listAll(query, this.#signal)) {
        const ref: ObjectRef = refOf(object)
        await this.#perform(namespace, { do: 'delete', ref, uid: object.metadata.uid })
        if (await this.#cluster.get(ref, this.#signal)) left++
      }
    } catch (thrown) {
      if (!(thrown instanceof ClusterError) || (thrown.code !== 'NOT_FOUND' && thrown.code !== 'NO_MATCH')) throw thrown
    }
    return left
  }
}

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`
}
