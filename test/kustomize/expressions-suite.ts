import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conditionOf, type KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { KernelError } from '../../src/world/kernel/error.ts'
import type { Kernel } from '../../src/world/kernel/kernel.ts'
import { verifies } from '../conformance/verifies.ts'
import { timeless } from '../support/texts.ts'
import { config, deployment, object, pod } from './objects.ts'
import type { Server } from './servers.ts'
import { idsOf, leaping, readyOf, signal, type Stage, type Turn } from './stage.ts'

const exprs = (kind: string, expressions: Record<string, string>, apiVersion = 'v1'): JsonObject => ({ apiVersion, kind, ...expressions })
const byPhase = exprs('ConfigMap', {
  current: "data.phase == 'Ready'",
  failed: "data.phase == 'Broken'",
  inProgress: "data.phase == 'Busy'",
})
const terminal = 'Reconciliation failed terminally due to configuration error: '
const timedOut = (what: string): string => `False HealthCheckFailed: health check failed after T: timeout waiting for: [${what}]`

/** CEL in Kustomizations, against any Kubernetes API. Spec: kustomization 3.2, 9.3. */
export function expressionCases({ stage, cluster }: Server, kernel: Kernel): void {
  const shipped = async (s: Stage, data: Record<string, string>, checks: JsonObject[], turn: Turn = {}): Promise<string> =>
    timeless(readyOf(await s.ship([config(s.namespace, 'one', data)], { wait: true, healthCheckExprs: checks }, turn)))

  test('objects are healthy when their expressions say so, and fail when they say that', async () => {
    const s = await stage('cel-phases')
    assert.equal(await shipped(s, { phase: 'Ready' }, [byPhase]), 'True ReconciliationSucceeded: Applied revision: v1')
    const broken = 'False HealthCheckFailed: health check failed after T: failed early due to stalled resources: '
    assert.equal(await shipped(s, { phase: 'Broken' }, [byPhase]), `${broken}[ConfigMap/cel-phases/one status: 'Failed']`)
    for (const phase of ['Busy', 'Else'])
      assert.equal(await shipped(s, { phase }, [byPhase], { clock: leaping() }), timedOut("ConfigMap/cel-phases/one status: 'InProgress'"))
  })

  verifies('kustomization/H17', 'an object that an expression cannot be evaluated over is waited for to the timeout', async () => {
    const s = await stage('cel-missing')
    const why = "failed to evaluate the CEL expression 'data.currentt': no such key: currentt"
    assert.equal(
      await shipped(s, { current: 'x' }, [exprs('ConfigMap', { current: 'data.currentt' })], { clock: leaping() }),
      timedOut(`ConfigMap/cel-missing/one status: 'Unknown': ${why}`),
    )
    assert.match(await shipped(s, { current: 'x' }, [exprs('ConfigMap', { current: "data.current == 'x'" })]), /^True /)
  })

  test('a wait ends when an object becomes what the expressions ask for', async () => {
    const s = await stage('cel-later')
    const edits: Promise<unknown>[] = []
    const progress = (note: string): void => {
      if (edits.length === 0 && note.startsWith('waiting for')) edits.push(s.edit(config(s.namespace, 'one'), { data: { phase: 'Ready' } }))
    }
    assert.match(await shipped(s, { phase: 'Busy' }, [byPhase], { progress }), /^True /)
    assert.equal(edits.length, 1)
  })

  verifies('kustomization/H20', 'without `current` the spec is wrong', async () => {
    const s = await stage('cel-h20')
    const ks = await s.ship([config('cel-h20', 'one')], { healthCheckExprs: [exprs('ConfigMap', { current: '' })] })
    const message = `${terminal}failed to create custom status evaluator for healthchecks[0]: expression Current not specified`
    assert.equal(readyOf(ks), `False InvalidCELExpression: ${message}`)
  })

  verifies(
    'kustomization/H21',
    'an expression that does not compile stalls the object before anything else, and is not retried',
    async () => {
      const s = await stage('cel-h21')
      await s.apply(config('cel-h21', 'one', { key: 'live' }))
      const wrong = exprs('ConfigMap', { current: 'true', inProgress: 'foo.' })
      const ks = await s.ship([config('cel-h21', 'one')], { healthCheckExprs: [wrong], sourceRef: { kind: 'OCIRepository', name: 'none' } })
      const message = `${terminal}failed to create custom status evaluator for healthchecks[0]: failed to parse the expression InProgress: failed to parse the CEL expression 'foo.': ERROR: <input>:1:5: Syntax error: no viable alternative at input '.'\n | foo.\n | ....^`
      assert.equal(readyOf(ks), `False InvalidCELExpression: ${message}`)
      assert.equal(conditionOf(ks, 'Stalled')?.reason, 'InvalidCELExpression')
      assert.equal(conditionOf(ks, 'Stalled')?.message, message)
      assert.equal(ks.status?.observedGeneration, ks.metadata.generation)
      assert.deepEqual(await s.events(), [`Warning InvalidCELExpression ${message}`])
      assert.deepEqual([idsOf(ks), (await s.get(config('cel-h21', 'one')))?.data], [[], { key: 'live' }])
      const driven = await s.pass()
      assert.equal(driven.is === 'done' && driven.settled.requeueMs, undefined)
      assert.match(await shipped(s, { phase: 'Ready' }, [byPhase]), /^True /)
    },
  )

  verifies('kustomization/H28', 'the first expressions of a kind count, in any version; later ones are not even compiled', async () => {
    const s = await stage('cel-first')
    const checks = [
      exprs('ConfigMap', { current: "data.phase == 'Ready'" }, 'v1beta7'),
      exprs('ConfigMap', { current: 'false', failed: 'no.' }),
    ]
    assert.match(await shipped(s, { phase: 'Ready' }, checks), /^True /)
  })

  verifies('kustomization/H29.1', 'expressions replace what is known of Deployments and their like', async () => {
    const s = await stage('cel-replaces')
    const broken = deployment(s.namespace, 'web', { progressDeadlineSeconds: 1 }, 'registry.invalid/app:1')
    const checks = [exprs('Deployment', { current: 'spec.replicas == 1' }, 'apps/v1')]
    assert.match(readyOf(await s.ship([broken], { wait: true, healthCheckExprs: checks })), /^True /)
  })

  verifies('kustomization/H29.2', 'expressions for Jobs do nothing: Flux has its own rule for them', async () => {
    const s = await stage('cel-jobs')
    const template = { ...pod('slow'), spec: { containers: [{ name: 'a', image: 'example.com/a:1' }], restartPolicy: 'Never' } }
    const job = object('batch/v1 Job', { namespace: s.namespace, name: 'slow' }, { spec: { suspend: true, template } })
    const ks = await s.ship([job], { wait: true, healthCheckExprs: [exprs('Job', { current: 'true' }, 'batch/v1')] }, { clock: leaping() })
    assert.equal(timeless(readyOf(ks)), timedOut("Job/cel-jobs/slow status: 'InProgress'"))
  })

  test('expressions hold for the wait between stages too, and are not asked for what nobody waits for', async () => {
    const s = await stage('cel-stages')
    const first = object('v1 Namespace', { name: 'cel-stages-more' })
    const never = { healthCheckExprs: [exprs('Namespace', { current: 'false' })] }
    const ks = await s.ship([first, config('cel-stages', 'one')], never, { clock: leaping() })
    assert.match(readyOf(ks), /^False ReconciliationFailed: timeout waiting for: \[Namespace\/cel-stages-more status: 'InProgress'\]/)
    const fails = { healthCheckExprs: [exprs('ConfigMap', { current: 'false', failed: 'true' })] }
    assert.match(readyOf(await s.ship([config('cel-stages', 'one')], fails)), /^True /)
  })

  test('expressions that ask for too much end the wait at once, with the reason', async () => {
    const greedy: Kernel = {
      ...kernel,
      async judge(_check, objects) {
        if (objects.length > 0) throw new KernelError('DEADLINE', 'the call did not end within 10 s: make the input smaller')
        return []
      },
    }
    const s = (await stage('cel-greedy')).with(greedy)
    const why = 'spec.healthCheckExprs[0] cannot be evaluated: the call did not end within 10 s: make the input smaller'
    assert.equal(await shipped(s, { phase: 'Ready' }, [byPhase]), `False HealthCheckFailed: health check failed after T: ${why}`)
  })

  const dependant = async (s: Stage, readyExpr: string, spec: JsonObject = {}): Promise<KubeObject> => {
    const dependsOn = [{ name: 'base', readyExpr }]
    return s.ship([config(s.namespace, 'one')], { dependsOn, ...spec })
  }
  const base = async (s: Stage, spec: JsonObject = {}): Promise<void> => {
    const sourceRef = { kind: 'OCIRepository', name: 'app' }
    await cluster().apply(
      {
        apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
        kind: 'Kustomization',
        metadata: { name: 'base', namespace: s.namespace, labels: { version: '7' } },
        spec: { interval: '90m', prune: true, force: false, sourceRef, ...spec } as JsonObject,
      },
      { manager: 'test', force: true },
      signal,
    )
  }

  verifies('kustomization/C19.1', 'a readyExpr that holds is all that is asked of a dependency', async () => {
    const s = await stage('cel-ready')
    await base(s)
    const typed = [
      'dep.metadata.labels.version == "7"',
      'dep.spec.interval == "1h30m0s" && dep.spec.prune',
      'dep.status.observedGeneration == -1',
      '!has(dep.spec.force) && !has(dep.spec.suspend) && !has(dep.kind)',
      'self.kind == "Kustomization" && self.spec.dependsOn[0].name == dep.metadata.name',
    ]
    assert.equal(readyOf(await dependant(s, typed.join(' && '))), 'True ReconciliationSucceeded: Applied revision: v1')
  })

  verifies('kustomization/C19.2', 'one that does not hold, or cannot be evaluated, is retried', async () => {
    const s = await stage('cel-unready')
    const missing = `dependency 'cel-unready/base' not found: kustomizations.kustomize.toolkit.fluxcd.io "base" not found`
    assert.equal(readyOf(await dependant(s, 'foo.')), `False DependencyNotReady: ${missing}`)
    await base(s)
    const unmet: [expression: string, why: string][] = [
      ['dep.metadata.labels.version == "8"', "dependency 'cel-unready/base' is not ready according to readyExpr eval"],
      ['dep.status.nope == "x"', `failed to evaluate the CEL expression 'dep.status.nope == "x"': no such key: nope`],
    ]
    for (const [expression, why] of unmet) {
      assert.equal(readyOf(await dependant(s, expression)), `False DependencyNotReady: ${why}`)
      assert.equal((await s.events()).at(-1), 'Normal DependencyNotReady Dependencies do not meet ready condition, retrying in 30s')
      const driven = await s.pass()
      assert.equal(driven.is === 'done' && driven.settled.requeueMs, 30_000)
    }
  })

  verifies('kustomization/C19.3', 'one that does not compile stalls the object', async () => {
    const s = await stage('cel-stalled')
    await base(s)
    const ks = await dependant(s, 'dep.status.ready')
    const message = `${terminal}terminal error: failed to evaluate dependency base: CEL expression output type mismatch: expected bool, got dyn`
    assert.equal(readyOf(ks), `False InvalidCELExpression: ${message}`)
    assert.equal(conditionOf(ks, 'Stalled')?.message, message)
    assert.equal(ks.status?.observedGeneration, ks.metadata.generation)
    assert.equal((await s.events()).at(-1), `Warning InvalidCELExpression ${message}`)
    assert.equal(await s.get(config('cel-stalled', 'one')), undefined)
  })

  test('a readyExpr that asks for too much is retried, and says which it is', async () => {
    const s = await stage('cel-endless')
    await base(s)
    const evaluate = (): Promise<never> => Promise.reject(new KernelError('OUT_OF_MEMORY', 'the call needs more memory than it may have'))
    const why =
      "dependency 'cel-endless/base': spec.dependsOn[0].readyExpr cannot be evaluated: the call needs more memory than it may have"
    assert.equal(readyOf(await dependant(s.with({ ...kernel, evaluate }), 'true')), `False DependencyNotReady: ${why}`)
  })
}
