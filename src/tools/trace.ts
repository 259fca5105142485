import * as z from 'zod'
import { printRef } from '../kinds/manifest.ts'
import type { JsonObject } from '../lib/json.ts'
import { foreign, plain } from '../lib/safe.ts'
import { existing, locate } from './objects/locate.ts'
import { target, tool } from './tool.ts'
import { tree } from './trace/down.ts'
import { climb } from './trace/up.ts'

const mostRows = 200

export const trace = tool({
  name: 'trace',
  title: 'Where it comes from',
  effect: 'reads',
  foreignText: true,
  description:
    'From any object up to the artifact and its origin: owners, Kustomization or HelmRelease, source, revision. down: what it applied, as a tree.',
  input: target.extend({ down: z.boolean().default(false) }),
  output: z.looseObject({ object: z.string(), cluster: z.string(), steps: z.array(z.looseObject({ object: z.string() })) }),
  async run({ down, ...wanted }, world, { signal }) {
    const located = await locate(world, wanted, signal)
    const { cluster, ref } = located
    const object = await existing(located, signal)
    const said = { object: printRef(ref), cluster: cluster.name }
    if (!down) return { ...said, steps: await climb(cluster, object, signal), next: 'explain tells why one of them fails' }
    const { rows, incomplete } = await tree(cluster, object, signal)
    const steps = rows.slice(0, mostRows).map(({ state, ...row }) => ({ ...row, ...(state === null ? {} : { state }) }))
    return {
      ...said,
      total: rows.length,
      steps,
      ...(rows.length > mostRows ? { truncated: true, left: `${rows.length - mostRows} more; trace one of the Kustomizations in it` } : {}),
      ...(incomplete.length > 0 ? { incomplete: incomplete.slice(0, 3).map(plain) } : {}),
      next:
        rows.length === 0
          ? 'it has applied nothing: only Kustomizations and HelmReleases have a tree'
          : 'trace with down=false on one of them leads back up',
    }
  },
  say: ({ object, cluster, steps, total, left, incomplete, next }) =>
    [
      `${object} [${cluster}]${typeof total === 'number' ? `: ${total} objects below` : ''}`,
      steps.length === 0 ? '' : foreign('objects and messages', steps.map(s => sayStep(s as JsonObject)).join('\n')),
      ...(left ? [String(left)] : []),
      ...(Array.isArray(incomplete) ? [`incomplete: ${incomplete.map(String).join('; ')}`] : []),
      `Next: ${String(next)}`,
    ]
      .filter(line => line !== '')
      .join('\n'),
})

function sayStep({ object, as, depth, state, untrusted, ...facts }: JsonObject): string {
  if (typeof depth === 'number') return `${'  '.repeat(depth - 1)}${String(object)}${state === undefined ? '' : ` Ready=${String(state)}`}`
  const told = Object.entries(facts).map(([key, value]) => `${key}=${String(value)}`)
  return [`${String(as)}: ${String(object)} ${String(state)}`, ...told, ...(untrusted ? [`message: ${String(untrusted)}`] : [])].join(
    '\n  ',
  )
}
