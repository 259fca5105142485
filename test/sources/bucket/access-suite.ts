import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { JsonObject } from '../../../src/lib/json.ts'
import { type BehaviourId, verifies } from '../../conformance/verifies.ts'
import { certificateAuthority } from '../../support/certificates.ts'
import { type Front, proxyFront, tlsFront } from '../../support/fronts.ts'
import { startHostile } from '../../support/hostile.ts'
import { type SocksFront, socksFront } from '../../support/socks.ts'
import { type BucketScene, judged, namespace } from './scene.ts'

const authority = certificateAuthority('authority of the store')
const stranger = certificateAuthority('another authority')
const server = authority.issue('store', ['127.0.0.1'])
const client = authority.issue('client')

/** What makes a Bucket ready, and what it says when it is not. */
export function accessTests(scene: () => BucketScene): void {
  let fronts: { tls: Front; mutual: Front; proxy: Front; askingProxy: Front }
  let socks: SocksFront
  let sts: Awaited<ReturnType<typeof startSts>>
  before(async () => {
    const { address, keys } = scene().store
    fronts = {
      tls: await tlsFront(address, server),
      mutual: await tlsFront(address, server, authority.cert),
      proxy: await proxyFront(address),
      askingProxy: await proxyFront(address, 'user:pass'),
    }
    socks = await socksFront(address, { user: 'user:pass' })
    sts = await startSts({ username: 'robot', password: 'ldap-pass', keys })
  })
  after(() => Promise.all([...Object.values(fronts), socks, sts].map(one => one.close())))

  /** How an object is judged whose bucket has one file. */
  const judgedWith = async (spec: JsonObject | (() => Promise<JsonObject>)): Promise<Record<string, string>> => {
    const ref = await scene().filled({ a: '1' }, typeof spec === 'function' ? await spec() : spec)
    return judged((await scene().run(ref)).object)
  }
  const secret = async (data: Record<string, string>, type = 'Opaque'): Promise<{ name: string }> => ({
    name: await scene().secret(scene().name(), type, data),
  })
  const ca = (): Promise<{ name: string }> => secret({ 'ca.crt': authority.cert })

  const fine: [says: string, spec: () => Promise<JsonObject>][] = [
    ['without a region, which is asked for', async () => ({ region: '' })],
    ['over TLS of an authority of its own', async () => ({ endpoint: fronts.tls.address, insecure: false, certSecretRef: await ca() })],
    [
      'over TLS with a client certificate',
      async () => ({
        endpoint: fronts.mutual.address,
        insecure: false,
        certSecretRef: await secret({ 'ca.crt': authority.cert, 'tls.crt': client.cert, 'tls.key': client.key }, 'kubernetes.io/tls'),
      }),
    ],
    [
      'through a proxy that alone knows the host',
      async () => ({ endpoint: 'store.test', proxySecretRef: await secret({ address: `http://${fronts.proxy.address}` }) }),
    ],
    [
      'through a proxy that asks for a password',
      async () => ({
        endpoint: 'store.test',
        proxySecretRef: await secret({ address: `http://${fronts.askingProxy.address}`, username: 'user', password: 'pass' }),
      }),
    ],
    [
      'through a SOCKS5 proxy that alone knows the host, and asks for a password',
      async () => ({
        endpoint: 'store.test',
        proxySecretRef: await secret({ address: `socks5://${socks.address}`, username: 'user', password: 'pass' }),
      }),
    ],
    [
      'with temporary keys for an LDAP user',
      async () => ({ sts: { provider: 'ldap', endpoint: sts.url, secretRef: await secret({ username: 'robot', password: 'ldap-pass' }) } }),
    ],
  ]
  for (const [says, spec] of fine)
    test(`a bucket is read ${says}`, async () => assert.match((await judgedWith(spec)).Ready ?? '', /^True Succeeded/))

  test('a key of each provider has its Secret, whose lack is told', async () => {
    const wanted = [
      ['generic', "required fields 'accesskey' and 'secretkey'"],
      ['aws', "required fields 'accesskey' and 'secretkey'"],
      ['gcp', "required fields 'serviceaccount'"],
      [
        'azure',
        "requires a 'clientId' or 'accountKey' field, a combination of 'tenantId', 'clientId' and 'clientSecret', or 'tenantId', 'clientId' and 'clientCertificate'",
      ],
    ] as const
    for (const [provider, why] of wanted) {
      const { name } = await secret({ other: 'x' })
      const { Ready } = await judgedWith({ provider, secretRef: { name } })
      assert.equal(Ready, `False AuthenticationFailed: invalid '${name}' secret data: ${why}`)
    }
  })

  const failing: [says: string, spec: () => Promise<JsonObject>, ready: (spec: JsonObject) => string | RegExp][] = [
    [
      'a Secret that is not there',
      async () => ({ secretRef: { name: 'absent' } }),
      () => `False AuthenticationFailed: failed to get secret '${namespace}/absent': secrets "absent" not found`,
    ],
    [
      'a Secret for certificates that has none',
      async () => ({ insecure: false, certSecretRef: await secret({}) }),
      () => 'False AuthenticationFailed: failed to create TLS config: certificate secret does not contain any TLS configuration',
    ],
    [
      'certificates under their old names',
      async () => ({ insecure: false, certSecretRef: await secret({ caFile: authority.cert }) }),
      () => 'False AuthenticationFailed: failed to create TLS config: certificate secret does not contain any TLS configuration',
    ],
    [
      'a certificate of a stranger',
      async () => ({ endpoint: fronts.tls.address, insecure: false, certSecretRef: await secret({ 'ca.crt': stranger.cert }) }),
      () =>
        /^False BucketOperationFailed: failed to confirm existence of 'source-\d+' bucket: the certificate of 127\.0\.0\.1:\d+ was not accepted/,
    ],
    [
      'a proxy without address',
      async () => ({ proxySecretRef: await secret({ username: 'x' }) }),
      () => /^False AuthenticationFailed: invalid proxy secret 'sources\/source-\d+': key 'address' is missing$/,
    ],
    [
      'keys that the store does not know',
      async () => ({ secretRef: await secret({ accesskey: 'nobody', secretkey: 'nothing' }), region: '' }),
      () =>
        /^False BucketOperationFailed: failed to confirm existence of 'source-\d+' bucket: The AWS Access Key Id you provided does not exist in our records\.$/,
    ],
    [
      'a key that is wrong, where nobody says why',
      async () => ({ secretRef: await secret({ accesskey: 'flux-user', secretkey: 'nothing' }) }),
      () => /^False BucketOperationFailed: failed to confirm existence of 'source-\d+' bucket: Access Denied\.$/,
    ],
    [
      'an LDAP user that is refused',
      async () => ({ sts: { provider: 'ldap', endpoint: sts.url, secretRef: await secret({ username: 'robot', password: 'wrong' }) } }),
      () => /^False BucketOperationFailed: failed to confirm existence of 'source-\d+' bucket: LDAP server error: no such user$/,
    ],
    [
      'an LDAP user without password',
      async () => ({ sts: { provider: 'ldap', endpoint: sts.url, secretRef: await secret({ username: 'robot' }) } }),
      () => /^False AuthenticationFailed: invalid 'source-\d+' secret data for 'ldap' STS provider: required fields username, password$/,
    ],
    [
      'an STS endpoint that is no URL',
      async () => ({ sts: { provider: 'ldap', endpoint: 'http://[::1' } }),
      () => "False URLInvalid: failed to parse STS endpoint 'http://[::1': it is no URL",
    ],
    [
      'an endpoint with a path',
      async () => ({ endpoint: 'store.test/path' }),
      () => 'False ClientError: Endpoint url cannot have fully qualified paths.',
    ],
    ['an endpoint that is no host', async () => ({ endpoint: 'not_a host' }), () => /^False ClientError: Endpoint/],
    [
      'an endpoint without account for the key of one',
      async () => ({ provider: 'azure', endpoint: 'http://localhost:1', secretRef: await secret({ accountKey: 'a2V5' }) }),
      () =>
        /^False ClientError: failed to create shared credential from 'source-\d+' Secret data: failed to extract account name from endpoint: expected 'localhost' to be a subdomain$/,
    ],
    [
      'a client certificate that is none',
      async () => ({
        provider: 'azure',
        endpoint: 'https://account.blob.core.windows.net',
        secretRef: await secret({ tenantId: 't', clientId: 'c', clientCertificate: 'secret-junk', clientCertificatePassword: 'x' }),
      }),
      () =>
        /^False ClientError: failed to create token credential from 'source-\d+' Secret: failed to parse client certificates: it is neither PEM nor PKCS#12 that can be read$/,
    ],
    [
      'credentials of Google that name a program',
      async () => ({ provider: 'gcp', secretRef: await secret({ serviceaccount: '{"type":"external_account"}' }) }),
      () =>
        /^False AuthenticationFailed: invalid 'source-\d+' secret data: 'serviceaccount' must contain a service account key with 'type' set to 'service_account'$/,
    ],
    [
      'a service account behind the gate',
      async () => ({ provider: 'aws', serviceAccountName: 'robot' }),
      () =>
        'False FeatureGateDisabled: to use spec.serviceAccountName for provider authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller',
    ],
  ]
  for (const [says, spec, ready] of failing)
    test(`not ready: ${says}`, async () => {
      const given = await spec()
      const conditions = await judgedWith(given.provider === 'aws' ? async () => given : given)
      const wanted = ready(given)
      if (typeof wanted === 'string') assert.equal(conditions.Ready, wanted)
      else assert.match(conditions.Ready ?? '', wanted)
      assert.equal(conditions.FetchFailed, conditions.Ready?.replace('False', 'True'))
    })

  test('a bucket of a cloud without a Secret is read with what the cloud gives', async () => {
    const s = scene()
    const ref = await s.filled({ a: '1' }, { provider: 'aws', secretRef: undefined, serviceAccountName: 'robot' })
    const asked: unknown[] = []
    const bucket = (async (cloud, place, { serviceAccount, proxy }) => {
      asked.push([cloud, place, serviceAccount?.name, serviceAccount?.namespace, proxy])
      return { type: 'aws', ...s.store.keys, sessionToken: 'session', expiresAt: Date.now() + 3_600_000 }
    }) as typeof s.world.hands.auth.bucket
    const auth = { ...s.world.hands.auth, bucket }
    const { object } = await s.run(ref, { hands: { auth }, settings: { objectLevelWorkloadIdentity: true } })
    assert.match(judged(object).Ready ?? '', /^True Succeeded/)
    assert.deepEqual(asked, [['aws', { region: 'us-east-1', stsEndpoint: undefined }, 'robot', namespace, undefined]])
  })

  test('a bucket of a cloud that does not know this process', async () => {
    const s = scene()
    const auth = { ...s.world.hands.auth, bucket: () => Promise.reject(new Error('nobody is here')) }
    const ref = await s.filled({ a: '1' }, { provider: 'gcp', serviceAccountName: 'robot' })
    const { object } = await s.run(ref, { hands: { auth }, settings: { objectLevelWorkloadIdentity: true } })
    assert.equal(judged(object).Ready, 'False AuthenticationFailed: failed to get credential from gcp: nobody is here')
  })

  const identities: [says: string, data: Record<string, string>, place: object][] = [
    [
      'a managed identity that a Secret names by its client',
      { clientId: 'some-client' },
      { managedClientId: 'some-client', authorityHost: undefined },
    ],
    [
      'this process, at the authority that is all a Secret has,',
      { authorityHost: 'https://login.example.com', tenantId: 'unused' },
      { managedClientId: undefined, authorityHost: 'https://login.example.com' },
    ],
  ]
  for (const [says, data, place] of identities)
    test(`${says} is asked for`, async () => {
      const s = scene()
      const asked: unknown[] = []
      const bucket = (async (cloud, wanted) => {
        asked.push([cloud, wanted])
        throw new Error('no such identity')
      }) as typeof s.world.hands.auth.bucket
      const { name } = await secret(data)
      const spec = { provider: 'azure', endpoint: 'https://account.blob.core.windows.net', secretRef: { name } }
      const { object } = await s.run(await s.filled({}, spec), { hands: { auth: { ...s.world.hands.auth, bucket } } })
      assert.equal(judged(object).Ready, 'False AuthenticationFailed: failed to get credential from azure: no such identity')
      assert.deepEqual(asked, [['azure', place]])
    })

  test('a bucket that is not there', async () => {
    const s = scene()
    const ref = await s.bucket(s.name())
    const { object, driven } = await s.run(ref)
    const why = `BucketOperationFailed: bucket '${ref.name}' not found`
    assert.deepEqual(judged(object), {
      Reconciling: 'True ProgressingWithRetry: building artifact',
      Ready: `False ${why}`,
      FetchFailed: `True ${why}`,
    })
    assert.deepEqual([object.status?.observedGeneration, object.status?.artifact], [-1, undefined])
    assert.equal((await s.event(ref, 'BucketOperationFailed')).message, `bucket '${ref.name}' not found`)
    assert.ok(driven.is === 'done' && driven.settled.backoff === true)
  })

  test('a bucket that comes back says so', async () => {
    const s = scene()
    const ref = await s.bucket(s.name())
    await s.run(ref)
    await s.store.create(ref.name)
    await s.store.put(ref.name, 'a', '1')
    assert.match(judged((await s.run(ref)).object).Ready ?? '', /^True/)
    s.store.answer = (_, response) => {
      response.writeHead(403).end()
      return true
    }
    const failed = await s.run(ref)
    s.store.answer = undefined
    assert.match(judged(failed.object).Ready ?? '', /^False BucketOperationFailed: .* Access Denied\.$/)
    assert.match(judged((await s.run(ref)).object).Ready ?? '', /^True/)
    assert.equal((await s.event(ref, 'Succeeded')).message, `stored artifact with 1 fetched files from '${ref.name}' bucket`)
  })

  const refused: [id: BehaviourId, spec: JsonObject, why: string][] = [
    [
      'sources/153',
      { provider: 'gcp', sts: { provider: 'aws', endpoint: 'http://sts.test' } },
      "STS configuration is only supported for the 'aws' and 'generic' Bucket providers",
    ],
    [
      'sources/154',
      { provider: 'generic', sts: { provider: 'aws', endpoint: 'http://sts.test' } },
      "'ldap' is the only supported STS provider for the 'generic' Bucket provider",
    ],
  ]
  for (const [id, spec, why] of refused)
    verifies(id, `refused: ${why}`, async () => {
      const name = scene().name()
      await scene().store.create(name)
      await assert.rejects(scene().bucket(name, spec), (thrown: Error) => thrown.message.includes(why))
    })
}

/** A token service for one LDAP user. */
async function startSts({ username, password, keys }: { username: string; password: string; keys: BucketScene['store']['keys'] }) {
  return startHostile(async (request, response) => {
    let body = ''
    for await (const part of request) body += String(part)
    const form = new URLSearchParams(body)
    const isUser = form.get('LDAPUsername') === username && form.get('LDAPPassword') === password
    if (request.method !== 'POST' || form.get('Action') !== 'AssumeRoleWithLDAPIdentity' || form.get('Version') !== '2011-06-15' || !isUser)
      return void response
        .writeHead(400)
        .end(
          '<ErrorResponse><Error><Code>InvalidParameterValue</Code><Message>LDAP server error: no such user</Message></Error></ErrorResponse>',
        )
    response.end(
      `<AssumeRoleWithLDAPIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithLDAPIdentityResult><Credentials><AccessKeyId>${keys.accessKeyId}</AccessKeyId><SecretAccessKey>${keys.secretAccessKey}</SecretAccessKey><SessionToken>session</SessionToken></Credentials></AssumeRoleWithLDAPIdentityResult></AssumeRoleWithLDAPIdentityResponse>`,
    )
  })
}
