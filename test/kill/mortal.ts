import { printRef, refOf, type KubeObject, type ObjectRef } from '../../src/kinds/manifest.ts'
import { isObject, type JsonObject } from '../../src/lib/json.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { over } from '../kustomize/stage.ts'

const writes = ['apply', 'create', 'patch', 'replace', 'delete'] as const

/** Where a process dies: at its n-th write, before it happens or right after. */
export interface Point {
  readonly at: number
  readonly late: boolean
}

/** A user of a cluster, and of what else is written to. */
export interface Mortal {
  readonly cluster: Cluster
  readonly writes: readonly string[]
  /** Aborts with the death. */
  readonly died: AbortSignal
  /** A write elsewhere, at which the user may die too. */
  writing<T>(label: string, write: () => Promise<T>): Promise<T>
}

/** A cluster whose user dies at a point; without one it only records. Dry runs are no writes. */
export function mortal(cluster: Cluster, point?: Point): Mortal {
  const death = new AbortController()
  const written: string[] = []
  const die = (when: string): never => {
    death.abort(new Error(`killed ${when} a write`))
    throw death.signal.reason
  }
  const writing = async <T>(label: string, write: () => Promise<T>): Promise<T> => {
    death.signal.throwIfAborted()
    const mine = written.push(label) === point?.at
    if (mine && !point.late) die('before')
    const result = await write()
    return mine ? die('after') : result
  }
  const guard =
    (name: (typeof writes)[number]) =>
    async (...args: unknown[]): Promise<unknown> => {
      death.signal.throwIfAborted()
      const call = (): Promise<unknown> => Reflect.apply(cluster[name], cluster, args) as Promise<unknown>
      return isObject(args[1]) && args[1].dryRun === true ? call() : writing(labelOf(name, args), call)
    }
  const methods = Object.fromEntries(writes.map(name => [name, guard(name)])) as Partial<Cluster>
  return { cluster: over(cluster, methods), writes: written, died: death.signal, writing }
}

function labelOf(name: string, [target, how]: readonly unknown[]): string {
  const object = target as KubeObject | ObjectRef
  const subresource = (how as JsonObject | undefined)?.subresource
  return `${name} ${printRef('metadata' in object ? refOf(object as KubeObject) : object)}${typeof subresource === 'string' ? ` ${subresource}` : ''}`
}
