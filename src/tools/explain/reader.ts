import type { Happening } from '../../explain/facts.ts'
import { type KubeObject, type ObjectRef, printRef, refOf } from '../../kinds/manifest.ts'
import { CodedError } from '../../lib/coded-error.ts'
import { isObject, objectAt } from '../../lib/json.ts'
import { inParallel } from '../../lib/parallel.ts'
import { isCutTrace } from '../../explain/rules/endings.ts'
import type { Query } from '../../explain/leads/lead.ts'
import type { ApiResource, Cluster, LogQuery } from '../../world/cluster/cluster.ts'
import { lastTime } from '../run/events-about.ts'

const [mostRequests, mostEvents, mostListed, severalAtOnce, listFrom] = [150, 3000, 500, 8, 4]
const [mostLogBytes, fewLines, manyLines] = [64 * 1024, 40, 400]

/** An object as it was read, or why it could not be. */
interface Read {
  readonly ref: ObjectRef
  readonly object: KubeObject | undefined
  readonly unread?: string | undefined
}

/** Reads of one explanation: each once, few in all, and what fails is said instead of thrown. */
export class Reader {
  readonly cluster: Cluster
  readonly signal: AbortSignal
  readonly #said = new Set<string>()
  readonly #once = new Map<string, Promise<unknown>>()
  #requests = 0

  constructor(cluster: Cluster, signal: AbortSignal) {
    this.cluster = cluster
    this.signal = signal
  }

  /** What could not be read, each once. */
  get problems(): string[] {
    return [...this.#said]
  }

  say(problem: string): void {
    this.#said.add(problem)
  }

  /** Objects by name: many of one kind and namespace by one list. */
  async getAll(refs: readonly ObjectRef[]): Promise<Read[]> {
    const groups = Map.groupBy(refs, ref => `${ref.group} ${ref.kind} ${ref.namespace ?? ''}`)
    const read = await inParallel([...groups.values()], severalAtOnce, async group => {
      const [first] = group
      if (!first || group.length < listFrom) return inParallel(group, severalAtOnce, ref => this.get(ref))
      const listed = await this.list({ group: first.group, version: first.version, kind: first.kind, namespace: first.namespace })
      return inParallel(group, severalAtOnce, async ref => {
        const object = listed.find(o => printRef(refOf(o)) === printRef(ref))
        return object ? { ref, object } : this.get(ref)
      })
    })
    return read.flat()
  }

  async get(ref: ObjectRef): Promise<Read> {
    return this.#one(`get ${ref.group} ${printRef(ref)}`, async () => {
      const [object, unread] = await this.#try(() => this.cluster.get(ref, this.signal))
      return { ref, object: object && withoutValues(object), unread }
    })
  }

  async list(query: Query): Promise<KubeObject[]> {
    return this.#one(`list ${JSON.stringify(query)}`, async () => {
      const [page] = await this.#try(() => this.cluster.list({ ...query, limit: mostListed }, this.signal))
      return page?.items ?? []
    })
  }

  async resolve(kind: string): Promise<ApiResource | undefined> {
    return this.#one(`resolve ${kind}`, async () => {
      try {
        return await this.cluster.resolve(kind, this.signal)
      } catch (thrown) {
        this.signal.throwIfAborted()
        if (thrown instanceof CodedError) return undefined
        throw thrown
      }
    })
  }

  /** The events of an object as it is now: those of one that had its name before are left out. */
  async eventsOf(ref: ObjectRef, object: KubeObject | undefined): Promise<Happening[]> {
    const events = await this.#eventsIn(ref.namespace ?? 'default')
    return (
      events
        .get(`${ref.kind} ${ref.name}`)
        ?.filter(e => isOf(e, object))
        .map(happening) ?? []
    )
  }

  /** The last lines of a container, more of them where the few are only of a trace; `undefined` when there are none to be had. */
  async log(pod: ObjectRef, query: Pick<LogQuery, 'container' | 'previous'>): Promise<string | undefined> {
    const few = await this.#tail(pod, { ...query, tailLines: fewLines })
    return few !== undefined && isCutTrace(few) ? ((await this.#tail(pod, { ...query, tailLines: manyLines })) ?? few) : few
  }

  async #tail({ namespace = '', name }: ObjectRef, query: LogQuery): Promise<string | undefined> {
    const [text] = await this.#try(async () => {
      const stream = await this.cluster.podLog({ namespace, name }, { ...query, limitBytes: mostLogBytes }, this.signal)
      return stream && textOf(stream)
    })
    return text
  }

  async #eventsIn(namespace: string): Promise<Map<string, KubeObject[]>> {
    return this.#one(`events ${namespace}`, async () => {
      const events: KubeObject[] = []
      await this.#try(async () => {
        for await (const event of this.cluster.listAll({ group: '', version: 'v1', kind: 'Event', namespace }, this.signal)) {
          if (events.length >= mostEvents) {
            this.say(`only ${mostEvents} events of namespace ${namespace} were read`)
            break
          }
          events.push(event)
        }
      })
      return Map.groupBy(events, e => `${String(objectAt(e, 'involvedObject').kind)} ${String(objectAt(e, 'involvedObject').name)}`)
    })
  }

  async #one<T>(key: string, work: () => Promise<T>): Promise<T> {
    const known = this.#once.get(key) as Promise<T> | undefined
    if (known) return known
    const started = work()
    this.#once.set(key, started)
    return started
  }

  async #try<T>(work: () => Promise<T>): Promise<[T | undefined, string | undefined]> {
    if (++this.#requests > mostRequests) {
      this.say(`the search ended after ${mostRequests} requests`)
      return [undefined, 'not read']
    }
    try {
      return [await work(), undefined]
    } catch (thrown) {
      this.signal.throwIfAborted()
      if (!(thrown instanceof CodedError)) throw thrown
      if (!['INVALID', 'NO_MATCH'].includes(thrown.code)) this.say(thrown.message)
      return [undefined, thrown.message]
    }
  }
}

/** Of a Secret only the names of its keys are facts. */
function withoutValues(object: KubeObject): KubeObject {
  if (object.kind !== 'Secret' || !isObject(object.data)) return object
  return { ...object, data: Object.fromEntries(Object.keys(object.data).map(key => [key, ''])) }
}

/** Whether an event is of this very object. A kubelet gives the name of its node as the uid. */
function isOf(event: KubeObject, object: KubeObject | undefined): boolean {
  const uid = objectAt(event, 'involvedObject').uid
  if (typeof uid !== 'string' || uid === '' || object?.metadata.uid === undefined) return true
  return uid === object.metadata.uid || (object.kind === 'Node' && uid === object.metadata.name)
}

function happening(event: KubeObject): Happening {
  const series = objectAt(event, 'series').count
  const count = typeof series === 'number' ? series : typeof event.count === 'number' ? event.count : 1
  const [type, reason, message] = [event.type, event.reason, event.message].map(v => String(v ?? ''))
  return { type: type ?? '', reason: reason ?? '', message: message ?? '', count, at: Date.parse(lastTime(event)) || 0 }
}

async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= mostLogBytes) break
  }
  return Buffer.concat(chunks).toString('utf8')
}
