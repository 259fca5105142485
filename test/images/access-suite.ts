import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { JsonObject } from '../../src/lib/json.ts'
import { listenRegistry, type SandboxRegistry } from '../../src/sandbox/registry.ts'
import { certificateAuthority } from '../support/certificates.ts'
import { type Front, proxyFront, tlsFront } from '../support/fronts.ts'
import { pushFiles } from '../support/push.ts'
import { again, judged, namespace, type Pass, type Scene } from './scene.ts'

const user = { username: 'robot', password: 'secret-of-a-test' }
const authority = certificateAuthority('authority of the registry')
const server = authority.issue('registry', ['127.0.0.1'])
const client = authority.issue('client')
const configjson = 'kubernetes.io/dockerconfigjson'
const auth = (password = user.password): JsonObject => ({ auth: Buffer.from(`${user.username}:${password}`).toString('base64') })
const config = (auths: JsonObject): Record<string, string> => ({ '.dockerconfigjson': JSON.stringify({ auths }) })
const failed = 'False AuthenticationFailed: failed to configure authentication options: '

/** How ImageRepositories reach registries that not everybody may read. Spec: image-helm-notification A.1.4. */
export function accessTests(scene: () => Scene): void {
  let guarded: SandboxRegistry
  let [tls, mutual, proxy]: (Front | undefined)[] = []
  before(async () => {
    guarded = await listenRegistry({ port: 0, basic: user })
    const s = scene()
    tls = await tlsFront(s.world.registry, server)
    mutual = await tlsFront(s.world.registry, server, authority.cert)
    proxy = await proxyFront(s.world.registry)
    const registries: typeof s.world.hands.registries = {
      open: (_, purpose) => s.world.hands.registries.open({ credentials: { type: 'basic', ...user } }, purpose),
    }
    await pushFiles({ kernel: s.world.hands.kernel, registries }, `oci://${guarded.address}/team/app:1.0.0`, { a: '1' })
    await s.push('shared', ['1.0.0'])
  })
  after(() => Promise.all([guarded, tls, mutual, proxy].map(one => one?.close())))

  const scan = async (spec: JsonObject = {}, settings = {}): Promise<Pass> =>
    scene().pass(await scene().repository(scene().name(), { image: `${guarded.address}/team/app`, ...spec }), { settings })
  const account = (name: string, secrets: string[]): Promise<unknown> =>
    scene().apply({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name, namespace },
      imagePullSecrets: secrets.map(secret => ({ name: secret })),
    })
  const isReady = ({ object }: Pass): void => assert.equal(judged(object).Ready, 'True Succeeded: successful scan: found 1 tags')

  const keys: [says: string, key: (host: string) => string][] = [
    ['a host', host => host],
    ['a URL with a path', host => `https://${host}/v1/`],
    ['a host with a path', host => `${host}/v2`],
  ]
  for (const [says, key] of keys)
    test(`a pull secret signs in by ${says}, and no provider is asked`, async () => {
      const name = await scene().secret(scene().name(), configjson, config({ [key(guarded.address)]: auth() }))
      isReady(await scan({ secretRef: { name }, provider: 'azure' }))
    })
  test('a service account brings its pull secrets', async () => {
    const s = scene()
    const [name, secret] = [s.name(), s.name()]
    await s.secret(secret, configjson, config({ [guarded.address]: auth() }))
    await account(name, [secret])
    isReady(await scan({ serviceAccountName: name }))
  })
  test('certificates, mutual ones too, and a proxy', async () => {
    const s = scene()
    const ca = await s.secret(s.name(), 'Opaque', { 'ca.crt': authority.cert })
    const old = await s.secret(s.name(), 'Opaque', { caFile: authority.cert, certFile: client.cert, keyFile: client.key })
    const way = await s.secret(s.name(), 'Opaque', { address: `http://${proxy?.address}` })
    isReady(await scan({ image: `${tls?.address}/shared`, certSecretRef: { name: ca } }))
    isReady(await scan({ image: `${mutual?.address}/shared`, certSecretRef: { name: old } }))
    isReady(await scan({ image: `${s.world.registry}/shared`, proxySecretRef: { name: way } }))
  })
  test('without the authority of a registry its certificate is refused, unless the object says insecure', async () => {
    const image = `${tls?.address}/shared`
    assert.match(judged((await scan({ image })).object).Ready ?? '', /^False ReadOperationFailed: scan failed: .*certificate/)
    isReady(await scan({ image, insecure: true }))
  })
  test('without credentials the registry refuses', async () => {
    assert.match(judged((await scan()).object).Ready ?? '', /^False ReadOperationFailed: scan failed: .*UNAUTHORIZED/)
  })

  const secrets: [says: string, make: () => Promise<JsonObject>, message: (name: string) => string][] = [
    ['a Secret that is not there', async () => ({ secretRef: { name: 'absent' } }), () => 'secrets "absent" not found'],
    [
      'a Secret of another type',
      async () => ({ secretRef: { name: await scene().secret(scene().name(), 'Opaque', { a: 'b' }) } }),
      () => 'unknown secret type "Opaque"',
    ],
    [
      'a Secret for another registry',
      async () => ({ secretRef: { name: await scene().secret(scene().name(), configjson, config({ 'ghcr.io': auth() })) } }),
      name => `auth for "${guarded.address}" not found in secret ${namespace}/${name}`,
    ],
    ['a service account that is not there', async () => ({ serviceAccountName: 'absent' }), () => 'ServiceAccount "absent" not found'],
    ['certificates that are not there', async () => ({ certSecretRef: { name: 'absent' } }), () => 'secrets "absent" not found'],
    [
      'a proxy without an address',
      async () => ({ proxySecretRef: { name: await scene().secret(scene().name(), 'Opaque', { username: 'a' }) } }),
      name => `invalid proxy secret '${namespace}/${name}': key 'address' is missing`,
    ],
    [
      'a certificate without its key',
      async () => ({ certSecretRef: { name: await scene().secret(scene().name(), 'Opaque', { certFile: client.cert }) } }),
      name => `invalid '${name}' secret data: both certificate and private key need to be provided`,
    ],
    [
      'a registry that is not the provider’s',
      async () => ({ provider: 'gcp' }),
      () => `failed to parse artifact repository '${guarded.address}/team/app': invalid GCP registry: '${guarded.address}'. must match `,
    ],
  ]
  for (const [says, make, message] of secrets)
    test(`how to sign in cannot be told, which is tried again: ${says}`, async () => {
      const spec = await make()
      const pass = await scan(spec)
      const name = Object.values(spec).flatMap(ref => (typeof ref === 'object' && ref && 'name' in ref ? [String(ref.name)] : []))[0] ?? ''
      const { Ready = '' } = judged(pass.object)
      assert.ok(Ready.startsWith(failed + message(name)), Ready)
      assert.equal(Ready.includes(user.password), false)
      assert.deepEqual(again(pass), { requeueMs: undefined, backoff: true })
    })
  test('a provider with a service account needs a feature gate', async () => {
    const { object } = await scan({ provider: 'aws', serviceAccountName: 'any' })
    const message =
      'FeatureGateDisabled: to use spec.serviceAccountName for provider authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller'
    assert.deepEqual(judged(object), { Stalled: `True ${message}`, Ready: `False ${message}` })
    const gated = await scan({ provider: 'aws', serviceAccountName: 'any' }, { objectLevelWorkloadIdentity: true })
    assert.match(judged(gated.object).Ready ?? '', /^False AuthenticationFailed: .*ServiceAccount "any" not found/)
  })
}
