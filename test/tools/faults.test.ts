import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { at, type JsonObject, listAt } from '../../src/lib/json.ts'
import type { Answer } from '../../src/tools/frame/answer.ts'
import { realClock } from '../../src/world/clock/real.ts'
import type { Clusters } from '../../src/world/cluster/cluster.ts'
import { ClusterError, type ClusterErrorCode } from '../../src/world/cluster/error.ts'
import { type Fault, faulty } from '../support/faulty.ts'
import { holdLease, openDefinition } from '../support/played-flux.ts'
import { pushFiles } from '../support/push.ts'
import { type Product, startProduct } from '../support/service.ts'
import { unending } from '../support/unending.ts'

const signal = unending
const none: Fault = () => undefined
let fault: Fault = none
let product: Product
let pair: Product
const withFault = (clusters: Clusters): Clusters => ({ names: clusters.names, named: name => faulty(clusters.named(name), () => fault) })
/** Two names for one cluster, as far as tools can see. */
const twice = (clusters: Clusters): Clusters => ({
  names: ['one', 'two'],
  named(name) {
    if (name !== undefined) return clusters.named()
    throw new ClusterError('AMBIGUOUS', {
      cluster: '',
      what: 'choose',
      message: 'several clusters are configured: one, two',
      valid: ['one', 'two'],
    })
  },
})
/** Patience of 7 s ends at once. */
const clock = {
  ...realClock,
  sleep: (ms: number, given: AbortSignal) => (ms > 6000 && ms <= 7000 ? Promise.resolve() : realClock.sleep(ms, given)),
}

before(async () => {
  product = await startProduct({ clusters: withFault, clock })
  pair = await startProduct({ clusters: twice })
  const cluster = product.composed.service.world.clusters.named()
  await cluster.apply(
    openDefinition('helm.toolkit.fluxcd.io', { kind: 'HelmRelease', plural: 'helmreleases', version: 'v2' }),
    { manager: 'test' },
    signal,
  )
  await pushFiles(product.composed.service.world, `oci://${product.registry}/apps:1`, {
    'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default}\ndata: {a: "1"}\n',
  })
  await product.call('apply_manifests', { create: { name: 'apps', url: `oci://${product.registry}/apps:1` } })
  await product.call('apply_manifests', { manifests: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: mine, namespace: default}\n' })
  assert.equal((await product.call('reconcile', { kind: 'ks', name: 'apps', withSource: true })).data?.verdict, 'Ready')
})
after(async () => {
  fault = none
  await product.stop()
  await pair.stop()
})

const target = { kind: 'Kustomization', namespace: 'flux-system', name: 'apps' }
const mine = { kind: 'ConfigMap', namespace: 'default', name: 'mine' }
const manifests = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: mine, namespace: default}\ndata: {b: "2"}\n'
const calls: [tool: string, args: JsonObject][] = [
  ['get_status', {}],
  ['get_object', target],
  ['get_events', {}],
  ['get_logs', target],
  ['explain', target],
  ['trace', target],
  ['build', target],
  ['plan', { tool: 'reconcile', arguments: target }],
  ['reconcile', target],
  ['set_suspended', { ...target, suspended: true }],
  ['apply_manifests', { manifests }],
  ['update_images', { name: 'apps', namespace: 'flux-system' }],
  ['delete_object', mine],
]
const codes: [failure: ClusterErrorCode, code: string][] = [
  ['FORBIDDEN', 'Forbidden'],
  ['UNAUTHENTICATED', 'Unauthenticated'],
  ['UNREACHABLE', 'Unreachable'],
  ['UNAVAILABLE', 'Unreachable'],
  ['TIMEOUT', 'Timeout'],
  ['RATE_LIMITED', 'RateLimited'],
]
const errorOf = ({ data }: Answer): JsonObject => (data?.error as JsonObject | undefined) ?? {}

async function during(wanted: Fault, name: string, args: JsonObject): Promise<Answer> {
  fault = wanted
  try {
    return await product.call(name, args)
  } finally {
    fault = none
  }
}

for (const [name, args] of calls)
  for (const [failure, code] of codes)
    test(`${name} against a server that answers ${failure} is ${code}, with what to do`, async () => {
      const answer = await during(({ verb }) => (verb === 'discover' ? undefined : failure), name, args)
      assert.equal(errorOf(answer).code, code, answer.text)
      assert.ok(String(errorOf(answer).next).length > 10)
      assert.match(answer.text, /Next: /)
    })

for (const [name, args] of calls) {
  test(`${name} with an argument that it has not is InvalidArgument, with those it has`, async () => {
    const error = errorOf(await product.call(name, { ...args, frob: true }))
    assert.equal(error.code, 'InvalidArgument')
    assert.ok((error.valid as string[]).length > 1)
  })
  test(`${name} that is cancelled is Cancelled`, async () => {
    const stop = new AbortController()
    stop.abort(new Error('enough'))
    assert.equal(errorOf(await product.call(name, args, { signal: stop.signal })).code, 'Cancelled')
  })
  test(`${name} without a cluster among several is AmbiguousCluster, with their names`, async () => {
    const given = name === 'plan' ? { tool: 'reconcile', arguments: target } : args
    const error = errorOf(await pair.call(name, given))
    assert.equal(error.code, 'AmbiguousCluster')
    assert.deepEqual(error.valid, ['one', 'two'])
  })
}

for (const name of ['get_object', 'get_logs', 'explain', 'trace', 'build', 'reconcile', 'set_suspended', 'delete_object']) {
  const more = name === 'set_suspended' ? { suspended: true } : {}
  test(`${name} of a kind that is not served is NoMatch, of a name that is not there NotFound, each with the near ones`, async () => {
    const kind = errorOf(await product.call(name, { ...target, ...more, kind: 'Kustomisation' }))
    assert.equal(kind.code, 'NoMatch')
    assert.match(String(kind.next), /Kustomization\.kustomize\.toolkit\.fluxcd\.io/)
    const named = errorOf(await product.call(name, { ...target, ...more, name: 'app' }))
    assert.equal(named.code, 'NotFound')
    assert.match(String(named.next), /did you mean apps\?/)
    const elsewhere = errorOf(await product.call(name, { ...target, ...more, namespace: 'default' }))
    assert.match(String(elsewhere.next), /flux-system\/apps/)
  })
}

test('a list that is forbidden in part names the part; one that is forbidden in all is no empty list', async () => {
  const part = await during(({ kind }) => (kind === 'HelmRelease' ? 'FORBIDDEN' : undefined), 'get_status', {})
  assert.equal(part.isError, false)
  assert.deepEqual(
    listAt(part.data, 'incomplete').map(i => [at(i, 'part'), at(i, 'code')]),
    [['HelmRelease', 'Forbidden']],
  )
  assert.match(part.text, /incomplete: HelmRelease: .*User "jane" cannot list/)
  assert.match(part.text, /Kustomization\tflux-system\/apps\tready/)
  const broken = await during(({ kind }) => (kind === 'HelmRelease' ? 'UNAVAILABLE' : undefined), 'get_status', {})
  assert.deepEqual(
    listAt(broken.data, 'incomplete').map(i => [at(i, 'part'), at(i, 'code')]),
    [['HelmRelease', 'Unreachable']],
  )
})

const unseen: Fault = ({ kind, verb }) => (kind === 'Deployment' && verb === 'list' ? 'FORBIDDEN' : undefined)

test('controllers that cannot be seen count as live: auto leaves it to Flux and says why', async () => {
  const answer = await during(unseen, 'reconcile', { ...target, timeoutSeconds: 7 })
  assert.equal(answer.data?.verdict, 'NotHandled', answer.text)
  assert.match(String(answer.data?.engine), /^flux: controllers cannot be read \(deployments is forbidden: User "jane" cannot list/)
  const status = await during(unseen, 'get_status', {})
  assert.match(status.text, /incomplete: controllers: deployments is forbidden/)
})

test('what evidence may not be read is said beside what may', async () => {
  const cluster = product.composed.service.world.clusters.named()
  const ref = { group: 'kustomize.toolkit.fluxcd.io', version: 'v1', ...target }
  const ready = {
    type: 'Ready',
    status: 'False',
    reason: 'ReconciliationFailed',
    message: 'ConfigMap/default/a dry-run failed (Invalid): no',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  }
  await cluster.patch(ref, { type: 'merge', body: { status: { conditions: [ready] } }, manager: 'test', subresource: 'status' }, signal)
  const answer = await during(({ kind, verb }) => (kind === 'Event' && verb === 'list' ? 'FORBIDDEN' : undefined), 'get_object', target)
  assert.equal(answer.isError, false, answer.text)
  assert.match(answer.text, /ConfigMap\/default\/a/)
  assert.match(answer.text, /events is forbidden: User "jane" cannot list/)
  assert.equal((await product.call('reconcile', target)).data?.verdict, 'Ready')
})

test('a write that the server refuses leaves all other objects of the call alone', async () => {
  const two = `${manifests}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: other, namespace: nowhere}\n`
  const answer = await product.call('apply_manifests', { manifests: two })
  assert.equal(errorOf(answer).code, 'NotFound')
  assert.match(answer.text, /nothing was applied: ConfigMap\/nowhere\/other: /)
  const kept = await product.call('get_object', { ...mine, fields: ['data'] })
  assert.doesNotMatch(kept.text, /b: "2"/)
})

test('a failure in the middle says what was applied before it', async () => {
  const two = `${manifests}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: second, namespace: default}\n`
  let applied = 0 // each object is dry-run by the gate and by the tool, then applied
  const answer = await during(({ verb }) => (verb === 'apply' && ++applied > 5 ? 'UNAVAILABLE' : undefined), 'apply_manifests', {
    manifests: two,
  })
  assert.equal(errorOf(answer).code, 'Unreachable')
  assert.match(answer.text, /ConfigMap\/default\/second: .*applied before it: ConfigMap\/default\/mine configured/)
})

test('list_clusters has a row for a cluster that fails, with why', async () => {
  const answer = await during(() => 'UNREACHABLE', 'list_clusters', {})
  assert.equal(answer.isError, false)
  assert.deepEqual(
    listAt(answer.data, 'rows').map(r => [at(r, 0), at(r, 4)]),
    [['sandbox', 'unreachable at version api']],
  )
})

test('list_clusters says who acts', async () => {
  assert.match((await product.call('list_clusters')).text, /fluxpilot \(no Flux controllers\)/)
  await holdLease(product.composed.service.world.clusters.named(), 'helm-controller')
  assert.match((await product.call('list_clusters')).text, /flux \(helm-controller live\)/)
})

test('a cursor of another question, and one that is made up, is CursorExpired', async () => {
  const { data } = await product.call('get_status', { limit: 1 })
  assert.equal(
    errorOf(await product.call('get_status', { limit: 1, state: 'ready', cursor: String(data?.nextCursor) })).code,
    'CursorExpired',
  )
  assert.equal(errorOf(await product.call('get_events', { cursor: 'abc' })).code, 'CursorExpired')
})

test('a kind that is not of Flux is refused where only Flux kinds make sense', async () => {
  assert.equal(errorOf(await product.call('get_status', { kind: 'ConfigMap' })).code, 'InvalidArgument')
  assert.equal(errorOf(await product.call('reconcile', mine)).code, 'InvalidArgument')
  assert.equal(errorOf(await product.call('set_suspended', { ...mine, suspended: true })).code, 'InvalidArgument')
  assert.equal(errorOf(await product.call('build', mine)).code, 'Unsupported')
  assert.equal(errorOf(await product.call('plan', { tool: 'reconcile', arguments: mine })).code, 'Unsupported')
})
