import { controllerOf, isFluxGroup, shardKey } from '../../engine/controllers.ts'
import { requestedAtKey } from '../../engine/conditions.ts'
import { handsBack, isSuspended } from '../../engine/request.ts'
import { conditionsOf, type KubeObject } from '../../kinds/manifest.ts'
import { at, stringAt } from '../../lib/json.ts'
import { statementsOf } from '../statements.ts'
import { type Evidence, fieldEvidence, type Finding, type Found, healthOf, type Rule } from '../facts.ts'

const patienceMs = 120_000
/** Kinds that no controller writes a status of. */
const isStatic = ({ kind, spec }: KubeObject): boolean =>
  (kind === 'HelmRepository' && spec?.type === 'oci') || kind === 'Alert' || kind === 'Provider'

/** A Flux object that its controller has not looked at: there is none, it is down, or it looks elsewhere. */
export const controllerRule: Rule = (found, facts) => {
  const { object, ref } = found
  if (!object || !isFluxGroup(ref.group) || isStatic(object) || isSuspended(object)) return []
  const own = facts.ownEngine(found)
  if (own === 'acted') return []
  const served = facts.isServed(ref)
  const behind = behindOf(object)
  const controller = controllerOf(ref.group, ref.kind) ?? `the controller of ${ref.kind}`
  const isDown = facts.all.filter(f => f.role === 'controller' && isNamed(f, controller))
  if (own === 'asked' && isDown.length === 0) return behind ? [unasked(found, { controller, behind })] : []
  if (served === false) return behind || isDown.length > 0 ? [down(found, { controller, behind, isDown })] : []
  const age = facts.now - Date.parse(object.metadata.creationTimestamp ?? '')
  if (served !== true || behind === undefined || !(age > patienceMs)) return []
  const shard = object.metadata.labels?.[shardKey]
  return [
    {
      name: 'NoController',
      what: shard
        ? `no controller of shard ${/^[\w.-]+$/.test(shard) ? shard : ''} looks at ${ref.kind} ${ref.name}`
        : `${controller} runs and has not looked at ${ref.kind} ${ref.name}`,
      fix: shard
        ? `run ${controller} with --watch-label-selector=${shardKey}=KEY for this shard, or take the label off`
        : `check that ${controller} watches this namespace (--watch-all-namespaces, --watch-label-selector) and is not stuck (its log)`,
      evidence: [
        fieldEvidence(found, behind.at, behind.quote),
        ...(shard ? [fieldEvidence(found, `metadata.labels[${shardKey}]`, shard)] : []),
      ],
      strength: 0.9,
    },
  ]
}

function isNamed({ object, ref }: Found, controller: string): boolean {
  return ref.name === controller || object?.metadata.labels?.['app.kubernetes.io/component'] === controller
}

/** An object that our own engine reconciles as soon as somebody asks for it. */
function unasked(found: Found, { controller, behind }: { controller: string; behind: Behind }): Finding {
  const { kind, name } = found.ref
  return {
    name: 'NotReconciled',
    what: `nobody has reconciled ${kind} ${name} as it stands: no ${controller} runs here, and fluxpilot's own engine does so when asked`,
    fix: `call reconcile for ${kind} ${name}: fluxpilot's own engine runs it`,
    evidence: [fieldEvidence(found, behind.at, behind.quote)],
    strength: 0.97,
  }
}

interface Behind {
  readonly at: string
  readonly quote: string
}

/** What shows that nobody has seen the object as it stands; `undefined` when somebody has. A failing run says so by its conditions alone. */
function behindOf(object: KubeObject): Behind | undefined {
  const said = (at: string, quote: string): Behind => ({ at, quote })
  const [generation, observed] = [object.metadata.generation, at(object, 'status', 'observedGeneration')]
  const conditions = conditionsOf(object)
  if (conditions.length === 0) return said('status.conditions', '(none)')
  const isSeen = conditions.some(c => c.observedGeneration === generation)
  if (typeof observed === 'number' && generation !== undefined && observed !== generation && !isSeen)
    return said('status.observedGeneration', `${observed}, metadata.generation: ${generation}`)
  const requested = object.metadata.annotations?.[requestedAtKey]
  const handled = stringAt(object, 'status', 'lastHandledReconcileAt')
  if (requested !== undefined && requested !== handled && handsBack(object))
    return said(`metadata.annotations[${requestedAtKey}]`, `${requested}, status.lastHandledReconcileAt: ${handled ?? '(none)'}`)
  return undefined
}

/** Where what leads to an object says that it asked its controller in vain. */
function askedInVain({ parent }: Found, controller: string): Evidence[] {
  const said = parent ? statementsOf(parent).filter(s => s.message.includes(`//${controller}.`)) : []
  return said.slice(0, 1).map(s => s.evidence)
}

function down(
  found: Found,
  { controller, behind, isDown }: { controller: string; behind: Behind | undefined; isDown: readonly Found[] },
): Finding {
  const [deployment] = isDown
  const { ref } = found
  const inVain = askedInVain(found, controller)
  const replicas = at(deployment?.object, 'spec', 'replicas')
  const [ready, wanted] = [at(deployment?.object, 'status', 'readyReplicas') ?? 0, replicas ?? 1]
  return {
    name: deployment ? 'ControllerDown' : 'NoController',
    what: deployment
      ? `${controller} is down: ${replicas === 0 ? 'its Deployment is scaled to zero' : 'its Deployment has no ready pod'}, so ${ref.kind} ${ref.name} is not reconciled`
      : `no ${controller} runs in this cluster, so nobody reconciles ${ref.kind} ${ref.name}`,
    fix: deployment
      ? `bring ${deployment.ref.name} back: ${replicas === 0 ? 'set its replicas to 1' : 'look at its pods and their logs'}`
      : `install Flux with ${controller}, or let fluxpilot's own engine act (--engine auto) if it reconciles ${ref.kind}`,
    subject: deployment?.ref,
    evidence: [
      ...(deployment ? [fieldEvidence(deployment, 'status.readyReplicas', `${String(ready)} of ${String(wanted)}`)] : []),
      ...(behind ? [fieldEvidence(found, behind.at, behind.quote)] : []),
      ...inVain,
    ],
    strength: behind || inVain.length > 0 ? 0.97 : healthOf(found, 0) === 'failing' ? 0.3 : 0.5,
  }
}
