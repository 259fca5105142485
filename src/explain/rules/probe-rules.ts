import { conditionOf } from '../../kinds/manifest.ts'
import { at, type Json, objectAt, stringAt } from '../../lib/json.ts'
import {
  above,
  conditionEvidence,
  type Evidence,
  eventEvidence,
  type Facts,
  fieldEvidence,
  type Finding,
  type Found,
  type Happening,
  healthOf,
  type Rule,
  warning,
} from '../facts.ts'
import { crashes } from '../wordings/crashes.ts'
import { heard } from '../wordings/wording.ts'
import { type Container, containersOf } from './container-rules.ts'
import { logEvidence, tellingLines } from './endings.ts'

const [persistent, graceMs] = [3, 30_000]

/** Containers that run and that their probes do not accept. One that has just started may still become ready. */
export const probeRule: Rule = (pod, facts) => {
  if (pod.ref.kind !== 'Pod' || !pod.object || pod.object.metadata.deletionTimestamp) return []
  const faults = containersOf(pod).flatMap(container => [...unready(container, facts), ...unlively(container)])
  return faults.length > 0 ? faults : gates(pod, facts)
}

function unready(container: Container, facts: Facts): Finding[] {
  const { pod, name, status, spec, isInit } = container
  if (at(status, 'state', 'running') === undefined || at(status, 'ready') === true || isInit) return []
  const starting = isStarting(container)
  const kind = starting ? 'startup' : 'readiness'
  const event = warning(pod, /^Unhealthy$/, starting ? /^Startup probe/i : /^Readiness probe/i)
  if (!isLasting(container, event, facts)) return []
  const said = heard(crashes, tellingLines(pod, name).join('\n'), undefined)
  return [
    {
      name: starting ? 'StartupProbeFailing' : 'ReadinessProbeFailing',
      what: `container ${name} runs, and its ${kind} probe fails${said ? `; its log speaks of this: ${said.what}` : ''}`,
      fix: `correct the ${kind}Probe of container ${name} (${probeOf(spec, kind)}), or what it asks: ${said?.fix ?? 'get_logs tells what the container does'}`,
      evidence: [
        ...(event ? [eventEvidence(pod, event)] : conditionEvidence(pod, 'ContainersReady')),
        stateOf(container),
        ...(said ? logEvidence(pod, name) : []),
      ],
      strength: event ? 0.95 : 0.8,
    },
  ]
}

/** Whether a container had its time: many failures, a failing workload above it, or more time than its probes ask for. */
function isLasting(container: Container, event: Happening | undefined, facts: Facts): boolean {
  const { pod, status, spec } = container
  const starting = isStarting(container)
  const probe = objectAt(spec, starting && at(spec, 'startupProbe') !== undefined ? 'startupProbe' : 'readinessProbe')
  const number = (key: string, otherwise: number): number => (typeof probe[key] === 'number' ? probe[key] : otherwise)
  const tries = number('failureThreshold', persistent)
  if (event && event.count >= (starting ? Math.max(persistent, tries) : persistent)) return true
  if (above(pod).some(f => hasGivenUp(f, facts))) return true
  const startedAt = Date.parse(stringAt(status, 'state', 'running', 'startedAt') ?? '')
  if (Number.isNaN(startedAt)) return event !== undefined
  const allowed = number('initialDelaySeconds', 0) + number('periodSeconds', 10) * tries
  return facts.now - startedAt > allowed * 1000 + graceMs
}

/** Whether its startup probe has not yet succeeded. */
function isStarting({ status }: Container): boolean {
  return at(status, 'started') === false
}

function hasGivenUp(found: Found, { now }: Facts): boolean {
  return conditionOf(found.object, 'Progressing')?.status === 'False' || healthOf(found, now) === 'failing'
}

function probeOf(spec: Json | undefined, kind: string): string {
  const probe = objectAt(spec, `${kind}Probe`)
  const http = objectAt(probe, 'httpGet')
  const place = stringAt(http, 'path') ?? '/'
  const [httpPort, tcpPort] = [at(http, 'port'), at(probe, 'tcpSocket', 'port')]
  if (httpPort !== undefined)
    return /^[\w./-]{1,60}$/.test(place) ? `httpGet ${place} on port ${String(httpPort)}` : `httpGet on port ${String(httpPort)}`
  if (tcpPort !== undefined) return `tcpSocket port ${String(tcpPort)}`
  return probe.exec === undefined ? 'path, port, delays' : 'its command, delays'
}

function stateOf({ pod, at: place, status }: Container): Evidence {
  const [ready, restarts] = [at(status, 'ready'), at(status, 'restartCount')]
  return fieldEvidence(pod, place, `ready: ${String(ready)}, restartCount: ${String(restarts ?? 0)}, running`)
}

/** A container that runs again after its liveness probe failed, and will fail it again. */
function unlively(container: Container): Finding[] {
  const { pod, name, status } = container
  const event = warning(pod, /^Unhealthy$/, /^Liveness probe/i)
  const startedAt = Date.parse(stringAt(status, 'state', 'running', 'startedAt') ?? '')
  if (!event || Number.isNaN(startedAt) || containersOf(pod).length > 1) return []
  const restarts = at(status, 'restartCount')
  const goesOn = event.at === 0 || event.at >= startedAt || at(status, 'ready') === false
  if (!goesOn || event.count < persistent || typeof restarts !== 'number' || restarts < 2) return []
  return [
    {
      name: 'LivenessProbeFailing',
      what: `container ${name} is restarted again and again as its liveness probe fails`,
      fix: `correct the livenessProbe of container ${name} (${probeOf(container.spec, 'liveness')}; initialDelaySeconds, timeoutSeconds), or what it asks`,
      evidence: [eventEvidence(pod, event), stateOf(container)],
      strength: 0.95,
    },
  ]
}

/** Conditions that others have to set before the pod counts as ready. */
function gates(pod: Found, facts: Facts): Finding[] {
  const ready = conditionOf(pod.object, 'Ready')
  if (ready?.reason !== 'ReadinessGatesNotReady' || !above(pod).some(f => hasGivenUp(f, facts))) return []
  return [
    {
      name: 'ReadinessGateClosed',
      what: 'all containers are ready, and a readiness gate of the pod is not',
      fix: 'look at the controller that sets the condition named in spec.readinessGates (load balancer, service mesh)',
      evidence: conditionEvidence(pod, 'Ready'),
      strength: 0.8,
    },
  ]
}
