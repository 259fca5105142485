import { at, equal, isObject, type Json, listAt, stringAt } from '../../../src/lib/json.ts'
import { ask, type Server, speak } from './talk.ts'

const aggregated = { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json' }

/** What the sandbox says it serves and the real server says otherwise: it serves less, but nothing in another way. */
export async function unlikeDiscovery({ real, sandbox }: { real: Server; sandbox: Server }): Promise<string[]> {
  const groups = await speak(sandbox, ask.get('/apis'), [])
  const paths = listAt(groups.body, 'groups').flatMap(g => listAt(g, 'versions').map(v => `/apis/${stringAt(v, 'groupVersion')}`))
  const lists = await Promise.all(['/api/v1', ...paths].map(path => compared({ real, sandbox }, path, {})))
  const whole = await Promise.all(['/api', '/apis'].map(path => compared({ real, sandbox }, path, aggregated)))
  return [...lists, ...whole].flat()
}

async function compared({ real, sandbox }: { real: Server; sandbox: Server }, path: string, more: object): Promise<string[]> {
  const [theirs, ours] = await Promise.all([real, sandbox].map(server => speak(server, ask.get(path, more), [])))
  if (theirs?.type !== ours?.type) return [`${path}: real ${theirs?.type}, ours ${ours?.type}`]
  return within(path, theirs?.body, ours?.body)
}

/** Lists of named things are compared by name, lists of words as sets. */
function within(path: string, real: Json | undefined, ours: Json | undefined): string[] {
  if (Array.isArray(ours)) return Array.isArray(real) ? list(path, real, ours) : [`${path}: real nothing`]
  if (isObject(ours)) return Object.entries(ours).flatMap(([key, value]) => within(`${path}.${key}`, at(real, key), value))
  return equal(real ?? null, ours ?? null) ? [] : [`${path}: real ${JSON.stringify(real)}, ours ${JSON.stringify(ours)}`]
}

function list(path: string, real: Json[], ours: Json[]): string[] {
  if (ours.every(item => typeof item === 'string'))
    return equal(real.toSorted(), ours.toSorted()) ? [] : [`${path}: real ${real.join()}, ours ${ours.join()}`]
  return ours.flatMap(item =>
    within(
      `${path}[${nameOf(item)}]`,
      real.find(other => nameOf(other) === nameOf(item)),
      item,
    ),
  )
}

function nameOf(item: Json): string {
  return (
    stringAt(item, 'name') ??
    stringAt(item, 'resource') ??
    stringAt(item, 'subresource') ??
    stringAt(item, 'metadata', 'name') ??
    stringAt(item, 'version') ??
    ''
  )
}
