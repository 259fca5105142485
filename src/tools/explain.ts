import * as z from 'zod'
import { isFluxGroup } from '../engine/controllers.ts'
import { type Cause, explain as explainFacts, type Explanation } from '../explain/explain.ts'
import { type ObjectRef, printRef } from '../kinds/manifest.ts'
import { foreign, plain } from '../lib/safe.ts'
import { collect } from './explain/collect.ts'
import { Reader } from './explain/reader.ts'
import { existing, locate } from './objects/locate.ts'
import { target, tool } from './tool.ts'

const [mostCauses, mostQuote, mostWay] = [3, 400, 5]
const cause = z.looseObject({
  cause: z.string(),
  object: z.string(),
  what: z.string(),
  fix: z.string(),
  through: z.array(z.string()).optional(),
  alike: z.number().optional(),
  untrusted: z.array(z.string()),
})
type Shown = z.infer<typeof cause>

export const explain = tool({
  name: 'explain',
  title: 'Root causes',
  effect: 'reads',
  foreignText: true,
  description:
    'Why an object of any kind fails: ranked root causes, each with evidence and the fix, followed through sources, dependencies, workloads, pods and logs. Call it first when something is broken.',
  input: target,
  output: z.looseObject({ object: z.string(), cluster: z.string(), state: z.string(), causes: z.array(cause), next: z.string() }),
  async run(args, world, { signal, engine }) {
    const located = await locate(world, args, signal)
    const object = await existing(located, signal)
    const reader = new Reader(located.cluster, signal)
    const { facts, incomplete } = await collect(object, { reader, now: world.clock.now(), world, engine })
    const explanation = explainFacts(facts)
    return {
      object: printRef(located.ref),
      cluster: located.cluster.name,
      state: explanation.state,
      causes: explanation.causes.slice(0, mostCauses).map(shown),
      ...(explanation.causes.length > mostCauses ? { more: explanation.causes.length - mostCauses } : {}),
      ...(incomplete.length > 0 ? { incomplete: incomplete.slice(0, 3).map(i => plain(i).slice(0, 200)) } : {}),
      next: nextOf(explanation, located.ref),
    }
  },
  say: ({ object, cluster, state, causes, more, incomplete, next }) =>
    [
      `${object} [${cluster}]: ${state}${causes.length === 0 ? ', no cause of a failure found' : ''}`,
      ...causes.flatMap((c, i) => sayCause(c, i)),
      ...(typeof more === 'number' ? [`${more} more, less likely`] : []),
      ...(Array.isArray(incomplete) ? [`incomplete: ${incomplete.map(String).join('; ')}`] : []),
      `Next: ${next}`,
    ].join('\n'),
})

/** The first has all its evidence; what is less likely is shorter. */
function shown({ name, object, what, fix, through, alike, evidence }: Cause, index: number): Shown {
  const way = through.length > mostWay ? [...through.slice(0, 2), '…', ...through.slice(-2)] : [...through]
  const most = index === 0 ? mostQuote : mostQuote / 2
  return {
    cause: name,
    object,
    what: plain(what),
    fix: plain(fix),
    ...(way.length > 0 ? { through: way } : {}),
    ...(alike > 0 ? { alike } : {}),
    untrusted: evidence.slice(0, index === 0 ? 3 : 1).map(e => `${e.object} ${e.at}: ${clip(plain(e.quote), most, e.focus)}`),
  }
}

/** A quote as long as it may be, around the words that tell most. */
function clip(text: string, most: number, focus = ''): string {
  const flat = text.replaceAll(/[ \t]+/g, ' ').trim()
  if (flat.length <= most) return flat
  const at = focus === '' ? -1 : flat.indexOf(focus.replaceAll(/[ \t]+/g, ' '))
  const head = Math.floor(most * 0.35)
  const from = at < 0 ? flat.length - (most - head) : Math.max(head, Math.min(at - 40, flat.length - (most - head)))
  const tail = flat.slice(from, from + most - head)
  return `${flat.slice(0, head)}${from > head ? ' … ' : ''}${tail}${from + tail.length < flat.length ? ' …' : ''}`
}

function sayCause({ cause, object, what, fix, through, alike, untrusted }: Shown, index: number): string[] {
  return [
    `${index + 1}. ${cause} at ${object}${alike ? ` and ${alike} alike` : ''}: ${what}`,
    ...(through && through.length > 0 ? [`   through ${through.join(' > ')}`] : []),
    foreign(`evidence for ${cause}`, untrusted.join('\n')),
    `   Fix: ${fix}`,
  ]
}

/** What Flux does not reconcile is explained again. */
function nextOf({ state, causes }: Explanation, ref: ObjectRef): string {
  const [first] = causes
  if (first) return `do the first fix, then ${isFluxGroup(ref.group) ? `reconcile ${first.through[0] ?? printRef(ref)}` : 'explain again'}`
  if (state === 'going') return 'it is on its way: ask again in a minute'
  return state === 'well' ? 'nothing to do' : 'see get_object'
}
