import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { metadataDoor } from '../../../src/world/http/metadata.ts'
import { personKeys } from '../../support/clouds/aws.ts'
import { azureClient } from '../../support/clouds/azure.ts'
import { githubApp } from '../../support/clouds/github.ts'
import { googleKey, pool } from '../../support/clouds/google.ts'
import { unending } from '../../support/unending.ts'
import { nobody, roleOf, theClouds } from './stage.ts'

const { clock, clouds } = theClouds()
const home = mkdtempSync(join(tmpdir(), 'fluxpilot-home-'))
after(() => rmSync(home, { recursive: true, force: true }))
const put = (path: string, text: string): string => {
  const file = join(home, path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, text)
  return file
}
const ecr = '123456789012.dkr.ecr.us-east-1.amazonaws.com/app'
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const token = (audience: string): string =>
  `${part({})}.${part({ aud: [audience], exp: clock.now() / 1000 + 600, sub: 'system:serviceaccount:flux-system:source-controller' })}.c2ln`
const own = 'flux-system/source-controller'

let tools = 0
/** A program that prints a text. */
const tool = (name: string, text: string, code = 0): string => {
  const file = put(`tools-${++tools}/${name}`, `#!/bin/sh\ncat <<'EOT'\n${text}\nEOT\nexit ${code}\n`)
  chmodSync(file, 0o755)
  return file
}

const { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY } = personKeys
const ini = `[other]\naws_access_key_id = x\n[default]\naws_access_key_id = ${AWS_ACCESS_KEY_ID}\naws_secret_access_key = ${AWS_SECRET_ACCESS_KEY}\n`
const aws: [says: string, env: () => Record<string, string>, role: string | undefined, first: string][] = [
  ['keys of the environment', () => ({ AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY }), undefined, 'POST api.ecr.us-east-1.amazonaws.com/'],
  [
    'a web identity',
    () => ({
      AWS_WEB_IDENTITY_TOKEN_FILE: put('token', `${token('sts.amazonaws.com')}\n`),
      AWS_ROLE_ARN: roleOf(own),
      AWS_ROLE_SESSION_NAME: 'flux',
    }),
    undefined,
    'POST sts.us-east-1.amazonaws.com/',
  ],
  [
    'shared files',
    () => ({ AWS_SHARED_CREDENTIALS_FILE: put('aws-credentials', ini) }),
    undefined,
    'POST api.ecr.us-east-1.amazonaws.com/',
  ],
  [
    'a profile of shared files',
    () => ({ AWS_PROFILE: 'work', AWS_CONFIG_FILE: put('aws-config', ini.replace('[default]', '[profile work]')) }),
    undefined,
    'POST api.ecr.us-east-1.amazonaws.com/',
  ],
  [
    'EKS Pod Identity',
    () => ({
      AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials',
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: put('pod-token', 'token-of-the-container'),
    }),
    undefined,
    'GET 169.254.170.23/v1/credentials',
  ],
  [
    'EKS Pod Identity over IPv6',
    () => ({
      AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://[fd00:ec2::23]/v1/credentials',
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'token-of-the-container',
    }),
    undefined,
    'GET [fd00:ec2::23]/v1/credentials',
  ],
  [
    'a container of ECS',
    () => ({ AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v1/credentials' }),
    undefined,
    'GET 169.254.170.2/v1/credentials',
  ],
  ['the role of its machine', () => ({}), 'node-role', 'PUT 169.254.169.254/latest/api/token'],
]
for (const [says, env, role, first] of aws)
  test(`AWS: this process signs in by ${says}`, async () => {
    if (role !== undefined) clouds().tools.machine.set('aws-role', { status: 200, body: role })
    clouds().asked.length = 0
    const login = await clouds().auth({ env: env(), home }).registry('aws', ecr, nobody)
    assert.ok(clouds().issued.has(login.password))
    assert.equal(clouds().asked[0], first)
    assert.equal(clouds().asked.at(-1), 'POST api.ecr.us-east-1.amazonaws.com/')
    clouds().tools.machine.clear()
  })

const control = 'failed to create provider access token for the controller: '
const none: [says: string, env: Record<string, string>, message: RegExp][] = [
  ['nothing is there', {}, /no EC2 IMDS role found, operation error ec2imds: GetMetadata, http response error StatusCode: 404$/],
  ['the metadata service is forbidden', { AWS_EC2_METADATA_DISABLED: 'TRUE' }, /access disabled to EC2 IMDS via environment variable$/],
  ['a profile is not there', { AWS_PROFILE: 'absent' }, /failed to get shared config profile, absent$/],
  [
    'the container address is anybody’s',
    { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://example.com/' },
    /only loopback, https, ECS and EKS hosts are allowed$/,
  ],
  [
    'the container address is of the metadata service’s network',
    { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.1.1/' },
    /only loopback, https, ECS and EKS hosts are allowed$/,
  ],
  [
    'the token file is not there',
    { AWS_WEB_IDENTITY_TOKEN_FILE: '/nowhere/x', AWS_ROLE_ARN: 'r' },
    /the web identity token cannot be read: ENOENT/,
  ],
]
for (const [says, env, message] of none)
  test(`AWS: ${says}: that is told`, async () => {
    await assert.rejects(clouds().auth({ env, home }).registry('aws', ecr, nobody), (thrown: Error) => {
      assert.ok(thrown.message.startsWith(control), thrown.message)
      assert.match(thrown.message, message)
      return true
    })
  })
test('AWS: a profile that needs its own tools is told apart, with what to do', async () => {
  const file = put('sso', '[profile sso]\nsso_session = s\n')
  await assert.rejects(
    clouds()
      .auth({ env: { AWS_PROFILE: 'sso', AWS_CONFIG_FILE: file } })
      .registry('aws', ecr, nobody),
    {
      code: 'NO_IDENTITY',
      message: /signs in by sso_session, which needs AWS' own tool: .*export-credentials/,
    },
  )
})
test('AWS: a bucket without a region needs that of the process', async () => {
  const env = { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY }
  await assert.rejects(clouds().auth({ env }).bucket('aws', {}, nobody), { message: /AWS_REGION environment variable is not set/ })
  const keys = await clouds()
    .auth({ env: { ...env, AWS_REGION: 'us-east-1' } })
    .bucket('aws', {}, nobody)
  assert.deepEqual([keys.accessKeyId, keys.sessionToken], [AWS_ACCESS_KEY_ID, undefined])
})
test('AWS: CodeCommit takes a signature of its URL, for a quarter of an hour', async () => {
  const env = { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN: 'session/token=' }
  const url = 'https://git-codecommit.us-east-1.amazonaws.com/v1/repos/app'
  const login = await clouds().auth({ env }).git('aws', url, nobody)
  assert.ok(login.type === 'basic')
  assert.equal(login.username, `${AWS_ACCESS_KEY_ID}%session/token=`)
  assert.match(login.password, /^20260101T\d{6}Z[0-9a-f]{64}$/)
  assert.equal(login.expiresAt, clock.now() + 900_000)
  for (const [wrong, message] of [
    ['http://git-codecommit.us-east-1.amazonaws.com/v1/repos/app', 'AWS CodeCommit authentication requires an HTTPS Git URL'],
    [
      'https://git-codecommit.us-east-1.amazonaws.com.example.com/r',
      'invalid AWS CodeCommit Git URL: git-codecommit.us-east-1.amazonaws.com.example.com',
    ],
    ['https://github.com/org/app', 'invalid AWS CodeCommit Git URL: github.com'],
    ['nothing', 'Git URL must be specified for AWS CodeCommit authentication'],
  ] as const)
    await assert.rejects(clouds().auth({ env }).git('aws', wrong, nobody), { code: 'WRONG_INPUT', message })
  await assert.rejects(clouds().auth({ env }).git('gcp', url, nobody), { message: 'unsupported provider' })
})

test('AWS: where a person sits its own tool follows such a profile, and its failure says what to do', async () => {
  const file = put('sso-2', '[profile sso]\nsso_session = s\n')
  const expires = new Date(clock.now() + 3_600_000).toISOString()
  const keys = {
    Version: 1,
    AccessKeyId: AWS_ACCESS_KEY_ID,
    SecretAccessKey: AWS_SECRET_ACCESS_KEY,
    SessionToken: 'session',
    Expiration: expires,
  }
  const env = { AWS_PROFILE: 'sso', AWS_CONFIG_FILE: file, AWS_REGION: 'us-east-1' }
  const given = [tool('aws', JSON.stringify(keys)), tool('aws', 'secret-of-a-person, no JSON'), tool('aws', '{}', 1), put('empty/x', '')]
  const [good = env, junk = env, broken = env, absent = env] = given.map(path => ({ ...env, PATH: `${join(path, '..')}:/bin:/usr/bin` }))
  assert.deepEqual(await clouds().auth({ env: good, vendorTools: true }).bucket('aws', {}, nobody), {
    type: 'aws',
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    sessionToken: 'session',
    expiresAt: Date.parse(expires),
  })
  for (const [wrong, message] of [
    [junk, /aws ended with code 0 and no JSON: the AWS profile 'sso' signs in by sso_session/],
    [broken, /aws ended with code 1: /],
    [{ ...absent, PATH: join(home, 'empty') }, /aws is not on PATH: /],
  ] as const)
    await assert.rejects(
      clouds().auth({ env: wrong, vendorTools: true }).bucket('aws', {}, nobody),
      (thrown: Error) => message.test(thrown.message) && !thrown.message.includes('secret-of'),
    )
})
test('Azure: where a person sits az is asked, and not elsewhere', async () => {
  const path = tool('az', JSON.stringify({ accessToken: 'token-of-az-login', expires_on: clock.now() / 1000 + 60 }))
  const env = { PATH: `${join(path, '..')}:${process.env.PATH}` }
  const { token: given, expiresAt } = await clouds().auth({ env, vendorTools: true }).bucket('azure', {}, nobody)
  assert.deepEqual([given, expiresAt], ['token-of-az-login', clock.now() + 60_000])
  await assert.rejects(clouds().auth({ env }).bucket('azure', {}, nobody), { message: /ManagedIdentityCredential authentication failed/ })
})

const azure: [says: string, env: () => Record<string, string>, first: string][] = [
  [
    'a client secret',
    () => ({ AZURE_TENANT_ID: azureClient.tenant, AZURE_CLIENT_ID: azureClient.client, AZURE_CLIENT_SECRET: azureClient.secret }),
    'POST login.microsoftonline.com/tenant-1/oauth2/v2.0/token',
  ],
  [
    'workload identity',
    () => ({
      AZURE_TENANT_ID: azureClient.tenant,
      AZURE_CLIENT_ID: 'flux-system.source-controller',
      AZURE_FEDERATED_TOKEN_FILE: put('azure-token', token('api://AzureADTokenExchange')),
      AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.com/',
    }),
    'POST login.microsoftonline.com/tenant-1/oauth2/v2.0/token',
  ],
  ['the identity of its machine', () => ({}), 'GET 169.254.169.254/metadata/identity/oauth2/token'],
]
for (const [says, env, first] of azure)
  test(`Azure: this process signs in by ${says}`, async () => {
    clouds().tools.machine.set('azure', { status: 200, body: '' })
    clouds().asked.length = 0
    const login = await clouds().auth({ env: env() }).registry('azure', 'foo.azurecr.io/app', nobody)
    assert.equal(login.username, '00000000-0000-0000-0000-000000000000')
    assert.deepEqual(clouds().asked, [first, 'POST foo.azurecr.io/oauth2/exchange'])
    clouds().tools.machine.clear()
  })
test('Azure: a managed identity that is named is asked for alone, and is not shared with others', async () => {
  clouds().tools.machine.set('azure', { status: 200, body: '' })
  clouds().asked.length = 0
  const env = { AZURE_TENANT_ID: azureClient.tenant, AZURE_CLIENT_ID: azureClient.client, AZURE_CLIENT_SECRET: azureClient.secret }
  const auth = clouds().auth({ env })
  for (const managedClientId of ['one', 'one', 'two', undefined]) await auth.bucket('azure', { managedClientId }, nobody)
  const machine = 'GET 169.254.169.254/metadata/identity/oauth2/token'
  assert.deepEqual(clouds().asked, [machine, machine, 'POST login.microsoftonline.com/tenant-1/oauth2/v2.0/token'])
  clouds().tools.machine.clear()
})
test('Azure: secrets go to https alone', async () => {
  const env = {
    AZURE_TENANT_ID: 't',
    AZURE_CLIENT_ID: 'c',
    AZURE_CLIENT_SECRET: 's',
    AZURE_AUTHORITY_HOST: 'http://login.microsoftonline.com',
  }
  await assert.rejects(clouds().auth({ env }).bucket('azure', {}, nobody), { message: `${control}AZURE_AUTHORITY_HOST must use https` })
})

const person = { type: 'authorized_user', client_id: 'c', client_secret: 'secret-of-gcloud', refresh_token: 'refresh-of-a-person' }
const external = (): object => ({
  type: 'external_account',
  audience: `//iam.googleapis.com/${pool}`,
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  token_url: 'https://sts.googleapis.com/v1/token',
  credential_source: { file: put('google-token', token(`//iam.googleapis.com/${pool}`)) },
})
const google: [says: string, env: () => Record<string, string>, first: string][] = [
  [
    'a key of a service account',
    () => ({ GOOGLE_APPLICATION_CREDENTIALS: put('key.json', JSON.stringify(googleKey)) }),
    'POST oauth2.googleapis.com/token',
  ],
  [
    'what gcloud keeps',
    () => ({ CLOUDSDK_CONFIG: join(put('gcloud/application_default_credentials.json', JSON.stringify(person)), '..') }),
    'POST oauth2.googleapis.com/token',
  ],
  [
    'a federated identity',
    () => ({ GOOGLE_APPLICATION_CREDENTIALS: put('external.json', JSON.stringify(external())) }),
    'POST sts.googleapis.com/v1/token',
  ],
  ['the account of its machine', () => ({}), 'GET 169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token'],
]
for (const [says, env, first] of google)
  test(`Google: this process signs in by ${says}`, async () => {
    clouds().tools.machine.set('google', { status: 200, body: '' })
    clouds().asked.length = 0
    const login = await clouds().auth({ env: env() }).registry('gcp', 'gcr.io/p/a', nobody)
    assert.ok(clouds().issued.has(login.password))
    assert.deepEqual(clouds().asked, [first])
    clouds().tools.machine.clear()
  })
test('Google: files that cannot be used are told apart, without what is in them', async () => {
  for (const [text, message] of [
    ['{', /is no JSON object$/],
    [JSON.stringify({ type: 'impersonated' }), /unknown credential type: "impersonated"$/],
    [JSON.stringify({ ...googleKey, private_key: 'secret-junk' }), /private_key should be a PEM/],
    [JSON.stringify({ ...googleKey, token_uri: 'http://example.com/' }), /must use https$/],
    [JSON.stringify({ ...person, refresh_token: '' }), /has no refresh_token$/],
  ] as const)
    await assert.rejects(
      clouds()
        .auth({ env: { GOOGLE_APPLICATION_CREDENTIALS: put('wrong.json', text) } })
        .registry('gcp', 'gcr.io/p/a', nobody),
      (thrown: Error) => message.test(thrown.message) && thrown.message.startsWith(control) && !thrown.message.includes('secret'),
    )
})

test('GitHub: an app signs a token for its installation, kept for 80 % of its life', async () => {
  clouds().asked.length = 0
  const auth = clouds().auth()
  const first = await auth.githubApp(githubApp, { signal: unending })
  assert.deepEqual([first.username, clouds().issued.has(first.password)], ['x-access-token', true])
  assert.equal((await auth.githubApp(githubApp, { signal: unending })).password, first.password)
  await clock.advance(0.8 * 3_600_000)
  assert.notEqual((await auth.githubApp(githubApp, { signal: unending })).password, first.password)
  await auth.githubApp({ ...githubApp, githubAppBaseURL: 'https://ghes.example.com/api/v3' }, { signal: unending })
  assert.deepEqual(clouds().asked, [
    'POST api.github.com/app/installations/78910/access_tokens',
    'POST api.github.com/app/installations/78910/access_tokens',
    'POST ghes.example.com/api/v3/app/installations/78910/access_tokens',
  ])
})
const { githubAppID, githubAppInstallationID, githubAppPrivateKey } = githubApp
const apps: [data: Record<string, string>, message: string][] = [
  [{}, 'app ID must be provided to use github app authentication'],
  [{ githubAppID: 'abc' }, 'invalid app id, err: strconv.Atoi: parsing "abc": invalid syntax'],
  [{ githubAppID: '99999999999999999999' }, 'invalid app id, err: strconv.Atoi: parsing "99999999999999999999": value out of range'],
  [{ githubAppID }, 'app installation ID must be provided to use github app authentication'],
  [{ githubAppID, githubAppInstallationID: '1.5' }, 'invalid app installation id, err: strconv.Atoi: parsing "1.5": invalid syntax'],
  [{ githubAppID, githubAppInstallationID }, 'private key must be provided to use github app authentication'],
  [
    { githubAppID, githubAppInstallationID, githubAppPrivateKey: 'secret-junk' },
    'could not parse private key: invalid key: Key must be a PEM encoded PKCS1 or PKCS8 key',
  ],
  [{ ...githubApp, githubAppBaseURL: 'http://ghes.example.com/api/v3' }, 'githubAppBaseURL must be an https address'],
  [
    { githubAppID, githubAppInstallationID: '1', githubAppPrivateKey },
    'could not refresh installation id 1\'s token: received non 2xx response status "404" when fetching https://api.github.com/app/installations/1/access_tokens',
  ],
]
for (const [data, message] of apps)
  test(`GitHub: ${message}`, () => assert.rejects(clouds().auth().githubApp(data, { signal: unending }), { name: 'AuthError', message }))

test('the door leads to metadata services alone', async () => {
  const door = metadataDoor({ at: () => assert.fail('nobody is asked') })
  for (const url of [
    'http://169.254.169.253/',
    'http://169.254.169.254:8080/',
    'https://169.254.169.254/',
    'http://example.com/',
    'http://127.0.0.1/',
  ])
    await assert.rejects(door.send({ method: 'GET', url }, unending), { name: 'TypeError', message: /is no metadata service$/ }, url)
})
