import type { Json, JsonObject } from '../../src/lib/json.ts'
import { kustomization, ksRef, type Scenario, type Step, type Story, told } from './scenarios.ts'

const config = (namespace: string, data: JsonObject): Record<string, string> => ({
  'a.yaml': JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one', namespace }, data } satisfies Json),
})
const judged = (...checks: JsonObject[]): JsonObject => ({
  wait: true,
  timeout: '30s',
  retryInterval: '1h',
  healthCheckExprs: checks.map(check => ({ apiVersion: 'v1', kind: 'ConfigMap', ...check })),
})
const byPhase = { current: "data.phase == 'Ready'", failed: "data.phase == 'Broken'", inProgress: "data.phase == 'Busy'" }

/** A dependency that is not Ready, as its source is missing, beside a dependant with these expressions in turn. */
function depending(namespace: string, ...expressions: string[]): Step[] {
  const base = kustomization(namespace, { interval: '90m', force: false, sourceRef: { kind: 'OCIRepository', name: 'none' } }, 'base')
  const dependant = (readyExpr: string): Step => ({
    apply: [kustomization(namespace, { retryInterval: '1h', dependsOn: [{ name: 'base', readyExpr }] }, 'next')],
    run: [ksRef(namespace, 'next')],
  })
  return [{ apply: [base], run: [ksRef(namespace, 'base')] }, ...expressions.map(dependant)]
}

const stories: readonly Story[] = [
  {
    name: 'cel-current',
    files: n => config(n, { phase: 'Ready' }),
    ks: judged(byPhase),
    more: n => [{ push: config(n, { phase: 'Broken' }) }, { push: config(n, { phase: 'Ready', more: '1' }) }],
  },
  { name: 'cel-in-progress', files: n => config(n, { phase: 'Busy' }), ks: judged(byPhase) },
  { name: 'cel-missing', files: n => config(n, { current: 'x' }), ks: judged({ current: "data.currentt == 'x'" }) },
  { name: 'cel-no-boolean', files: n => config(n, { phase: 'Ready' }), ks: judged({ current: 'data.phase' }) },
  {
    name: 'cel-invalid',
    files: n => config(n, { phase: 'Ready' }),
    ks: judged({ current: 'true', inProgress: 'foo.' }),
    more: n => [
      { apply: [kustomization(n, judged({ current: '' }))], run: [ksRef(n)] },
      { apply: [kustomization(n, judged({ current: 'data.phase.matches("(")' }))], run: [ksRef(n)] },
      { apply: [kustomization(n, judged(byPhase))], run: [ksRef(n)] },
    ],
  },
  {
    name: 'cel-ready-expr',
    files: n => config(n, { phase: 'Ready' }),
    watched: ['base', 'next'],
    more: n =>
      depending(n, 'dep.metadata.generation == 7', 'dep.status.nope == "x"', 'dep.metadata.generation == self.metadata.generation - 2'),
  },
  {
    name: 'cel-ready-typed',
    files: n => config(n, { phase: 'Ready' }),
    watched: ['base', 'next'],
    more: n =>
      depending(
        n,
        'dep.kind == "Kustomization"',
        'dep.spec.force == false',
        'dep.spec.suspend == false',
        'self.kind == "Kustomization" && dep.spec.interval == "1h30m0s" && dep.spec.prune && has(dep.status.conditions)',
      ),
  },
  {
    name: 'cel-ready-invalid',
    files: n => config(n, { phase: 'Ready' }),
    watched: ['base', 'next'],
    more: n => depending(n, 'dep.', 'dep.status.ready', 'nope.spec.prune'),
  },
]

/** What CEL decides, beside Flux. */
export function expressionScenarios(registry: string): Scenario[] {
  return told(stories, registry)
}
