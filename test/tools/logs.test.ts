import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { JsonObject } from '../../src/lib/json.ts'
import type { Answer } from '../../src/tools/frame/answer.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { ClusterError } from '../../src/world/cluster/error.ts'
import { clusterOf } from '../explain/cluster.ts'
import { crashing, deployment, object, ownedBy, pod, replicaSet, running, waiting } from '../explain/objects.ts'
import { testKernel } from '../support/kernel.ts'
import { type Product, startProduct } from '../support/service.ts'

const log = 'sandbox.fluxpilot.dev/log'
const web = deployment('web', { available: true })
const set = replicaSet(web)
const first = pod(set, { phase: 'Running', ready: true, container: running() })
const one = {
  ...first,
  metadata: {
    ...first.metadata,
    annotations: { [log]: 'listening on 8080\nGET / 200\nerror: password=hunter2-hunter2 refused\n\u001b[31mGET /x 500\u001b[0m' },
  },
}
const bad = pod('bad', { phase: 'Running', container: crashing(3) })
const ended = { ...bad, metadata: { ...bad.metadata, annotations: { [log]: 'boot\nFATAL: DATABASE_URL is not set' } } }
const slow = pod('slow', { container: waiting('ContainerCreating') })
const two = pod('two', {
  phase: 'Running',
  containers: [
    { name: 'app', image: 'x', ready: true, ...running() },
    { name: 'side', image: 'y', ready: true, ...running('2026-01-01T00:00:05Z') },
  ],
})
const cron = object('batch/v1', 'CronJob', 'nightly', { spec: { schedule: '@daily' } })
const job = object('batch/v1', 'Job', 'nightly-1', { metadata: ownedBy(cron), spec: {} })
const ofJob = pod(job, { phase: 'Succeeded', container: { state: { terminated: { exitCode: 0, reason: 'Completed' } } } })
const among = { matchExpressions: [{ key: 'tier', operator: 'In', values: ['a', 'b'] }] }
const chosen = deployment('chosen', { available: true, spec: { selector: among } })
const byExpression = pod('chosen-1', { phase: 'Running', ready: true, container: running(), labels: { tier: 'b' } })
const idle = deployment('idle', { spec: { replicas: 0 } })

const kernel = testKernel()
let product: Product
let cluster: Cluster
let stop: () => Promise<void>
before(async () => {
  const started = await clusterOf(
    [web, set, one, ended, slow, two, cron, job, ofJob, chosen, byExpression, idle, object('v1', 'ConfigMap', 'c', { data: {} })],
    kernel,
  )
  cluster = started.cluster
  stop = started.stop
  product = await startProduct({ clusters: real => ({ names: real.names, named: () => cluster }) })
})
after(async () => {
  await product.stop()
  await stop()
})
const logs = (kind: string, name: string, more: JsonObject = {}): Promise<Answer> =>
  product.call('get_logs', { kind, namespace: 'apps', name, ...more })
const codeOf = ({ data }: Answer): unknown => (data?.error as JsonObject | undefined)?.code

test('the lines of a Deployment are fenced, without terminal codes and secrets', async () => {
  const { text, isError } = await logs('Deployment', 'web')
  assert.equal(isError, false, text)
  assert.match(text, /^Deployment\/apps\/web cluster=sandbox pods=1\/1 containers=app lines=1-4\/4\n--- untrusted log text/)
  assert.match(text, /listening on 8080/)
  assert.match(text, /password=redacted/)
  assert.doesNotMatch(text, /hunter2|\u001b/)
})

test('grep is RE2, sees no secrets, and says when nothing matches', async () => {
  assert.match((await logs('Deployment', 'web', { grep: '(?i)ERROR|500$' })).text, /lines=1-2\/2/)
  assert.match((await logs('Deployment', 'web', { grep: 'hunter2' })).text, /no line of 4 matches/)
  const wrong = await logs('Deployment', 'web', { grep: '(?=x)' })
  assert.equal(codeOf(wrong), 'InvalidArgument')
})

test('limit takes the last lines, and the rest of a page comes by cursor', async () => {
  assert.match((await logs('Deployment', 'web', { limit: 1 })).text, /GET \/x 500/)
  const page = await logs('Deployment', 'web', { maxTokens: 200 })
  assert.equal(page.isError, false)
})

test('several containers are joined by time, each line with its place', async () => {
  const { text } = await logs('Pod', 'two')
  assert.ok(text.indexOf('two/app') < text.indexOf('two/side'), text)
  assert.doesNotMatch((await logs('Pod', 'two', { container: 'side' })).text, /two\/app/)
})

test('a log that cannot be read is told beside those that can; when none can, why', async () => {
  const whole = cluster
  const refusing = (refuses: (container: string) => boolean): void => {
    const podLog: typeof cluster.podLog = (pod, query, signal) =>
      refuses(query.container ?? '')
        ? Promise.reject(
            new ClusterError('UNAVAILABLE', { cluster: 'c', what: 'the log', message: 'dial tcp 10.0.0.7:10250: i/o timeout' }),
          )
        : whole.podLog(pod, query, signal)
    cluster = new Proxy(whole, {
      get(target, key) {
        const own: unknown = key === 'podLog' ? podLog : Reflect.get(target, key, target)
        return typeof own === 'function' ? own.bind(target) : own
      },
    })
  }
  try {
    refusing(container => container === 'side')
    const { text, isError } = await logs('Pod', 'two')
    assert.equal(isError, false, text)
    assert.match(text, /incomplete: dial tcp 10\.0\.0\.7:10250: i\/o timeout/)
    refusing(() => true)
    assert.equal(codeOf(await logs('Pod', 'two')), 'Unreachable')
  } finally {
    cluster = whole
  }
})

test('a container that restarts tells what it said before', async () => {
  assert.match((await logs('Pod', 'bad', { previous: true })).text, /DATABASE_URL is not set/)
  const none = await logs('Pod', 'two', { previous: true, container: 'app' })
  assert.equal(codeOf(none), 'NotFound')
})

test('a CronJob has the log of its last Job', async () => assert.match((await logs('CronJob', 'nightly')).text, /done/))

test('pods are found by expressions as well', async () =>
  assert.match((await logs('Deployment', 'chosen')).text, /pods=1\/1 containers=app/))

test('what has no log says why, with what to do', async () => {
  assert.equal(codeOf(await logs('ConfigMap', 'c')), 'InvalidArgument')
  assert.equal(codeOf(await logs('Pod', 'two', { container: 'sdie' })), 'InvalidArgument')
  assert.equal(codeOf(await logs('Pod', 'slow')), 'NotReady')
  assert.equal(codeOf(await logs('Deployment', 'idle')), 'NotFound')
  assert.equal(codeOf(await logs('Pod', 'two', { since: 'yesterday' })), 'InvalidArgument')
})

test('explain quotes the line of a log that tells most', async () => {
  const { text } = await product.call('explain', { kind: 'Pod', namespace: 'apps', name: 'bad' })
  assert.match(text, /CrashLoop[\s\S]*log of app: FATAL: DATABASE_URL is not set/)
})
