import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { JsonObject } from '../../../src/lib/json.ts'
import { listenRegistry, type SandboxRegistry } from '../../../src/sandbox/registry.ts'
import { type BehaviourId, verifies } from '../../conformance/verifies.ts'
import { certificateAuthority } from '../../support/certificates.ts'
import { type Front, proxyFront, tlsFront } from '../../support/fronts.ts'
import { pushFiles } from '../../support/push.ts'
import { socksFront } from '../../support/socks.ts'
import { judged, namespace, revisionOf, type Scene } from './scene.ts'
import { unending } from '../../support/unending.ts'

const user = { username: 'robot', password: 'secret-of-a-test' }
const authority = certificateAuthority('authority of the registry')
const stranger = certificateAuthority('another authority')
const server = authority.issue('registry', ['127.0.0.1'])
const client = authority.issue('client')
const configjson = 'kubernetes.io/dockerconfigjson'
const config = (auths: JsonObject): Record<string, string> => ({ '.dockerconfigjson': JSON.stringify({ auths }) })
const auth = (password = user.password): JsonObject => ({ auth: Buffer.from(`${user.username}:${password}`).toString('base64') })

/** How objects reach registries that not everybody may read. */
export function accessTests(scene: () => Scene): void {
  let guarded: SandboxRegistry
  let [tls, mutual, proxy, askingProxy]: (Front | undefined)[] = []
  before(async () => {
    guarded = await listenRegistry({ port: 0, basic: user })
    const s = scene()
    tls = await tlsFront(s.world.registry, server)
    mutual = await tlsFront(s.world.registry, server, authority.cert)
    proxy = await proxyFront(s.world.registry)
    askingProxy = await proxyFront(s.world.registry, 'user:pass')
    const registries: typeof s.world.hands.registries = {
      open: (_, purpose) => s.world.hands.registries.open({ credentials: { type: 'basic', ...user } }, purpose),
    }
    await pushFiles({ kernel: s.world.hands.kernel, registries }, `oci://${guarded.address}/team/app:latest`, { a: '1' })
    await s.push('shared', 'latest', { a: '1' })
  })
  after(() => Promise.all([guarded, tls, mutual, proxy, askingProxy].map(one => one?.close())))

  const account = (name: string, secrets: string[]): Promise<unknown> =>
    scene().apply({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name, namespace },
      imagePullSecrets: secrets.map(secret => ({ name: secret })),
    })
  const guardedPass = async (spec: JsonObject = {}) => {
    const ref = await scene().repository(scene().name(), { url: `oci://${guarded.address}/team/app`, ...spec })
    return { ref, ...(await scene().pass(ref)) }
  }
  const ready = { is: (object: Parameters<typeof judged>[0]): void => assert.match(judged(object).Ready ?? '', /^True Succeeded/) }

  const secrets: [says: string, type: string, data: () => Record<string, string>][] = [
    ['dockerconfigjson', configjson, () => config({ [guarded.address]: auth() })],
    ['dockercfg', 'kubernetes.io/dockercfg', () => ({ '.dockercfg': JSON.stringify({ [guarded.address]: auth() }) })],
    ['user and password', configjson, () => config({ [guarded.address]: { ...user } })],
    ['a key with a scheme and an API version', configjson, () => config({ [`https://${guarded.address}/v1/`]: auth() })],
    ['a key with a glob', configjson, () => config({ [`127.*.0.?:${guarded.address.split(':')[1]}`]: auth() })],
    [
      'the key with the longest path',
      configjson,
      () => config({ [guarded.address]: auth('wrong'), [`${guarded.address}/team`]: auth(), [`${guarded.address}/other`]: auth('wrong') }),
    ],
  ]
  for (const [says, type, data] of secrets)
    test(`a pull secret signs in: ${says}`, async () => {
      const name = await scene().secret(scene().name(), type, data())
      ready.is((await guardedPass({ secretRef: { name } })).object)
    })
  test('the longest path decides among all secrets, not the first secret', async () => {
    const s = scene()
    const [account1, wide, narrow] = [s.name(), `a-${s.name()}`, `b-${s.name()}`]
    await s.secret(wide, configjson, config({ [guarded.address]: auth('wrong') }))
    await s.secret(narrow, configjson, config({ [`${guarded.address}/team`]: auth() }))
    await account(account1, [wide, narrow])
    ready.is((await guardedPass({ serviceAccountName: account1 })).object)
  })
  test('a service account brings its pull secrets', async () => {
    const s = scene()
    const [name, secret] = [s.name(), s.name()]
    await s.secret(secret, configjson, config({ [guarded.address]: auth() }))
    await account(name, [secret])
    ready.is((await guardedPass({ serviceAccountName: name })).object)
  })
  verifies('sources/22', 'a pull secret is used, and the provider is not asked', async () => {
    const name = await scene().secret(scene().name(), configjson, config({ [guarded.address]: auth() }))
    ready.is((await guardedPass({ secretRef: { name }, provider: 'azure' })).object)
  })
  verifies('sources/14', 'a provider with a service account needs a feature gate', async () => {
    const s = scene()
    const name = s.name()
    await account(name, [])
    const { object, calls, driven } = await guardedPass({ serviceAccountName: name, provider: 'aws' })
    const message =
      'FeatureGateDisabled: to use spec.serviceAccountName for provider authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller'
    assert.deepEqual(judged(object), { Stalled: `True ${message}`, Ready: `False ${message}` })
    assert.deepEqual([calls, object.status?.observedGeneration], [[], 1])
    assert.ok(driven.is === 'done' && driven.settled.backoff === undefined && driven.settled.requeueMs === undefined)
  })

  const denied: [id: BehaviourId, says: string, spec: () => Promise<JsonObject>, code: RegExp][] = [
    [
      'sources/23.1',
      'a wrong password in a secret',
      async () => ({ secretRef: { name: await scene().secret(scene().name(), configjson, config({ [guarded.address]: auth('wrong') })) } }),
      /UNAUTHORIZED/,
    ],
    [
      'sources/23.2',
      'a wrong password in a pull secret of a service account',
      async () => {
        const [name, secret] = [scene().name(), scene().name()]
        await scene().secret(secret, configjson, config({ [guarded.address]: auth('wrong') }))
        await account(name, [secret])
        return { serviceAccountName: name }
      },
      /UNAUTHORIZED/,
    ],
    ['sources/24.1', 'no secret', async () => ({}), /^failed to determine artifact digest: GET http:.*UNAUTHORIZED/],
    [
      'sources/24.2',
      'a secret for another registry',
      async () => ({ secretRef: { name: await scene().secret(scene().name(), configjson, config({ 'example.com': auth() })) } }),
      /^failed to determine artifact digest: GET http:.*UNAUTHORIZED/,
    ],
    [
      'sources/24.3',
      'a secret for another port',
      async () => ({ secretRef: { name: await scene().secret(scene().name(), configjson, config({ '127.0.0.1:1': auth() })) } }),
      /UNAUTHORIZED/,
    ],
    [
      'sources/24.4',
      'a secret of another type',
      async () => ({ secretRef: { name: await scene().secret(scene().name(), 'Opaque', config({ [guarded.address]: auth() })) } }),
      /UNAUTHORIZED/,
    ],
  ]
  for (const [id, says, spec, code] of denied)
    verifies(id, `${says}: the pull fails as unauthorized`, async () => {
      const { object } = await guardedPass(await spec())
      const [, said = ''] = /^True OCIArtifactPullFailed: (.*)$/.exec(judged(object).FetchFailed ?? '') ?? []
      assert.match(said, code)
      assert.equal(judged(object).Ready, `False OCIArtifactPullFailed: ${said}`)
      assert.ok(!JSON.stringify(object).includes(user.password))
    })

  const failing: [id: BehaviourId | undefined, says: string, spec: () => Promise<JsonObject>, message: (url: string) => string][] = [
    [
      undefined,
      'a pull secret that is not there',
      async () => ({ secretRef: { name: 'absent' } }),
      () => 'failed to get credential: secrets "absent" not found',
    ],
    [
      undefined,
      'a service account that is not there',
      async () => ({ serviceAccountName: 'absent', provider: 'gcp' }),
      () => 'failed to get credential: ServiceAccount "absent" not found',
    ],
    [
      undefined,
      'a proxy secret that is not there',
      async () => ({ proxySecretRef: { name: 'absent' } }),
      () => 'failed to get proxy address: secrets "absent" not found',
    ],
    [
      'sources/28.2',
      'a proxy secret without an address',
      async () => ({ proxySecretRef: { name: await scene().secret('no-address', 'Opaque', { username: 'user' }) } }),
      () => `failed to get proxy address: invalid proxy secret '${namespace}/no-address': key 'address' is missing`,
    ],
    [
      undefined,
      'a certificate secret that is not there',
      async () => ({ certSecretRef: { name: 'absent' } }),
      url => `failed to generate transport for '${url}': secrets "absent" not found`,
    ],
    [
      'sources/25.3',
      'a ca.crt that is no PEM',
      async () => ({ certSecretRef: { name: await scene().secret('bad-ca', 'Opaque', { 'ca.crt': 'junk' }) } }),
      url => `failed to generate transport for '${url}': cannot append certificate into certificate pool: invalid CA certificate`,
    ],
    [
      'sources/27.2',
      'a tls.key that is no PEM',
      async () => ({ certSecretRef: { name: await scene().secret('bad-key', 'Opaque', { 'tls.crt': client.cert, 'tls.key': 'junk' }) } }),
      url => `failed to generate transport for '${url}': tls: failed to find any PEM data in key input`,
    ],
  ]
  for (const [id, says, spec, message] of failing) {
    const body = async (): Promise<void> => {
      const s = scene()
      const name = s.name()
      const ref = await s.repository(name, await spec())
      const { object, calls, driven } = await s.pass(ref)
      const expected = `AuthenticationFailed: ${message(s.url(name))}`
      assert.deepEqual([judged(object).Ready, judged(object).FetchFailed, calls], [`False ${expected}`, `True ${expected}`, []])
      assert.ok(driven.is === 'done' && driven.settled.backoff)
      const events = (await s.events(ref)).map(e => `${e.type} ${e.reason}: ${e.message}`).toSorted()
      assert.deepEqual(events, [
        ...(says.startsWith('a pull secret') ? [`Normal AuthenticationFailed: auth secret 'absent' not found`] : []),
        `Warning ${expected}`,
      ])
    }
    if (id) verifies(id, `${says}: authentication fails`, body)
    else test(`${says}: authentication fails`, body)
  }

  const at = async (front: Front | undefined, spec: JsonObject) =>
    scene().pass(await scene().repository(scene().name(), { url: `oci://${front?.address ?? ''}/shared`, ...spec }))
  verifies('sources/26.2', 'a good ca.crt beside a bad caFile is trusted', async () => {
    const name = await scene().secret('both-ca', 'Opaque', { caFile: 'junk', 'ca.crt': authority.cert })
    ready.is((await at(tls, { certSecretRef: { name } })).object)
  })
  test('a client certificate is shown', async () => {
    const data = { 'ca.crt': authority.cert, 'tls.crt': client.cert, 'tls.key': client.key }
    const name = await scene().secret('mutual', 'kubernetes.io/tls', data)
    ready.is((await at(mutual, { certSecretRef: { name } })).object)
  })
  test('insecure skips verification, but not beside a certificate secret, even an empty one', async () => {
    ready.is((await at(tls, { insecure: true })).object)
    for (const data of [{ 'ca.crt': stranger.cert }, { other: 'key' }]) {
      const name = await scene().secret('strange', 'Opaque', data)
      assert.match(
        judged((await at(tls, { insecure: true, certSecretRef: { name } })).object).Ready ?? '',
        /^False OCIArtifactPullFailed: .*certificate/,
      )
      await scene().world.cluster.delete({ group: '', version: 'v1', kind: 'Secret', namespace, name }, {}, unending)
    }
  })
  test('a certificate secret without keys is no error', async () => {
    const name = await scene().secret('keyless', 'Opaque', { other: 'key' })
    ready.is((await scene().pass(await scene().repository(scene().name(), { url: scene().url('shared'), certSecretRef: { name } }))).object)
  })
  verifies('sources/171', 'a SOCKS5 proxy is used, with its user, and looks the name up', async () => {
    const s = scene()
    const front = await socksFront(s.world.registry, { user: 'user:pass' })
    const name = await s.secret(s.name(), 'Opaque', { address: `socks5://${front.address}`, username: 'user', password: 'pass' })
    const url = s.url('shared').replace(s.world.registry, 'registry.test')
    const { object } = await s.pass(await s.repository(s.name(), { url, insecure: true, proxySecretRef: { name } }))
    await front.close()
    assert.match(revisionOf(object), /^latest@sha256:/)
    assert.deepEqual([...new Set(front.asked)], ['as user:pass', 'a name registry.test:443', 'a name registry.test:80'])
  })
  test('a proxy is used, with its user', async () => {
    const s = scene()
    for (const [front, user] of [
      [proxy, {}],
      [askingProxy, { username: 'user', password: 'pass' }],
    ] as const) {
      const name = await s.secret(s.name(), 'Opaque', { address: `http://${front?.address ?? ''}`, ...user })
      const { object } = await s.pass(await s.repository(s.name(), { url: s.url('shared'), proxySecretRef: { name } }))
      assert.match(revisionOf(object), /^latest@sha256:/)
      assert.ok((front?.passed.length ?? 0) > 0, 'the proxy was passed')
    }
  })
}
