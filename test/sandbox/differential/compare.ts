import { equal, isObject, type Json } from '../../../src/lib/json.ts'
import { normal } from './normal.ts'
import { type Conversation, type Said, type Server, speak, type Step } from './talk.ts'

/** Holds a conversation with both servers. Answers what differs, a line each; empty when nothing does. `silent`: warnings are not compared. */
export async function differences(
  [, steps]: Conversation,
  servers: { real: Server; sandbox: Server },
  { namespace, silent = false }: { namespace: string; silent?: boolean },
): Promise<string[]> {
  const placed = steps.map(step => inNamespace(step, namespace))
  const [real, sandbox] = await Promise.all([answers(servers.real, placed), answers(servers.sandbox, placed)])
  return placed.flatMap((step, i) => {
    if (step.unlike !== undefined) return []
    const lines = unequal('', normalised(real[i], silent), normalised(sandbox[i], silent))
    return lines.length === 0
      ? []
      : [`${i + 1}. ${step.method} ${typeof step.path === 'string' ? step.path : '(computed)'}`, ...lines.map(l => `     ${l}`)]
  })
}

function inNamespace(step: Step, namespace: string): Step {
  const { path } = step
  const placed = (text: string): string => text.replaceAll('NS', namespace)
  return { ...step, path: typeof path === 'string' ? placed(path) : before => placed(path(before)) }
}

async function answers(server: Server, steps: readonly Step[]): Promise<Said[]> {
  const before: Said[] = []
  for (const step of steps) before.push(await speak(server, step, before))
  return before
}

function normalised(said: Said | undefined, silent: boolean): Json {
  return said ? { ...normal(said), ...(silent ? { warning: '' } : {}) } : null
}

function unequal(path: string, real: Json | undefined, ours: Json | undefined): string[] {
  if (equal(real ?? null, ours ?? null)) return []
  if (isObject(real) && isObject(ours))
    return [...new Set([...Object.keys(real), ...Object.keys(ours)])].flatMap(key => unequal(`${path}.${key}`, real[key], ours[key]))
  if (Array.isArray(real) && Array.isArray(ours) && real.length === ours.length)
    return real.flatMap((item, i) => unequal(`${path}[${i}]`, item, ours[i]))
  return [`${path}: real ${shown(real)}`, `${' '.repeat(path.length)} ours ${shown(ours)}`]
}

function shown(value: Json | undefined): string {
  return value === undefined ? 'nothing' : JSON.stringify(value)
}
