import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { at, type JsonObject } from '../../src/lib/json.ts'
import { answer, type Answer } from '../../src/tools/frame/answer.ts'
import { getImageDigest } from '../../src/tools/get_image_digest.ts'
import { pushFiles } from '../support/push.ts'
import { type Product, startProduct, stdioCaller } from '../support/service.ts'
import { unending } from '../support/unending.ts'

const namespace = 'flux-system'
let product: Product
let digest = ''
before(async () => {
  product = await startProduct()
  for (const tag of ['1.0.0', '1.1.0', '2.0.0', '1.2.0-rc.1', '1.1.0.sig'])
    await pushFiles(product.composed.service.world, `oci://${product.registry}/policies/app:${tag}`, { tag })
  digest = await pushFiles(product.composed.service.world, `oci://${product.registry}/policies/app:1.1.0`, { tag: 'new' })
  await apply('ImageRepository', 'app', { image: `${product.registry}/policies/app`, interval: '10m' })
})
after(() => product.stop())

async function apply(kind: string, name: string, spec: JsonObject, own = namespace): Promise<void> {
  const object = { apiVersion: 'image.toolkit.fluxcd.io/v1beta2', kind, metadata: { name, namespace: own }, spec }
  await product.composed.service.world.clusters.named().apply(object as KubeObject, { manager: 'test', force: true }, unending)
}
const policy = (name: string, spec: JsonObject, own?: string): Promise<void> =>
  apply('ImagePolicy', name, { imageRepositoryRef: { name: 'app' }, ...spec }, own)
const look = (args: JsonObject): Promise<Answer> => product.call('get_image_digest', args)
const codeOf = ({ data }: Answer): unknown => at(data, 'error', 'code')

test('what a policy would choose is told with the reason, the candidates and the digest', async () => {
  await policy('app', { policy: { semver: { range: '1.x' } } })
  const image = `${product.registry}/policies/app:1.1.0`
  const { data, text } = await look({ policy: 'app', namespace })
  assert.deepEqual(
    [data?.image, data?.digest, data?.policy, data?.candidates, data?.tags, data?.inEffect],
    [image, digest, `ImagePolicy/${namespace}/app`, ['1.1.0', '1.0.0'], 4, undefined],
  )
  assert.equal(data?.reason, "the highest version in '1.x' of 2 candidates")
  assert.match(
    text,
    new RegExp(`^ImagePolicy/${namespace}/app would choose ${image}: the highest version in '1.x' of 2 candidates, of 4 tags\n`),
  )
  assert.match(text, /candidates, best first: 1\.1\.0, 1\.0\.0\n/)
})
test('reconciled, a policy has its repository scanned first, and what is in effect is told', async () => {
  await policy('run', { policy: { numerical: {} }, filterTags: { pattern: String.raw`^(\d+)\.\d+\.\d+$`, extract: '$1' } })
  const run = await product.call('reconcile', { kind: 'ImagePolicy', name: 'run', namespace })
  assert.deepEqual([run.data?.verdict, run.data?.revision], ['Ready', '2.0.0'], run.text)
  const { data } = await look({ policy: 'run', namespace })
  assert.deepEqual([data?.inEffect, data?.reason], ['2.0.0', "the largest number of 2 candidates, compared by '2'"])
  const status = await product.call('get_status', { kind: 'ImagePolicy', namespace })
  assert.match(status.text, /ImagePolicy\tflux-system\/run\tready\t2\.0\.0/)
})

test('a call that is cancelled while its objects are read says so, and not that they are not ready', async () => {
  await policy('app', { policy: { semver: { range: '1.x' } } })
  const { service, engine } = product.composed
  const { world } = service
  const stop = new AbortController()
  const cluster = world.clusters.named()
  const get: typeof cluster.get = (ref, signal) => {
    if (ref.kind === 'ImageRepository') stop.abort(new Error('enough'))
    return stop.signal.aborted ? Promise.reject(stop.signal.reason) : cluster.get(ref, signal)
  }
  const clusters = { names: world.clusters.names, named: () => Object.assign(Object.create(cluster) as typeof cluster, { get }) } as never
  const call = { signal: stop.signal, caller: stdioCaller, engine, progress: () => {} }
  const answered = await answer({ ...service, world: { ...world, clusters } }, getImageDigest, { args: { policy: 'app', namespace }, call })
  assert.equal(codeOf(answered), 'Cancelled', answered.text)
})

const wrong: [says: string, args: JsonObject, code: string, message: RegExp][] = [
  ['neither an image nor a policy', {}, 'InvalidArgument', /which image/],
  ['both', { image: 'a/b:1', policy: 'app' }, 'InvalidArgument', /exclude each other/],
  ['how to reach the registry, which the repository says', { policy: 'app', insecure: true }, 'InvalidArgument', /not for a policy/],
  ['a policy that is not there', { policy: 'absent', namespace }, 'NotFound', /ImagePolicy\/flux-system\/absent does not exist/],
  ['a policy without its repository', { policy: 'lone', namespace }, 'NotFound', /referenced ImageRepository does not exist/],
  ['a range that is none', { policy: 'unread', namespace }, 'Stalled', /invalid policy: constraint Parser Error/],
  ['a range that no tag is in', { policy: 'narrow', namespace }, 'NotReady', /unable to determine latest version/],
  [
    'a repository whose Secret is not there',
    { policy: 'secretless', namespace },
    'Unauthenticated',
    /^Unauthenticated: ImagePolicy\/flux-system\/secretless: failed to configure authentication options: secrets "gone" not found. Next: correct spec/,
  ],
  [
    'an image that the registry does not have',
    { policy: 'gone', namespace },
    'NotFound',
    /^NotFound: ImagePolicy\/flux-system\/gone: .*policies\/gone/,
  ],
  ['a repository of another namespace', { policy: 'far', namespace: 'default' }, 'Forbidden', /missing ACL labels on 'accessFrom'/],
]
test('policies that choose nothing', async t => {
  const semver = (range: string): JsonObject => ({ policy: { semver: { range } } })
  await policy('lone', { ...semver('*'), imageRepositoryRef: { name: 'absent' } })
  await policy('unread', semver('1x'))
  await policy('narrow', semver('9.x'))
  await apply('ImageRepository', 'secretless', { image: `${product.registry}/policies/app`, interval: '10m', secretRef: { name: 'gone' } })
  await policy('secretless', { ...semver('*'), imageRepositoryRef: { name: 'secretless' } })
  await apply('ImageRepository', 'gone', { image: `${product.registry}/policies/gone`, interval: '10m' })
  await policy('gone', { ...semver('*'), imageRepositoryRef: { name: 'gone' } })
  await policy('far', { ...semver('*'), imageRepositoryRef: { name: 'app', namespace } }, 'default')
  for (const [says, args, code, message] of wrong)
    await t.test(says, async () => {
      const answer = await look(args)
      assert.equal(codeOf(answer), code, answer.text)
      assert.match(answer.text, message)
    })
})
