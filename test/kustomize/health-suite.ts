import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Condition, conditionOf, type KubeObject, refOf } from '../../src/kinds/manifest.ts'
import { objectAt, stringAt } from '../../src/lib/json.ts'
import { until } from '../../src/world/cluster/until.ts'
import { verifies } from '../conformance/verifies.ts'
import { config, deployment, object, pod, secret } from './objects.ts'
import type { Server } from './servers.ts'
import { leaping, over, readyOf, signal, type Stage } from './stage.ts'
import { timeless } from '../support/texts.ts'

const say = (condition: Condition | undefined): string | undefined =>
  condition && `${condition.status} ${condition.reason}: ${timeless(condition.message)}`
const check = (o: KubeObject): Record<string, string | undefined> => ({
  apiVersion: o.apiVersion,
  kind: o.kind,
  name: o.metadata.name,
  namespace: o.metadata.namespace,
})
const passed = 'Normal Progressing Health check passed in T'

/** Waiting for health against any Kubernetes API. Spec: kustomization 9. */
export function healthCases({ stage, cluster }: Server): void {
  const isLate = (o: KubeObject): boolean => conditionOf(o, 'Progressing')?.reason === 'ProgressDeadlineExceeded'
  /** A Deployment past its deadline beside something that is not done. */
  const stuck = async (s: Stage): Promise<KubeObject[]> => {
    const web = deployment(s.namespace, 'web', { progressDeadlineSeconds: 1 }, 'registry.invalid/app:1')
    const slow = object(
      'batch/v1 Job',
      { namespace: s.namespace, name: 'slow' },
      {
        spec: {
          suspend: true,
          template: { ...pod('slow'), spec: { containers: [{ name: 'a', image: 'example.com/a:1' }], restartPolicy: 'Never' } },
        },
      },
    )
    await s.ship([web, slow])
    await until(cluster(), refOf(web), {
      signal,
      // A pod that is counted later is progress again.
      settled: o => (o && isLate(o) && objectAt(o, 'status').updatedReplicas === (objectAt(o, 'spec').replicas ?? 1) ? o : undefined),
    })
    return [web, slow]
  }

  verifies('kustomization/H22', 'without fail-fast a wait lasts to its timeout and lists all that is not ready', async () => {
    const s = await stage('h22')
    const ks = await s.ship(await stuck(s), { wait: true, timeout: '1m' }, { clock: leaping(), settings: { failFast: false } })
    const text = "timeout waiting for: [Deployment/h22/web status: 'Failed', Job/h22/slow status: 'InProgress']"
    assert.equal(say(conditionOf(ks, 'Healthy')), `False HealthCheckFailed: ${text}`)
    assert.equal(say(conditionOf(ks, 'Ready')), `False HealthCheckFailed: health check failed after T: ${text}`)
    assert.match(readyOf(ks), /failed after 1m\d+(\.\d+)?s: /)
  })

  verifies('kustomization/H23', 'with fail-fast it ends at once and names only what failed', async () => {
    const s = await stage('h23')
    const ks = await s.ship(await stuck(s), { wait: true })
    assert.equal(
      say(conditionOf(ks, 'Ready')),
      "False HealthCheckFailed: health check failed after T: failed early due to stalled resources: [Deployment/h23/web status: 'Failed']",
    )
  })

  verifies('kustomization/H24', 'a check of what does not exist fails after 30 s at least', async () => {
    const s = await stage('h24')
    const one = config('h24', 'one')
    await s.ship([one])
    await s.edit(
      { ...one, apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', metadata: { name: 'app', namespace: 'h24' } },
      { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': 'now' } } },
    )
    const clock = leaping()
    const from = clock.now()
    const ks = await s.ship([one], { timeout: '1s', healthChecks: [check(config('h24', 'does-not-exists'))] }, { clock })
    assert.ok(clock.now() - from >= 30_000 && clock.now() - from < 40_000)
    const text = "timeout waiting for: [ConfigMap/h24/does-not-exists status: 'NotFound']"
    assert.equal(say(conditionOf(ks, 'Healthy')), `False HealthCheckFailed: ${text}`)
    assert.equal(say(conditionOf(ks, 'Ready')), `False HealthCheckFailed: health check failed after T: ${text}`)
    assert.equal(
      say(conditionOf(ks, 'Reconciling')),
      'True ProgressingWithRetry: Running health checks for revision v2 with a timeout of 30s',
    )
    assert.equal(ks.status?.observedGeneration, (ks.metadata.generation ?? 0) - 1)
    assert.equal(ks.status?.lastHandledReconcileAt, 'now')
    assert.equal(ks.status?.lastAppliedRevision, 'v1')
    const events = await s.events()
    assert.equal(events.at(-1), `Warning HealthCheckFailed health check failed after T: ${text}`)
  })

  verifies('kustomization/H25', 'with wait instead it recovers, and tells that the checks passed', async () => {
    const s = await stage('h25')
    const objects = [config('h25', 'one'), deployment('h25', 'web')]
    await s.ship(objects, { healthChecks: [check(config('h25', 'does-not-exists'))] }, { clock: leaping() })
    const ks = await s.ship(objects, { wait: true })
    assert.equal(readyOf(ks), 'True ReconciliationSucceeded: Applied revision: v2')
    assert.equal(say(conditionOf(ks, 'Healthy')), 'True Succeeded: Health check passed in T')
    assert.equal(conditionOf(ks, 'Reconciling'), undefined)
    assert.deepEqual((await s.events()).slice(-2), [
      passed,
      'Normal ReconciliationSucceeded Reconciliation finished in T, next run in 10m0s',
    ])
  })

  verifies('kustomization/H26', 'a new revision that changes something tells it again, one that does not is silent', async () => {
    const s = await stage('h26')
    const count = async (): Promise<number> => (await s.events()).filter(e => e === passed).length
    await s.ship([config('h26', 'one')], { wait: true })
    assert.equal(await count(), 1)
    await s.ship([config('h26', 'one')], { wait: true })
    await s.again()
    assert.equal(await count(), 1)
    await s.ship([config('h26', 'one', { key: '2' })], { wait: true })
    assert.equal(await count(), 2)
  })

  test('a check that names no namespace fails at once, a kind that is not served keeps waiting', async () => {
    const s = await stage('health-astray')
    const web = deployment('health-astray', 'web')
    const unplaced = await s.ship([web], { healthChecks: [{ kind: 'Deployment', name: 'web' }] })
    assert.equal(
      say(conditionOf(unplaced, 'Healthy')),
      'False HealthCheckFailed: resource Deployment.apps web is namespace scoped, but namespace is not set',
    )
    const unknown = await s.ship(
      [web],
      {
        healthChecks: [
          { apiVersion: 'example.com/v1', kind: 'Gadget', name: 'g', namespace: 'health-astray' },
          { kind: 'Deployment', name: 'web', namespace: 'health-astray' },
        ],
      },
      { clock: leaping() },
    )
    assert.match(
      say(conditionOf(unknown, 'Healthy')) ?? '',
      /^False HealthCheckFailed: timeout waiting for: \[Gadget\/health-astray\/g status: 'Unknown': no matches for kind "Gadget" in .*\]$/,
    )
    const any = await s.ship([web], {
      healthChecks: [{ apiVersion: 'apps/v1beta1', kind: 'Deployment', name: 'web', namespace: 'health-astray' }],
    })
    assert.match(readyOf(any), /^True /)
  })

  test('a StatefulSet whose pod crashes has failed', async () => {
    const s = await stage('health-crash')
    const spec = {
      serviceName: 'db',
      replicas: 1,
      selector: { matchLabels: { app: 'db' } },
      template: {
        metadata: { labels: { app: 'db' } },
        spec: { containers: [{ name: 'db', image: 'example.com/db:1', command: ['false'] }] },
      },
    }
    const ks = await s.ship([object('apps/v1 StatefulSet', { namespace: 'health-crash', name: 'db' }, { spec })], { wait: true })
    assert.match(readyOf(ks), /failed early due to stalled resources: \[StatefulSet\/health-crash\/db status: 'Failed'\]$/)
  })

  test('a pod that cannot be scheduled fails once it is old', async () => {
    const s = await stage('health-pending')
    const alone = object(
      'v1 Pod',
      { namespace: 'health-pending', name: 'alone' },
      { spec: { containers: [{ name: 'a', image: 'example.com/a:1' }] } },
    )
    const status = { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }] }
    const unscheduled = over(cluster(), {
      get: async (ref, stop) => {
        const found = await cluster().get(ref, stop)
        return found?.kind === 'Pod' ? { ...found, status } : found
      },
    })
    const clock = leaping()
    const from = clock.now()
    const ks = await s.ship([alone], { wait: true, timeout: '5m' }, { clock, cluster: unscheduled })
    assert.match(readyOf(ks), /failed early due to stalled resources: \[Pod\/health-pending\/alone status: 'Failed'\]$/)
    assert.ok(clock.now() - from >= 14_000 && clock.now() - from < 30_000)
  })

  test('an object that goes away is waited for, one that nobody wants is not, and Healthy goes with the checks', async () => {
    const s = await stage('health-going')
    const held = config('health-going', 'held')
    const objects = [{ ...held, metadata: { ...held.metadata, finalizers: ['example.com/hold'] } }, secret('health-going', 'two')]
    await s.ship(objects, { wait: true })
    await cluster().delete(refOf(held), {}, signal)
    const ks = await s.ship(objects, { wait: true }, { clock: leaping() })
    assert.match(readyOf(ks), /timeout waiting for: \[ConfigMap\/health-going\/held status: 'Terminating'\]$/)
    assert.equal(conditionOf(ks, 'Healthy')?.status, 'False')
    const unchecked = await s.ship(objects)
    assert.match(readyOf(unchecked), /^True /)
    assert.equal(conditionOf(unchecked, 'Healthy'), undefined)
    await s.edit(held, { metadata: { finalizers: null } })
  })

  test('a Kustomization that checks only itself is healthy', async () => {
    const s = await stage('health-self')
    const ks = await s.ship([config('health-self', 'one')], {
      healthChecks: [{ apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', name: 'app', namespace: 'health-self' }],
    })
    assert.equal(say(conditionOf(ks, 'Healthy')), 'True Succeeded: Health check passed in T')
  })

  test('a wait that is cancelled writes nothing more, and the next run goes on', async () => {
    const s = await stage('health-cancel')
    await s.offer([config('health-cancel', 'one')])
    const stop = new AbortController()
    const reason = new Error('the caller went away')
    const cancelled = s.ship(
      [config('health-cancel', 'one')],
      { healthChecks: [check(config('health-cancel', 'late'))] },
      { signal: stop.signal, progress: note => note.startsWith('waiting for') && stop.abort(reason) },
    )
    await assert.rejects(cancelled, reason)
    const left = await cluster().get(s.ref, signal)
    assert.equal(say(conditionOf(left, 'Healthy')), 'Unknown Progressing: Running health checks for revision v2 with a timeout of 9m30s')
    assert.equal(stringAt(left, 'status', 'inventory', 'entries', 0, 'id'), 'health-cancel_one__ConfigMap')
    await s.apply(config('health-cancel', 'late'))
    assert.match(readyOf(await s.again()), /^True /)
  })

  test('a newer revision cancels a wait where the gate says so, and only there', async () => {
    const s = await stage('health-newer')
    const late = { healthChecks: [check(config('health-newer', 'late'))] }
    const offer = (): ((note: string) => void) => {
      let offered = false
      return note => {
        if (offered || !note.startsWith('waiting for')) return
        offered = true
        pending.push(s.offer([config('health-newer', 'late')]))
      }
    }
    const pending: Promise<unknown>[] = []
    const ungated = await s.ship([config('health-newer', 'one')], late, { clock: leaping(), progress: offer() })
    await Promise.all(pending)
    assert.match(readyOf(ungated), /^False HealthCheckFailed: /)
    const gated = await s.ship([config('health-newer', 'two')], late, {
      progress: offer(),
      settings: { cancelHealthCheckOnNewRevision: true },
    })
    assert.equal(readyOf(gated), 'False HealthCheckCanceled: New reconciliation triggered by OCIRepository/health-newer/app')
    assert.equal(
      say(conditionOf(gated, 'Reconciling')),
      'True ProgressingWithRetry: Running health checks for revision v3 with a timeout of 9m30s',
    )
    assert.equal(
      (await s.events()).at(-1),
      'Normal HealthCheckCanceled Health checks canceled due to new reconciliation triggered by OCIRepository/health-newer/app',
    )
    assert.match(readyOf(await s.again()), /^True ReconciliationSucceeded: Applied revision: v4$/)
  })
}
