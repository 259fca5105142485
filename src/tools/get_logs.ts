import * as z from 'zod'
import { printRef } from '../kinds/manifest.ts'
import { CodedError } from '../lib/coded-error.ts'
import { inParallel } from '../lib/parallel.ts'
import { ToolError } from './frame/error.ts'
import { startOf } from './frame/since.ts'
import { linesOf, type Stream, streamsOf } from './logs/lines.ts'
import { podsOf } from './logs/pods.ts'
import { existing, locate } from './objects/locate.ts'
import { target, textTool } from './tool.ts'

const [mostPods, mostStreams, mostBytes, atOnce, searched] = [3, 8, 2 * 1024 * 1024, 4, 20_000]

export const getLogs = textTool({
  name: 'get_logs',
  title: 'Logs',
  effect: 'reads',
  foreignText: true,
  description: 'The last log lines of a workload or Pod, newest pods first. grep is a RE2 expression. previous: before the last restart.',
  input: target.extend({
    container: z.string().optional(),
    since: z.string().optional(),
    grep: z.string().max(500).optional(),
    previous: z.boolean().default(false),
    limit: z.int().min(1).max(5000).default(100),
  }),
  async run({ container, since, grep, previous, limit, ...wanted }, world, { signal, censor }) {
    const located = await locate(world, wanted, signal)
    const { cluster } = located
    const now = world.clock.now()
    const from = since === undefined ? undefined : Math.max(1, Math.ceil((now - startOf(since, now)) / 1000))
    if (grep !== undefined) await matching([''], grep)
    const pods = await podsOf(cluster, await existing(located, signal), signal)
    const streams = streamsOf(pods.slice(0, mostPods), container).slice(0, mostStreams)
    const query = {
      ...(previous ? { previous } : {}),
      ...(from === undefined ? {} : { sinceSeconds: from }),
      tailLines: grep === undefined ? limit : searched,
      limitBytes: Math.floor(mostBytes / Math.max(1, streams.length)),
    }
    const read = await readable(streams, signal, stream => linesOf({ cluster, signal }, stream, query))
    const joined = read.lines.toSorted((a, b) => (timeOf(a.line) < timeOf(b.line) ? -1 : timeOf(a.line) > timeOf(b.line) ? 1 : 0))
    const shown = joined.map(({ line, stream }) =>
      censor(streams.length > 1 ? `${stream.pod.metadata.name}/${stream.container} ${line}` : line),
    )
    const kept = (grep === undefined ? shown : await matching(shown, grep)).slice(-limit)
    const head = [
      printRef(located.ref),
      `cluster=${cluster.name}`,
      `pods=${Math.min(pods.length, mostPods)}/${pods.length}`,
      `containers=${[...new Set(streams.map(s => s.container))].join(',')}`,
      ...(kept.length === 0 ? [grep === undefined ? 'the log is empty' : `no line of ${shown.length} matches`] : []),
      ...(read.incomplete.length > 0 ? [`incomplete: ${read.incomplete.slice(0, 2).join('; ')}`] : []),
    ].join(' ')
    return { head, what: `log text: ${printRef(located.ref)}`, body: kept.join('\n') }
  },
})

/** @throws {ToolError} InvalidArgument for an expression that RE2 does not take. */
async function matching(lines: readonly string[], grep: string): Promise<string[]> {
  const { goMatching, RegexError } = await import('../lib/go-regex.ts')
  try {
    return goMatching(lines, grep)
  } catch (thrown) {
    if (!(thrown instanceof RegexError) || thrown.code !== 'BAD_REGEX') throw thrown
    throw new ToolError('InvalidArgument', `argument 'grep': ${thrown.message}`, {
      next: 'correct it: RE2 syntax, without look-around and back-references',
      cause: thrown,
    })
  }
}

interface Line {
  readonly stream: Stream
  readonly line: string
}

/** What can be read of several logs; when none can, the first failure. */
async function readable(
  streams: readonly Stream[],
  signal: AbortSignal,
  read: (stream: Stream) => Promise<string[]>,
): Promise<{ lines: Line[]; incomplete: string[] }> {
  const failures: CodedError[] = []
  const lines = await inParallel(streams, atOnce, async stream => {
    try {
      return (await read(stream)).map(line => ({ stream, line }))
    } catch (thrown) {
      signal.throwIfAborted()
      if (!(thrown instanceof CodedError)) throw thrown
      failures.push(thrown)
      return []
    }
  })
  const [first] = failures
  if (first && failures.length === streams.length) throw first
  return { lines: lines.flat(), incomplete: failures.map(f => f.message) }
}

function timeOf(line: string): string {
  return line.slice(0, line.indexOf(' '))
}
