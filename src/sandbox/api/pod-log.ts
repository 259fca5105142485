import { timestamp } from '../../engine/conditions.ts'
import type { KubeObject } from '../../kinds/manifest.ts'
import { type Json, at, listAt, stringAt } from '../../lib/json.ts'
import type { Answer, Api, Asked } from './handlers.ts'
import { problems } from './problem.ts'
import { existing } from './schema/render.ts'

/** What a container of this pod wrote, when nothing else says so. `CONTAINER` may follow after a slash. */
const annotation = 'sandbox.fluxpilot.dev/log'

/** The log of a simulated container: what the pod's annotation says, else what its state lets expect. @throws {ApiProblem} */
export function podLog(api: Api, { path, query, resource, request }: Asked): Answer {
  if (request.method !== 'GET') throw problems.method()
  const pod = existing(api, { resource, namespace: path.namespace, name: path.name ?? '' })
  const name = containerOf(pod, query.get('container'))
  const status = [...listAt(pod, 'status', 'containerStatuses'), ...listAt(pod, 'status', 'initContainerStatuses')].find(
    c => stringAt(c, 'name') === name,
  )
  const previous = ['true', '1'].includes(query.get('previous') ?? '')
  const waiting = stringAt(status, 'state', 'waiting', 'reason')
  if (previous && at(status, 'lastState', 'terminated') === undefined)
    throw problems.badRequest(`previous terminated container "${name}" in pod "${pod.metadata.name}" not found`)
  if (!previous && (status === undefined || (waiting !== undefined && at(status, 'lastState', 'terminated') === undefined)))
    throw problems.badRequest(`container "${name}" in pod "${pod.metadata.name}" is waiting to start: ${waiting ?? 'ContainerCreating'}`)
  const annotations = pod.metadata.annotations
  const given = annotations?.[`${annotation}.${name}`] ?? annotations?.[annotation]
  const lines = given === undefined ? plausible(name, status) : given.replace(/\n$/, '').split('\n')
  return { status: 200, body: shown(lines, query, timeOf(status, pod, api)) }
}

/** @throws {ApiProblem} BadRequest, as a kubelet words it. */
function containerOf(pod: KubeObject, asked: string | null): string {
  const names = ['containers', 'initContainers'].flatMap(key => listAt(pod, 'spec', key).flatMap(c => stringAt(c, 'name') ?? []))
  const { name } = pod.metadata
  if (asked) {
    if (names.includes(asked)) return asked
    throw problems.badRequest(`container ${asked} is not valid for pod ${name}`)
  }
  const [only, other] = listAt(pod, 'spec', 'containers').flatMap(c => stringAt(c, 'name') ?? [])
  if (only === undefined || other !== undefined)
    throw problems.badRequest(`a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`)
  return only
}

function plausible(name: string, status: Json | undefined): string[] {
  const ended = at(status, 'state', 'terminated') ?? at(status, 'lastState', 'terminated')
  const code = at(ended, 'exitCode')
  const starts = `${name}: starting ${stringAt(status, 'image') ?? ''}`
  if (typeof code === 'number' && code > 0) return [starts, `${name}: fatal: command failed, exit code ${code}`]
  if (code === 0) return [starts, `${name}: done`]
  return at(status, 'ready') === false ? [starts, `${name}: not ready to serve`] : [starts, `${name}: ready to serve`]
}

function timeOf(status: Json | undefined, pod: KubeObject, api: Api): string {
  return (
    stringAt(status, 'state', 'running', 'startedAt') ??
    stringAt(status, 'state', 'terminated', 'startedAt') ??
    stringAt(status, 'lastState', 'terminated', 'startedAt') ??
    pod.metadata.creationTimestamp ??
    timestamp(api.clock.now())
  )
}

function shown(lines: readonly string[], query: URLSearchParams, time: string): string {
  const number = (key: string): number | undefined => {
    const value = query.get(key)
    return value !== null && /^\d+$/.test(value) ? Number(value) : undefined
  }
  const tail = number('tailLines')
  const kept = tail === undefined ? lines : tail === 0 ? [] : lines.slice(-tail)
  const stamped = query.get('timestamps') === 'true' ? kept.map(line => `${time.replace('Z', '.000000000Z')} ${line}`) : kept
  const text = stamped.map(line => `${line}\n`).join('')
  return text.slice(0, number('limitBytes') ?? text.length)
}
