import type { KubeObject } from '../../kinds/manifest.ts'
import { CodedError } from '../../lib/coded-error.ts'
import { listAt, stringAt } from '../../lib/json.ts'
import type { Cluster, LogQuery } from '../../world/cluster/cluster.ts'
import { ToolError } from '../frame/error.ts'

/** One container whose log is read. */
export interface Stream {
  readonly pod: KubeObject
  readonly container: string
}

/** The containers to read: the named one, else all that run; init containers only by name. @throws {ToolError} InvalidArgument with the names. */
export function streamsOf(pods: readonly KubeObject[], container: string | undefined): Stream[] {
  const names = (pod: KubeObject, key: string): string[] => listAt(pod, 'spec', key).flatMap(c => stringAt(c, 'name') ?? [])
  if (container === undefined) return pods.flatMap(pod => names(pod, 'containers').map(name => ({ pod, container: name })))
  const found = pods.filter(pod => ['containers', 'initContainers', 'ephemeralContainers'].some(key => names(pod, key).includes(container)))
  if (found.length > 0) return found.map(pod => ({ pod, container }))
  const valid = [...new Set(pods.flatMap(pod => [...names(pod, 'containers'), ...names(pod, 'initContainers')]))]
  throw new ToolError('InvalidArgument', `no pod has a container '${container}'`, { next: `use ${valid.join(', ')}`, valid })
}

const mostLine = 8 * 1024

/**
 * The lines of a log, each with its time in front, as a stream is read: the last `most` of those that are kept. A line over 8 KiB is cut.
 * @throws {ToolError} NotReady when the container has not started, NotFound when there is none before it.
 */
export async function linesOf(
  { cluster, signal }: { cluster: Cluster; signal: AbortSignal },
  { pod, container }: Stream,
  query: LogQuery,
): Promise<string[]> {
  const { name, namespace = '' } = pod.metadata
  const place = `container ${container} of pod ${namespace}/${name}`
  try {
    const stream = await cluster.podLog({ namespace, name }, { ...query, container, timestamps: true }, signal)
    if (!stream)
      throw new ToolError('NotFound', `pod ${namespace}/${name} is gone`, { next: 'call get_logs again: its workload made another one' })
    return await split(stream, query.limitBytes ?? Number.POSITIVE_INFINITY)
  } catch (thrown) {
    if (!(thrown instanceof CodedError) || thrown.code !== 'INVALID') throw thrown
    if (query.previous)
      throw new ToolError('NotFound', `${place} has not restarted: there is no log of before`, { next: 'leave previous away' })
    throw new ToolError('NotReady', `${place} has no log yet: ${thrown.message}`, {
      next: 'use explain to learn why it does not start',
    })
  }
}

async function split(stream: AsyncIterable<Uint8Array>, mostBytes: number): Promise<string[]> {
  const decoder = new TextDecoder()
  const lines: string[] = []
  let [rest, size] = ['', 0]
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = (parts.pop() ?? '').slice(0, mostLine)
    for (const line of parts) lines.push(line.slice(0, mostLine))
    size += chunk.length
    if (size >= mostBytes) break
  }
  return rest === '' ? lines : [...lines, rest]
}
