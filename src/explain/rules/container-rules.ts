import { printRef } from '../../kinds/manifest.ts'
import { at, type Json, listAt, stringAt } from '../../lib/json.ts'
import {
  below,
  type Evidence,
  eventEvidence,
  fieldEvidence,
  type Finding,
  type Found,
  type Happening,
  type Rule,
  textAt,
  warning,
} from '../facts.ts'
import { missing } from '../wordings/fetches.ts'
import { crashes, endingShapes } from '../wordings/crashes.ts'
import { pulls } from '../wordings/pods.ts'
import { platforms, setups } from '../wordings/setups.ts'
import { heard } from '../wordings/wording.ts'
import { endOf, type Ended, logEvidence, tellingLines } from './endings.ts'

/** One container of a pod with its status. */
export interface Container {
  readonly pod: Found
  readonly name: string
  readonly status: Json
  readonly at: string
  readonly isInit: boolean
  readonly spec: Json | undefined
}

/** The containers of a pod whose status says that they are not well. */
export const containerRule: Rule = (pod, facts) => {
  if (pod.ref.kind !== 'Pod' || !pod.object || pod.object.metadata.deletionTimestamp) return []
  // A pod that its node ended says why itself: how its containers went then is no cause.
  if (textAt(pod, 'status', 'phase') === 'Failed' && textAt(pod, 'status', 'reason')) return []
  const full = below(pod, facts, 'node').flatMap(node => memoryEvidence(node))
  return containersOf(pod)
    .flatMap(container => faultsOf(container, facts.now).slice(0, 1))
    .map(finding =>
      finding.name === 'OOMKilled'
        ? { ...finding, evidence: [...finding.evidence.slice(0, 1), ...full, ...finding.evidence.slice(1)] }
        : finding,
    )
}

export function containersOf(pod: Found): Container[] {
  const of = (statuses: string, specs: string, isInit: boolean): Container[] =>
    listAt(pod.object, 'status', statuses).map(status => {
      const name = stringAt(status, 'name') ?? ''
      const spec = listAt(pod.object, 'spec', specs).find(c => stringAt(c, 'name') === name)
      const sidecar = stringAt(spec, 'restartPolicy') === 'Always'
      return { pod, name, status, at: `status.${statuses}[${name}]`, isInit: isInit && !sidecar, spec }
    })
  return [
    ...of('initContainerStatuses', 'initContainers', true),
    ...of('containerStatuses', 'containers', false),
    ...of('ephemeralContainerStatuses', 'ephemeralContainers', false).slice(0, 0),
  ]
}

const waitsWell = new Set(['ContainerCreating', 'PodInitializing', ''])
const pullReasons =
  /^(ErrImagePull|ImagePullBackOff|RegistryUnavailable|ErrImageNeverPull|ImageInspectError|SignatureValidationFailed|ErrPull\w*)$/

function faultsOf(container: Container, now: number): Finding[] {
  const reason = stringAt(container.status, 'state', 'waiting', 'reason') ?? ''
  if (reason === 'InvalidImageName') return [invalidName(container)]
  if (pullReasons.test(reason)) return [pullFault(container, reason)]
  if (reason !== '' && reason !== 'CrashLoopBackOff' && !waitsWell.has(reason)) return [setupFault(container, reason)]
  const ended = endOf(container, now)
  return ended ? crashFaults(container, ended) : []
}

function waiting({ pod, at: place, status }: Container): Evidence {
  const { reason, message } = (at(status, 'state', 'waiting') ?? {}) as { reason?: string; message?: string }
  return fieldEvidence(pod, `${place}.state.waiting`, [reason, message].filter(Boolean).join(': '))
}

function imageOf({ status, spec }: Container): string {
  return stringAt(spec, 'image') ?? stringAt(status, 'image') ?? ''
}

function invalidName(container: Container): Finding {
  return {
    name: 'ImageNameInvalid',
    what: `the image of container ${container.name} has a name that is none`,
    fix: `correct the image of container ${container.name}: ${imageOf(container).includes('@') ? 'a digest is @sha256: with 64 hexadecimal digits' : 'REGISTRY/REPOSITORY:TAG in lower case, without scheme'}`,
    evidence: [waiting(container), fieldEvidence(container.pod, `spec.containers[${container.name}].image`, imageOf(container))],
    strength: 1,
  }
}

const unpulled = { what: 'the image cannot be pulled', fix: 'correct the image, its tag, or imagePullSecrets' }
const undigested = {
  what: 'the registry has no image of this digest',
  fix: 'correct the digest in the image (get_image_digest tells that of a tag), or push that image again: registries remove what no tag names',
}

/** The kubelet says why in the state or in an event; an event tells more than `Back-off`. */
function pullFault(container: Container, reason: string): Finding {
  const { pod, name } = container
  if (reason === 'ErrImageNeverPull')
    return {
      name: 'ImageNeverPulled',
      what: `container ${name} has imagePullPolicy Never and the node does not have its image`,
      fix: 'set imagePullPolicy: IfNotPresent, or load the image on the node',
      evidence: [waiting(container)],
      strength: 1,
    }
  const image = imageOf(container)
  const event =
    pullEvent(pod, image) ?? (containersOf(pod).length === 1 ? warning(pod, /^(Failed|ErrImagePull|FailedPull\w*)$/, /pull/i) : undefined)
  const state = stringAt(container.status, 'state', 'waiting', 'message') ?? ''
  const words =
    heard(pulls, withoutName(`${reason}: ${state}`, image), undefined) ??
    (event && heard(pulls, withoutName(event.message, image), undefined))
  const { what, fix } = (words?.name === 'ImageNotFound' && image.includes('@') ? undigested : words) ?? unpulled
  return {
    name: words?.name ?? 'ImagePullFailed',
    what: `container ${name} waits for its image: ${what}`,
    fix,
    evidence: [waiting(container), ...(event ? [eventEvidence(pod, event)] : [])],
    strength: 1,
  }
}

function pullEvent(pod: Found, image: string): Happening | undefined {
  return pod.events
    .filter(
      e => e.type !== 'Normal' && e.message.includes(image) && /pull|resolve|manifest/i.test(e.message) && !/^Back-off/i.test(e.message),
    )
    .toSorted((a, b) => b.message.length - a.message.length || b.at - a.at)[0]
}

/** The name of an image may hold words of its own, such as 404 or denied. */
function withoutName(message: string, image: string): string {
  const [repository = image] = image.split(/[:@](?!.*\/)/)
  return [image, repository].filter(n => n.length > 3).reduce((text, n) => text.replaceAll(n, 'IMAGE'), message)
}

function setupFault(container: Container, reason: string): Finding {
  const { pod, name, status } = container
  const message = stringAt(status, 'state', 'waiting', 'message') ?? warning(pod, /^Failed/)?.message ?? ''
  const local = pod.ref.namespace
  const words = heard([...missing, ...setups], message, local)
  return {
    name:
      reason === 'PostStartHookError'
        ? 'PostStartHookFailed'
        : (words?.name ?? (reason.includes('Config') ? 'ContainerConfigInvalid' : 'ContainerCannotStart')),
    what: `container ${name} cannot start: ${words?.what ?? `${reason}`}`,
    fix: words?.fix ?? 'correct what the message names in the pod template',
    subject: words?.subject,
    evidence: [waiting(container)],
    strength: 1,
  }
}

const signals: Readonly<Record<number, string>> = { 137: ' (SIGKILL)', 139: ' (segmentation fault)' }

function crashFaults(container: Container, ended: Ended): Finding[] {
  const { pod, name, isInit } = container
  const evidence = [ended.evidence, ...logEvidence(pod, name)]
  const said = (finding: Omit<Finding, 'evidence' | 'strength'>, more: Evidence[] = []): Finding[] => [
    { ...finding, evidence: [...more, ...evidence], strength: 1 },
  ]
  const text = [ended.message, ...tellingLines(pod, name)].join('\n')
  const why = heard(crashes, text, undefined)
  const mend = (why ?? heard(endingShapes, text, undefined))?.fix
  const because = why ? `: ${why.what}` : ''
  const place = `${isInit ? 'init container' : 'container'} ${name}`
  if (ended.reason === 'OOMKilled') return said(outOfMemory(container, place))
  const startError = startErrorOf(ended, text)
  if (startError) return said({ ...startError, what: `${place}: ${startError.what}` })
  const probe = killedByHook(pod, name) ?? killedByProbe(pod, name, ended)
  if (probe) return said({ ...probe.finding, what: `${place} ${probe.finding.what}` }, [eventEvidence(pod, probe.event)])
  if (isInit)
    return said({
      name: 'InitContainerFailed',
      what: `init container ${name} fails with exit code ${ended.exitCode}, so the pod cannot start${because}`,
      fix: mend ?? `correct what init container ${name} needs: its log says what (get_logs)`,
    })
  if (ended.exitCode === 0)
    return said({
      name: 'ContainerExits',
      what: `container ${name} ends by itself with exit code 0, again and again`,
      fix: 'run a process that stays (command, args), or use a Job for work that ends',
    })
  if (pod.parent && isOfJob(pod) && textAt(pod, 'status', 'phase') === 'Failed') return []
  const again =
    at(container.status, 'state', 'terminated') !== undefined && at(container.status, 'restartCount') === 0 ? '' : ', again and again'
  const unsaid = why ? undefined : likelyProbe(container, ended)
  if (unsaid) return [{ ...unsaid, evidence: [...unsaid.evidence, ...evidence] }]
  return said({
    name: 'CrashLoop',
    what: `container ${name} fails with exit code ${ended.exitCode}${signals[ended.exitCode] ?? ''}${again}${because}`,
    fix: mend ?? `correct what container ${name} needs: its log says what (get_logs with previous=true)`,
  })
}

/** Who ends a container with a signal again and again, when no event says so any more: most often its probe. */
function likelyProbe({ pod, name, spec, status }: Container, { exitCode, reason }: Ended): Finding | undefined {
  const probe = at(status, 'started') === false && at(spec, 'startupProbe') !== undefined ? 'startupProbe' : 'livenessProbe'
  if (![137, 143].includes(exitCode) || reason !== 'Error' || at(spec, probe) === undefined) return undefined
  return {
    name: probe === 'startupProbe' ? 'StartupProbeFailing' : 'LivenessProbeFailing',
    what: `container ${name} is ended by a signal (exit code ${exitCode}) again and again, as a ${probe} that fails does; no event says why any more`,
    fix: `correct the ${probe} (path, port, initialDelaySeconds, timeoutSeconds, failureThreshold), or what it asks`,
    evidence: [fieldEvidence(pod, `spec.containers[${name}].${probe}`, JSON.stringify(at(spec, probe)).slice(0, 160))],
    strength: 0.8,
  }
}

/** A failed pod of a Job is the Job's to judge: it may try again. */
function isOfJob({ object }: Found): boolean {
  return listAt(object, 'metadata', 'ownerReferences').some(owner => stringAt(owner, 'kind') === 'Job')
}

/** Why a container never came to run its program; `undefined` for one that did. */
function startErrorOf(ended: Ended, text: string): ReturnType<typeof setupWords> {
  const platform = heard(platforms, text, undefined)
  if (platform) return platform
  const words = setupWords(ended) ?? (ended.exitCode === 127 ? setupWords({ ...ended, message: 'executable file not found' }) : undefined)
  return [126, 127, 128].includes(ended.exitCode) || ended.reason !== 'Error' ? words : undefined
}

function setupWords({ message, reason }: Ended): { name: string; what: string; fix: string } | undefined {
  const words = heard(setups, message, undefined)
  return words && (words.name.startsWith('Command') || reason === 'StartError')
    ? { name: words.name, what: words.what, fix: words.fix }
    : undefined
}

function memoryEvidence(node: Found): Evidence[] {
  const event = warning(node, /^SystemOOM$/)
  return event ? [eventEvidence(node, event)] : []
}

function outOfMemory({ name, pod, spec }: Container, place: string): Omit<Finding, 'evidence' | 'strength'> {
  const limit = [spec, at(pod.object, 'spec')].map(s => at(s, 'resources', 'limits', 'memory')).find(l => l !== undefined)
  if (limit === undefined)
    return {
      name: 'OOMKilled',
      what: `${place} has no memory limit and was killed: the node ran out of memory`,
      fix: `set resources.requests.memory of container ${name} near what it uses (and a limit above it), so that it gets a node with that much; lower what it uses, or give the node more memory`,
    }
  return {
    name: 'OOMKilled',
    what: `${place} used more memory than its limit and was killed`,
    fix: `raise resources.limits.memory of container ${name} (now ${String(limit)}), or lower what it uses`,
  }
}

interface Killed {
  readonly finding: Omit<Finding, 'evidence' | 'strength'>
  readonly event: Happening
}

/** A container that the kubelet kills as what it runs after the start fails. */
function killedByHook(pod: Found, name: string): Killed | undefined {
  const event = warning(pod, /^FailedPostStartHook$/)
  if (!event || (containersOf(pod).length > 1 && !event.message.includes(`"${name}"`))) return undefined
  return {
    event,
    finding: {
      name: 'PostStartHookFailed',
      what: 'is killed as its postStart hook fails',
      fix: `correct lifecycle.postStart of container ${name} (its command, and the rights it needs), or do that work in an init container`,
    },
  }
}

/** A container that the kubelet restarts for its liveness or startup probe. */
function killedByProbe(pod: Found, name: string, { exitCode }: Ended): Killed | undefined {
  const failed = warning(pod, /^Unhealthy$/, /^(?:Liveness|Startup) probe/i)
  const ofOther = containersOf(pod).some(c => c.name !== name && failed?.message.includes(`container ${c.name}`))
  const killed = pod.events.find(e => e.reason === 'Killing' && /(?:liveness|startup) probe/i.test(e.message) && e.message.includes(name))
  const event = failed ?? killed
  if (!event || ofOther || (!killed && ![0, 137, 143].includes(exitCode))) return undefined
  const kind = /startup/i.test(event.message) ? 'startup' : 'liveness'
  return {
    event,
    finding: {
      name: kind === 'startup' ? 'StartupProbeFailing' : 'LivenessProbeFailing',
      what: `is restarted as its ${kind} probe fails`,
      fix: `correct the ${kind}Probe (path, port, initialDelaySeconds, timeoutSeconds, failureThreshold), or what it asks: ${printRef(pod.ref)}`,
    },
  }
}
