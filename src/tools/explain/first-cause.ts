import { explain } from '../../explain/explain.ts'
import type { KubeObject } from '../../kinds/manifest.ts'
import { plain } from '../../lib/safe.ts'
import type { Cluster } from '../../world/cluster/cluster.ts'
import type { Call } from '../tool.ts'
import type { World } from '../../world/world.ts'
import { collect } from './collect.ts'
import { Reader } from './reader.ts'

/** The likeliest cause of a failure, where it lies, and what mends it. */
export interface FirstCause {
  readonly cause: string
  readonly object: string
  readonly fix: string
}

/** What `explain` puts first; `acted`: our own engine has just run the object. `undefined` where it finds none. @throws {CodedError} where what it begins with cannot be read. */
export async function firstCause(
  object: KubeObject,
  { cluster, world, acted }: { cluster: Cluster; world: Pick<World, 'clock' | 'kernel'>; acted?: boolean | undefined },
  { signal, engine }: Pick<Call, 'signal' | 'engine'>,
): Promise<FirstCause | undefined> {
  const { facts } = await collect(object, { reader: new Reader(cluster, signal), now: world.clock.now(), world, engine, acted })
  const [first] = explain(facts).causes
  return first && { cause: first.name, object: first.object, fix: plain(first.fix) }
}

/** As text, on a line. */
export function sayCause({ cause, object, fix }: FirstCause): string {
  return `Cause: ${cause} at ${object}. Fix: ${fix}`
}
