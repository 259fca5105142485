import { timestamp } from '../../engine/conditions.ts'
import { type KubeObject } from '../../kinds/manifest.ts'
import { type Json, type JsonObject, listAt, stringAt } from '../../lib/json.ts'
import type { Action, Controller } from './action.ts'
import { conditions, statusAction } from './common.ts'

/** How the simulated kubelet fares with a container. */
type Fate = 'runs' | 'completes' | 'cannot-pull' | 'crashes' | 'never-ready'

/** The first rule that fits decides. Hosts below `.invalid` exist nowhere (RFC 2606). */
const rules: readonly { readonly fits: (container: Json, pod: KubeObject) => boolean; readonly fate: Fate }[] = [
  { fits: c => /^[^/]*\.invalid(:\d+)?\//.test(stringAt(c, 'image') ?? ''), fate: 'cannot-pull' },
  { fits: c => endsBadly(listAt(c, 'command')), fate: 'crashes' },
  { fits: c => endsBadly(listAt(c, 'readinessProbe', 'exec', 'command')), fate: 'never-ready' },
  { fits: (_, pod) => stringAt(pod, 'spec', 'restartPolicy') !== 'Always', fate: 'completes' },
  { fits: () => true, fate: 'runs' },
]

function endsBadly(command: Json[]): boolean {
  const [first, ...rest] = command.map(String)
  return first === 'false' || first === '/bin/false' || /\bexit [1-9]/.test(rest.join(' '))
}

function fateOf(container: Json, pod: KubeObject): Fate {
  return rules.find(r => r.fits(container, pod))?.fate ?? 'runs'
}

/** Schedules, pulls and starts at once; what fails keeps failing. */
export const pods: Controller = (pod, { now }) => {
  if (pod.metadata.deletionTimestamp) return []
  const containers = listAt(pod, 'spec', 'containers')
  const fates = containers.map(c => fateOf(c, pod))
  const startedAt = stringAt(pod, 'status', 'startTime') ?? timestamp(now)
  const ready = fates.every(f => f === 'runs')
  const done = fates.every(f => f === 'completes')
  const crashed = fates.includes('crashes') && stringAt(pod, 'spec', 'restartPolicy') === 'Never'
  const phase = done ? 'Succeeded' : crashed ? 'Failed' : fates.includes('cannot-pull') ? 'Pending' : 'Running'
  const notReady = {
    reason: done ? 'PodCompleted' : 'ContainersNotReady',
    message: done
      ? ''
      : `containers with unready status: [${containers
          .filter((_, i) => fates[i] !== 'runs')
          .map(c => stringAt(c, 'name'))
          .join(' ')}]`,
  }
  const readiness = (type: string) =>
    ready ? ({ type, status: 'True', reason: '', message: '' } as const) : ({ type, status: 'False', ...notReady } as const)
  const fixed = (type: string) => ({ type, status: 'True', reason: '', message: '' }) as const
  const drafts = [fixed('Initialized'), readiness('Ready'), readiness('ContainersReady'), fixed('PodScheduled')]
  const status: JsonObject = {
    phase,
    startTime: startedAt,
    podIP: phase === 'Running' ? addressOf(pod) : null,
    conditions: conditions(pod, drafts, { now }).map(withoutEmpty),
    containerStatuses: containers.map((c, i) =>
      containerStatus(c, { fate: fates[i] ?? 'runs', startedAt, never: stringAt(pod, 'spec', 'restartPolicy') === 'Never' }),
    ),
  }
  return [...statusAction(pod, status), ...(pod.status?.startTime ? [] : firstEvents(pod, { containers, fates }))]
}

function withoutEmpty(condition: Json): Json {
  return Object.fromEntries(Object.entries(condition as JsonObject).filter(([, v]) => v !== ''))
}

function containerStatus(container: Json, { fate, startedAt, never }: { fate: Fate; startedAt: string; never: boolean }): JsonObject {
  const image = stringAt(container, 'image') ?? ''
  const common = { name: stringAt(container, 'name') ?? '', image, imageID: '', restartCount: fate === 'crashes' && !never ? 1 : 0 }
  const ended = (exitCode: number, reason: string): JsonObject => ({ terminated: { exitCode, reason, startedAt, finishedAt: startedAt } })
  switch (fate) {
    case 'runs':
      return { ...common, ready: true, started: true, state: { running: { startedAt } } }
    case 'never-ready':
      return { ...common, ready: false, started: true, state: { running: { startedAt } } }
    case 'completes':
      return { ...common, ready: false, started: false, state: ended(0, 'Completed') }
    case 'cannot-pull':
      return {
        ...common,
        ready: false,
        started: false,
        state: { waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}"` } },
      }
    case 'crashes':
      return never
        ? { ...common, ready: false, started: false, state: ended(1, 'Error') }
        : {
            ...common,
            ready: false,
            started: false,
            state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off restarting failed container' } },
            lastState: ended(1, 'Error'),
          }
  }
}

type Said = readonly [type: 'Normal' | 'Warning', reason: string, message: string]

function firstEvents(pod: KubeObject, { containers, fates }: { containers: readonly Json[]; fates: readonly Fate[] }): Action[] {
  const event = ([type, reason, message]: Said, component: string): Action => ({
    do: 'event',
    about: pod,
    type,
    reason,
    message,
    component,
  })
  const placed = `Successfully assigned ${pod.metadata.namespace}/${pod.metadata.name} to sandbox`
  return [
    event(['Normal', 'Scheduled', placed], 'default-scheduler'),
    ...containers.flatMap((c, i) =>
      containerEvents(c, { fate: fates[i] ?? 'runs', pod: pod.metadata.name }).map(said => event(said, 'kubelet')),
    ),
  ]
}

function containerEvents(container: Json, { fate, pod }: { fate: Fate; pod: string }): Said[] {
  const image = stringAt(container, 'image') ?? ''
  const name = stringAt(container, 'name') ?? ''
  const started: Said = ['Normal', 'Started', `Started container ${name}`]
  switch (fate) {
    case 'cannot-pull':
      return [
        ['Warning', 'Failed', `Failed to pull image "${image}": failed to resolve reference "${image}": no such host`],
        ['Warning', 'BackOff', `Back-off pulling image "${image}"`],
      ]
    case 'crashes':
      return [started, ['Warning', 'BackOff', `Back-off restarting failed container ${name} in pod ${pod}`]]
    case 'never-ready':
      return [started, ['Warning', 'Unhealthy', 'Readiness probe failed: ']]
    case 'runs':
    case 'completes':
      return [['Normal', 'Pulled', `Container image "${image}" already present on machine`], started]
  }
}

function addressOf(pod: KubeObject): string {
  const n = [...(pod.metadata.uid ?? pod.metadata.name)].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) % 64_000, 7)
  return `10.244.${Math.floor(n / 254)}.${(n % 254) + 1}`
}
