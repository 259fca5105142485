import { controllerOf, isFluxGroup, shardKey } from '../../engine/controllers.ts'
import { requestedAtKey } from '../../engine/conditions.ts'
import { handsBack, isSuspended } from '../../engine/request.ts'
import { conditionsOf, type KubeObject } from '../../kinds/manifest.ts'
import { at, stringAt } from '../../lib/json.ts'
import { fieldEvidence, type Finding, type Found, healthOf, type Rule } from '../facts.ts'

const patienceMs = 120_000
/** Kinds that no controller writes a status of. */
const isStatic = ({ kind, spec }: KubeObject): boolean =>
  (kind === 'HelmRepository' && spec?.type === 'oci') || kind === 'Alert' || kind === 'Provider'

/** A Flux object that its controller has not looked at: there is none, it is down, or it looks elsewhere. */
export const controllerRule: Rule = (found, facts) => {
  const { object, ref } = found
  if (!object || !isFluxGroup(ref.group) || isStatic(object) || isSuspended(object)) return []
  const served = facts.isServed(ref)
  const behind = behindOf(object)
  const controller = controllerOf(ref.group, ref.kind) ?? `the controller of ${ref.kind}`
  const isDown = facts.all.filter(f => f.role === 'controller' && isNamed(f, controller))
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
      evidence: [behind, ...(shard ? [fieldEvidence(found, `metadata.labels[${shardKey}]`, shard)] : [])].map(e => ({
        ...e,
        object: `${ref.kind}/${ref.namespace ?? ''}/${ref.name}`,
      })),
      strength: 0.9,
    },
  ]
}

function isNamed({ object, ref }: Found, controller: string): boolean {
  return ref.name === controller || object?.metadata.labels?.['app.kubernetes.io/component'] === controller
}

/** What shows that no controller has seen the object as it stands; `undefined` when one has. */
function behindOf(object: KubeObject): { at: string; quote: string; object: string } | undefined {
  const said = (at: string, quote: string): { at: string; quote: string; object: string } => ({ at, quote, object: '' })
  const [generation, observed] = [object.metadata.generation, at(object, 'status', 'observedGeneration')]
  if (conditionsOf(object).length === 0) return said('status.conditions', '(none)')
  if (typeof observed === 'number' && generation !== undefined && observed !== generation)
    return said('status.observedGeneration', `${observed}, metadata.generation: ${generation}`)
  const requested = object.metadata.annotations?.[requestedAtKey]
  const handled = stringAt(object, 'status', 'lastHandledReconcileAt')
  if (requested !== undefined && requested !== handled && handsBack(object))
    return said(`metadata.annotations[${requestedAtKey}]`, `${requested}, status.lastHandledReconcileAt: ${handled ?? '(none)'}`)
  return undefined
}

function down(
  found: Found,
  { controller, behind, isDown }: { controller: string; behind: ReturnType<typeof behindOf>; isDown: readonly Found[] },
): Finding {
  const [deployment] = isDown
  const { ref } = found
  const replicas = at(deployment?.object, 'spec', 'replicas')
  const [ready, wanted] = [at(deployment?.object, 'status', 'readyReplicas') ?? 0, replicas ?? 1]
  return {
    name: deployment ? 'ControllerDown' : 'NoController',
    what: deployment
      ? `${controller} is down: ${replicas === 0 ? 'its Deployment is scaled to zero' : 'its Deployment has no ready pod'}, so ${ref.kind} ${ref.name} is not reconciled`
      : `no ${controller} runs in this cluster, so nobody reconciles ${ref.kind} ${ref.name}`,
    fix: deployment
      ? `bring ${deployment.ref.name} back: ${replicas === 0 ? 'set its replicas to 1' : 'look at its pods and their logs'}`
      : `install Flux with ${controller}, or call reconcile: fluxpilot's own engine runs it where no controller does`,
    evidence: [
      ...(deployment ? [fieldEvidence(deployment, 'status.readyReplicas', `${String(ready)} of ${String(wanted)}`)] : []),
      ...(behind ? [{ ...behind, object: `${ref.kind}/${ref.namespace ?? ''}/${ref.name}` }] : []),
    ],
    strength: behind ? 0.97 : healthOf(found, 0) === 'failing' ? 0.3 : 0.5,
  }
}
