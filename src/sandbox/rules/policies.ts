import type { KubeObject } from '../../kinds/manifest.ts'
import { isObject, type Json, listAt, objectAt, stringAt } from '../../lib/json.ts'
import { type Cause, invalidValue, requiredValue } from '../api/problem.ts'
import { each, fill, type Rule, withSpec } from './rule.ts'

const ingress: Rule = {
  check: o => {
    const { rules, defaultBackend } = objectAt(o, 'spec')
    if (!rules && !defaultBackend) return [invalidValue('spec', null, 'either `defaultBackend` or `rules` must be specified')]
    return listAt(o, 'spec', 'rules').flatMap((rule, i) =>
      listAt(rule, 'http', 'paths').flatMap((path, k) =>
        stringAt(path, 'pathType') ? [] : [requiredValue(`spec.rules[${i}].http.paths[${k}].pathType`, 'pathType must be specified')],
      ),
    )
  },
}

const networkPolicy: Rule = {
  defaults: o => {
    const spec = objectAt(o, 'spec')
    const rules = (list: Json | undefined): Json[] =>
      each(list, r => (r.ports ? { ...r, ports: each(r.ports, p => fill(p, { protocol: 'TCP' })) } : r))
    return withSpec(o, {
      ...spec,
      ...(spec.ingress ? { ingress: rules(spec.ingress) } : {}),
      ...(spec.egress ? { egress: rules(spec.egress) } : {}),
      policyTypes: listAt(spec, 'policyTypes').length > 0 ? (spec.policyTypes ?? []) : ['Ingress', ...(spec.egress ? ['Egress'] : [])],
    })
  },
}

const budget: Rule = {
  check: o => {
    const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy } = objectAt(o, 'spec')
    if (minAvailable === undefined || maxUnavailable === undefined) return []
    const shown = {
      MinAvailable: minAvailable,
      Selector: selector ?? null,
      MaxUnavailable: maxUnavailable,
      UnhealthyPodEvictionPolicy: unhealthyPodEvictionPolicy ?? null,
    }
    return [invalidValue('spec', shown, 'minAvailable and maxUnavailable cannot be both set')]
  },
}

const cpu = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }]
const autoscaler: Rule = {
  defaults: o => {
    const spec = fill(o.spec, { minReplicas: 1 })
    return withSpec(o, listAt(spec, 'metrics').length > 0 ? spec : { ...spec, metrics: cpu })
  },
  check: o => autoscalerProblems(o),
}

function autoscalerProblems(o: KubeObject): Cause[] {
  const { maxReplicas, minReplicas, scaleTargetRef } = objectAt(o, 'spec')
  const target = isObject(scaleTargetRef) ? scaleTargetRef : {}
  return [
    ...(Number(maxReplicas) < Number(minReplicas)
      ? [invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`')]
      : []),
    ...(target.kind === 'Deployment' && !target.apiVersion
      ? [invalidValue('spec.scaleTargetRef.apiVersion', '', 'apiVersion must specify API group')]
      : []),
    ...(Number(maxReplicas) < 1 ? [requiredValue('spec.maxReplicas')] : []),
  ]
}

/** Rules of network, disruption and scaling policies, by `group/Kind`. */
export const policyRules: Readonly<Record<string, Rule>> = {
  'networking.k8s.io/Ingress': ingress,
  'networking.k8s.io/NetworkPolicy': networkPolicy,
  'policy/PodDisruptionBudget': budget,
  'autoscaling/HorizontalPodAutoscaler': autoscaler,
}
