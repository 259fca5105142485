import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { conditionsOf } from '../../../src/kinds/manifest.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import type { Cloud } from '../../../src/world/auth/provider.ts'
import { realClock } from '../../../src/world/clock/real.ts'
import { openRegistries } from '../../../src/world/registry/open.ts'
import type { Hands } from '../../../src/world/world.ts'
import { verifies } from '../../conformance/verifies.ts'
import { type Clouds, startClouds } from '../../support/clouds/clouds.ts'
import { personKeys } from '../../support/clouds/aws.ts'
import { pool } from '../../support/clouds/google.ts'
import { ensureNamespace } from '../../support/world.ts'
import { judged, namespace, type Pass, revisionOf, type Scene } from './scene.ts'

const hosts = { aws: '123456789012.dkr.ecr.us-east-1.amazonaws.com', azure: 'foo.azurecr.io', gcp: 'europe-docker.pkg.dev' } as const
const clouds = ['aws', 'azure', 'gcp'] as const
const env = { AWS_ACCESS_KEY_ID: personKeys.accessKeyId, AWS_SECRET_ACCESS_KEY: personKeys.secretAccessKey }
const emailKey = 'iam.gke.io/gcp-service-account'

const annotationsOf = (account: string): Record<string, string> => ({
  'eks.amazonaws.com/role-arn': `arn:aws:iam::123456789012:role/${namespace}.${account}`,
  'azure.workload.identity/tenant-id': 'tenant-1',
  'azure.workload.identity/client-id': `${namespace}.${account}`,
  'gcp.auth.fluxcd.io/workload-identity-provider': pool,
  [emailKey]: `${namespace}-${account}@project-id.iam.gserviceaccount.com`,
})

/** OCIRepositories of clouds' registries, under the names that they have. */
export function cloudTests(scene: () => Scene): void {
  let played: Clouds
  before(async () => {
    played = await startClouds({ clock: realClock, registry: scene().world.registry })
    await scene().push('cloudy', 'latest', { a: '1' })
  })
  after(() => played?.close())

  const account = (name: string, annotations = annotationsOf(name), at = namespace): Promise<unknown> =>
    scene().apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: at, annotations } })
  const handsOf = (auth: Hands['auth']): Partial<Hands> => ({
    auth,
    registries: openRegistries({ http: played.http, clock: realClock, env: {}, home: scene().world.folder }),
  })
  const url = (cloud: Cloud): string => `oci://${hosts[cloud]}/cloudy`
  const passing = async (spec: JsonObject, { auth = played.auth({ env }), gate = true, name = scene().name() } = {}) => {
    const ref = await scene().repository(name, spec)
    const pass = await scene().pass(ref, { hands: handsOf(auth), settings: { objectLevelWorkloadIdentity: gate } })
    return { ref, ...pass, again: () => scene().pass(ref, { hands: handsOf(auth), settings: { objectLevelWorkloadIdentity: gate } }) }
  }
  const failedAs = ({ object, driven }: Pick<Pass, 'object' | 'driven'>): string => {
    assert.equal(judged(object).FetchFailed?.replace('True', 'False'), judged(object).Ready)
    assert.ok(driven.is === 'done' && driven.settled.backoff)
    return judged(object).Ready ?? ''
  }

  for (const cloud of clouds) {
    test(`${cloud}: a service account signs in, and what is kept is used again`, async () => {
      await account('tenant')
      const { object, ref, again } = await passing({ url: url(cloud), provider: cloud, serviceAccountName: 'tenant' })
      assert.match(judged(object).Ready ?? '', /^True Succeeded/)
      assert.match(revisionOf(object), /^latest@sha256:/)
      const before = played.asked.filter(line => !line.includes('/v2/') && !line.includes('/oauth2/token')).length
      assert.match(judged((await again()).object).Ready ?? '', /^True Succeeded/)
      assert.equal(played.asked.filter(line => !line.includes('/v2/') && !line.includes('/oauth2/token')).length, before)
      const told = JSON.stringify([object, await scene().events(ref)])
      assert.ok([...played.issued].every(secret => !told.includes(secret)))
    })
    test(`${cloud}: without a service account the identity of the process signs in, whatever the gate`, async () => {
      played.tools.machine.set('azure', { status: 200, body: '' }).set('google', { status: 200, body: '' })
      const { object } = await passing({ url: url(cloud), provider: cloud }, { gate: false })
      assert.match(judged(object).Ready ?? '', /^True Succeeded/)
      played.tools.machine.clear()
    })
    test(`${cloud}: another registry gets no credentials`, async () => {
      await account('tenant')
      const { failed, calls } = await passing({ url: scene().url('cloudy'), provider: cloud, serviceAccountName: 'tenant' }).then(pass => ({
        failed: failedAs(pass),
        calls: pass.calls,
      }))
      const at = scene().url('cloudy').replace('oci://', '')
      assert.ok(
        failed.startsWith(
          `False AuthenticationFailed: failed to get credential from ${cloud}: failed to parse artifact repository '${at}': invalid `,
        ),
      )
      assert.deepEqual(calls, [])
    })
    test(`${cloud}: an identity that trusts another account is refused, in the words of the cloud`, async () => {
      await account('stranger', annotationsOf('tenant'))
      const pass = await passing({ url: url(cloud), provider: cloud, serviceAccountName: 'stranger' })
      const words = `failed to get credential from ${cloud}: failed to create provider access token for service account '${namespace}/stranger': `
      assert.ok(failedAs(pass).startsWith(`False AuthenticationFailed: ${words}`), failedAs(pass))
      assert.deepEqual(
        (await scene().events(pass.ref)).map(e => `${e.type} ${e.reason}: ${e.message}`),
        [`Warning ${failedAs(pass).replace('False ', '')}`],
      )
      assert.ok(!/eyJ/.test(failedAs(pass)), 'no token is told')
    })
    test(`${cloud}: a tenant of another namespace with the same name and annotations gets nothing of it`, async () => {
      await account('tenant')
      const auth = played.auth()
      await passing({ url: url(cloud), provider: cloud, serviceAccountName: 'tenant' }, { auth })
      await ensureNamespace(scene().world.cluster, 'thieves')
      await account('tenant', annotationsOf('tenant'), 'thieves')
      const name = scene().name()
      await scene().apply({
        apiVersion: 'source.toolkit.fluxcd.io/v1',
        kind: 'OCIRepository',
        metadata: { name, namespace: 'thieves' },
        spec: { url: url(cloud), interval: '10m', provider: cloud, serviceAccountName: 'tenant' },
      })
      const ref = { group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'OCIRepository', namespace: 'thieves', name }
      const pass = await scene().pass(ref, { hands: handsOf(auth), settings: { objectLevelWorkloadIdentity: true } })
      assert.match(failedAs(pass), /^False AuthenticationFailed: .* for service account 'thieves\/tenant': /)
    })
  }

  verifies('sources/14.2', 'with the gate the service account signs in, without it the object stalls and nothing is asked', async () => {
    await account('tenant')
    const name = scene().name()
    const spec = { url: url('aws'), provider: 'aws', serviceAccountName: 'tenant' }
    const before = played.asked.length
    assert.match(judged((await passing(spec, { gate: false, name })).object).Stalled ?? '', /^True FeatureGateDisabled/)
    assert.equal(played.asked.length, before)
    const { object } = await passing(spec, { name })
    assert.match(judged(object).Ready ?? '', /^True Succeeded/)
    assert.equal(judged(object).Stalled, undefined)
  })
  verifies('sources/22.2', 'a pull secret beats the service account’s cloud, even one of no use', async () => {
    const secret = await scene().secret(scene().name(), 'Opaque', { some: 'text' })
    await account('tenant')
    const before = played.asked.filter(line => line.includes('sts.')).length
    const pass = await passing({ url: url('aws'), provider: 'aws', serviceAccountName: 'tenant', secretRef: { name: secret } })
    assert.match(failedAs(pass), /^False OCIArtifactPullFailed: .*UNAUTHORIZED/)
    assert.equal(played.asked.filter(line => line.includes('sts.')).length, before)
  })
  test('a login that ends within the pass fails it; the next one signs in again', async () => {
    await account('tenant')
    const name = scene().name()
    const spec = { url: url('aws'), provider: 'aws', serviceAccountName: 'tenant' }
    played.tools.lifeMs = 0
    const auth = played.auth()
    assert.match(
      failedAs(await passing(spec, { auth, name })),
      /AuthenticationFailed: .*ExpiredTokenException|OCIArtifactPullFailed: .*UNAUTHORIZED/,
    )
    played.tools.lifeMs = 3_600_000
    played.instead = ({ host, url: { pathname } }, response) =>
      host === hosts.aws &&
      pathname.includes('/blobs/') &&
      (response.writeHead(401, { 'www-authenticate': 'Basic realm="ecr"' }).end(), true)
    assert.match(failedAs(await passing(spec, { auth, name })), /^False OCIArtifactLayerOperationFailed/)
    played.instead = undefined
    assert.match(judged((await passing(spec, { auth, name })).object).Ready ?? '', /^True Succeeded/)
  })
  test('a cloud that is down, slow or talks nonsense fails the pass within its timeout, and keeps the artifact', async () => {
    await account('tenant')
    const name = scene().name()
    const spec = { url: url('azure'), provider: 'azure', serviceAccountName: 'tenant' }
    const first = (await passing(spec, { name })).object
    const entra = (answer: NonNullable<Clouds['instead']>): NonNullable<Clouds['instead']> => {
      return (seen, response) => seen.host.startsWith('login.') && answer(seen, response)
    }
    const begin = 'failed to get credential from azure: '
    for (const [answer, timeout, words] of [
      [entra((_, response) => (response.destroy(), true)), '60s', 'login.microsoftonline.com gave no answer'],
      [entra(() => true), '50ms', 'context deadline exceeded: signing in to azure took longer than 50ms'],
      [entra((_, response) => (response.end('<html>'), true)), '60s', 'the answer of login.microsoftonline.com is no JSON object'],
    ] as const) {
      played.instead = answer
      const pass = await passing({ ...spec, timeout }, { name })
      played.instead = undefined
      const { reason, message = '' } = conditionsOf(pass.object).find(c => c.type === 'Ready') ?? {}
      assert.equal(reason, 'AuthenticationFailed')
      assert.ok(message.startsWith(begin) && message.includes(words), message)
      assert.equal(revisionOf(pass.object), revisionOf(first))
    }
  })
  test('a service account that may not be read or is gone fails as Flux says it', async () => {
    const pass = await passing({ url: url('aws'), provider: 'aws', serviceAccountName: 'absent' })
    assert.equal(failedAs(pass), 'False AuthenticationFailed: failed to get credential: ServiceAccount "absent" not found')
  })
}
