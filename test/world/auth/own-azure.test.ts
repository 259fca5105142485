import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { metadataDoor } from '../../../src/world/http/metadata.ts'
import { managedOrigins } from '../../../src/world/auth/azure-managed.ts'
import { azureClient, azureUser, clientPem } from '../../support/clouds/azure.ts'
import { arcKey, arcPort, serviceHeader } from '../../support/clouds/azure-managed.ts'
import { unending } from '../../support/unending.ts'
import { nobody, theClouds } from './stage.ts'

const { clock, clouds } = theClouds()
const root = mkdtempSync(join(tmpdir(), 'fluxpilot-root-'))
after(() => rmSync(root, { recursive: true, force: true }))
const put = (path: string, text: string): string => {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
  return path
}
const tokens = '/var/opt/azcmagent/tokens'
const challenge = (file: string) => ({ status: 401, body: '', headers: { 'www-authenticate': `Basic realm=${file}` } })
beforeEach(() => {
  clouds().asked.length = 0
  clouds().tools.machine.clear()
  clouds()
    .tools.machine.set('azure', { status: 200, body: '' })
    .set('arc', challenge(put(`${tokens}/good.key`, arcKey)))
})

const id = { AZURE_TENANT_ID: azureClient.tenant, AZURE_CLIENT_ID: azureClient.client }
const vector = (name: string): string => join(dirname(clientPem), name)
const entra = 'POST login.microsoftonline.com/tenant-1/oauth2/v2.0/token'
const here = (): string => clouds().machine().replace('http://', '')
const ways: [says: string, env: () => Record<string, string>, asked: () => string[]][] = [
  ['a client certificate in PEM', () => ({ ...id, AZURE_CLIENT_CERTIFICATE_PATH: clientPem }), () => [entra]],
  [
    'a client certificate in PKCS#12, with its chain',
    () => ({
      ...id,
      AZURE_CLIENT_CERTIFICATE_PATH: vector('triple-des.p12'),
      AZURE_CLIENT_CERTIFICATE_PASSWORD: 'password',
      AZURE_CLIENT_SEND_CERTIFICATE_CHAIN: 'TRUE',
    }),
    () => [entra],
  ],
  ['a user with a password', () => ({ ...id, AZURE_USERNAME: azureUser.username, AZURE_PASSWORD: azureUser.password }), () => [entra]],
  [
    'the identity of App Service',
    () => ({ IDENTITY_ENDPOINT: `${clouds().machine()}/app-service/token`, IDENTITY_HEADER: serviceHeader }),
    () => [`GET ${here()}/app-service/token`],
  ],
  [
    'the identity of Service Fabric',
    () => ({
      IDENTITY_ENDPOINT: 'https://fabric.example.com/fabric/token',
      IDENTITY_HEADER: serviceHeader,
      IDENTITY_SERVER_THUMBPRINT: 'ab',
    }),
    () => ['GET fabric.example.com/fabric/token'],
  ],
  [
    'the identity of Azure Machine Learning',
    () => ({ MSI_ENDPOINT: `${clouds().machine()}/ml/token`, MSI_SECRET: serviceHeader, DEFAULT_IDENTITY_CLIENT_ID: 'own' }),
    () => [`GET ${here()}/ml/token`],
  ],
  [
    'the person of Cloud Shell',
    () => ({ MSI_ENDPOINT: `${clouds().machine()}/cloud-shell/token` }),
    () => [`POST ${here()}/cloud-shell/token`],
  ],
  [
    'the identity of Azure Arc, named by the environment',
    () => ({ IDENTITY_ENDPOINT: `${clouds().machine()}/metadata/identity/oauth2/token`, IMDS_ENDPOINT: 'http://localhost:40342' }),
    () => Array<string>(2).fill(`GET ${here()}/metadata/identity/oauth2/token`),
  ],
]
for (const [says, env, asked] of ways)
  test(`Azure: this process signs in by ${says}`, async () => {
    const auth = clouds().auth({ env: env(), root })
    const login = await auth.registry('azure', 'foo.azurecr.io/app', nobody)
    assert.equal(login.username, '00000000-0000-0000-0000-000000000000')
    assert.deepEqual(clouds().asked, [...asked(), 'POST foo.azurecr.io/oauth2/exchange'])
    const { token, expiresAt } = await auth.bucket('azure', {}, nobody)
    assert.ok(clouds().issued.has(token))
    assert.equal(expiresAt, clock.now() + 3_600_000)
  })

test('Azure: the agent of Azure Arc is found by its program', async () => {
  put('/opt/azcmagent/bin/himds', '')
  const { token } = await clouds().auth({ root }).bucket('azure', {}, nobody)
  rmSync(join(root, 'opt'), { recursive: true })
  assert.ok(clouds().issued.has(token))
  assert.deepEqual(clouds().asked, Array(2).fill(`GET 127.0.0.1:${arcPort}/metadata/identity/oauth2/token`))
})

const arc: [says: string, answer: () => { status: number; body: string; headers?: Record<string, string> }, message: RegExp][] = [
  ['no challenge', () => ({ status: 200, body: '{}' }), /expected a 401 response, received 200$/],
  ['a challenge without file', () => ({ status: 401, body: '' }), /response has no www-authenticate header with a basic realm$/],
  [
    'a file elsewhere',
    () => challenge(put('/etc/other.key', 'secret')),
    /invalid file path, expected \/var\/opt\/azcmagent\/tokens, got \/etc$/,
  ],
  ['a way out of the folder', () => challenge(`${tokens}/../other.key`), /invalid file path, .* got \/var\/opt\/azcmagent\/tokens\/\.\.$/],
  ['a file that is no key', () => challenge(put(`${tokens}/shadow`, 'secret')), /invalid file extension, expected \.key, got $/],
  ['a key that is not there', () => challenge(`${tokens}/absent.key`), /failed to get metadata for .*absent\.key: ENOENT/],
  ['a large file', () => challenge(put(`${tokens}/large.key`, 'x'.repeat(4097))), /expected 4096, file size was 4097$/],
  ['a folder', () => challenge(dirname(put(`${tokens}/folder.key/x`, ''))), /folder\.key is no file$/],
  ['an empty file', () => challenge(put(`${tokens}/empty.key`, '\n')), /empty\.key has no key$/],
]
for (const [says, answer, message] of arc)
  test(`Azure Arc: ${says} is refused, and nothing of this machine is sent`, async () => {
    clouds().tools.machine.set('arc', answer())
    clouds().seen.length = 0
    const env = { IDENTITY_ENDPOINT: `${clouds().machine()}/metadata/identity/oauth2/token`, IMDS_ENDPOINT: 'x' }
    await assert.rejects(clouds().auth({ env, root }).bucket('azure', {}, nobody), { code: 'BAD_ANSWER', message })
    assert.deepEqual(
      clouds().seen.map(({ headers }) => headers.authorization),
      [undefined],
    )
  })

const told: [says: string, env: Record<string, string>, code: string, message: RegExp][] = [
  [
    'a certificate that is not there',
    { ...id, AZURE_CLIENT_CERTIFICATE_PATH: '/nowhere/client.pem', AZURE_FEDERATED_TOKEN_FILE: '/nowhere/token' },
    'NO_IDENTITY',
    /EnvironmentCredential: AZURE_CLIENT_CERTIFICATE_PATH: ENOENT/,
  ],
  [
    'the wrong password of one',
    { ...id, AZURE_CLIENT_CERTIFICATE_PATH: vector('triple-des.p12'), AZURE_CLIENT_CERTIFICATE_PASSWORD: 'secret-and-wrong' },
    'NO_IDENTITY',
    /AZURE_CLIENT_CERTIFICATE_PATH: pkcs12: decryption password incorrect$/,
  ],
  ['a user without password', { ...id, AZURE_USERNAME: 'robot' }, 'NO_IDENTITY', /no value for AZURE_PASSWORD$/],
  [
    'a user whom Entra refuses',
    { ...id, AZURE_USERNAME: 'robot', AZURE_PASSWORD: 'secret-and-wrong' },
    'DENIED',
    /UsernamePasswordCredential authentication failed: .*AADSTS50126/,
  ],
  [
    'a service in plain HTTP elsewhere',
    { IDENTITY_ENDPOINT: 'http://example.com/', IDENTITY_HEADER: 'secret-header' },
    'NO_IDENTITY',
    /IDENTITY_ENDPOINT must be an address of this machine, or use https$/,
  ],
  [
    'a client of Cloud Shell',
    { MSI_ENDPOINT: 'http://localhost:1/', AZURE_CLIENT_ID: 'some' },
    'NO_IDENTITY',
    /Cloud Shell doesn't support user-assigned managed identities$/,
  ],
]
for (const [says, env, code, message] of told)
  test(`Azure: ${says}: that is told, and nobody else signs in`, async () => {
    await assert.rejects(
      clouds().auth({ env, root }).bucket('azure', {}, nobody),
      (thrown: Error & { code: string }) => message.test(thrown.message) && thrown.code === code && !thrown.message.includes('secret-'),
    )
    assert.ok(!clouds().asked.some(line => line.includes('169.254.169.254')))
  })

test('Azure: an authority that a Secret names is that of the client, and no other identity is shared with it', async () => {
  const env = { ...id, AZURE_CLIENT_SECRET: azureClient.secret }
  const auth = clouds().auth({ env })
  await auth.bucket('azure', { authorityHost: 'https://login.microsoftonline.com/' }, nobody)
  await auth.bucket('azure', {}, nobody)
  await auth.bucket('azure', { authorityHost: 'https://login.chinacloudapi.cn' }, nobody)
  assert.deepEqual(clouds().asked, [entra, entra, entra.replace('login.microsoftonline.com', 'login.chinacloudapi.cn')])
  await assert.rejects(auth.bucket('azure', { authorityHost: 'http://login.example.com' }, nobody), {
    code: 'WRONG_INPUT',
    message: /authorityHost must use https$/,
  })
})

test('the door leads to a link-local address that the environment names for managed identities, and to no other', async () => {
  const origins = managedOrigins({
    IDENTITY_ENDPOINT: 'http://169.254.129.2:8081/msi/token',
    MSI_ENDPOINT: 'http://example.com/',
  })
  assert.deepEqual(origins, ['http://169.254.129.2:8081'])
  assert.deepEqual(managedOrigins({ IDENTITY_ENDPOINT: 'http://127.0.0.1:1/', MSI_ENDPOINT: 'no URL' }), [])
  const door = metadataDoor({ also: origins, at: () => clouds().machine() })
  const answer = await door.send({ method: 'GET', url: 'http://169.254.129.2:8081/msi/token' }, unending)
  await answer.body.cancel()
  assert.equal(answer.status, 404)
  await assert.rejects(door.send({ method: 'GET', url: 'http://169.254.129.2:8082/' }, unending), { name: 'TypeError' })
})
