import assert from 'node:assert/strict'
import { test } from 'node:test'
import { awsEncoded } from '../../../src/lib/aws-signature.ts'
import type { Cloud } from '../../../src/world/auth/provider.ts'
import { ClusterError } from '../../../src/world/cluster/error.ts'
import { type BehaviourId, verifies } from '../../conformance/verifies.ts'
import { cluster as gke, pool } from '../../support/clouds/google.ts'
import { Accounts, awsAccount, azureAccount, roleOf, theClouds } from './stage.ts'

const { clock, clouds } = theClouds()
const ecr = '123456789012.dkr.ecr.us-east-1.amazonaws.com/app'
const providerKey = 'gcp.auth.fluxcd.io/workload-identity-provider'
const emailKey = 'iam.gke.io/gcp-service-account'
const account = 'apps/tenant'

function signIn(annotations: Record<string, string>, at = account): Accounts {
  const accounts = new Accounts(() => clock.now())
  accounts.all.set(at, annotations)
  return accounts
}
/** Without what a test before it asked. */
function fresh(): string[] {
  clouds().asked.length = 0
  clouds().seen.length = 0
  return clouds().asked
}

test('AWS: a token of the account takes on its role in the region of the registry, and the keys get a password', async () => {
  const asked = fresh()
  const accounts = signIn(awsAccount(account))
  const login = await clouds().auth().registry('aws', ecr, accounts.who(account))
  assert.equal(login.username, 'AWS')
  assert.ok(clouds().issued.has(login.password))
  assert.equal(login.expiresAt, clock.now() + 3_600_000)
  assert.deepEqual(accounts.asked, ['apps/tenant sts.amazonaws.com'])
  assert.deepEqual(asked, ['POST sts.us-east-1.amazonaws.com/', 'POST api.ecr.us-east-1.amazonaws.com/'])
  const form = new URLSearchParams(clouds().seen[0]?.body)
  assert.deepEqual([form.get('RoleArn'), form.get('RoleSessionName')], [roleOf(account), 'tenant.apps.us-east-1.fluxcd.io'])
})
test('AWS: the region and the partition of a registry are those of its services; public ECR has its own', async () => {
  for (const [repository, services] of [
    ['123456789012.dkr.ecr.eu-west-1.amazonaws.com/app', ['sts.eu-west-1.amazonaws.com', 'api.ecr.eu-west-1.amazonaws.com']],
    ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/app', ['sts.cn-north-1.amazonaws.com.cn', 'api.ecr.cn-north-1.amazonaws.com.cn']],
    ['public.ecr.aws/a/b', ['sts.us-east-1.amazonaws.com', 'api.ecr-public.us-east-1.amazonaws.com']],
  ] as const) {
    const asked = fresh()
    await clouds()
      .auth()
      .registry('aws', repository, signIn(awsAccount(account)).who(account))
    assert.deepEqual(
      asked,
      services.map(host => `POST ${host}/`),
    )
  }
})
test('AWS: a bucket gets keys of its region, from another address where it names one', async () => {
  const who = signIn(awsAccount(account)).who(account)
  const keys = await clouds().auth().bucket('aws', { region: 'eu-west-1' }, who)
  assert.ok(clouds().issued.has(keys.secretAccessKey) && clouds().issued.has(keys.sessionToken ?? ''))
  const asked = fresh()
  await clouds().auth().bucket('aws', { region: 'us-east-1', stsEndpoint: 'https://vpce-x.sts.us-east-1.vpce.amazonaws.com' }, who)
  assert.deepEqual(asked, ['POST vpce-x.sts.us-east-1.vpce.amazonaws.com/'])
})

const acr: [id: BehaviourId, host: string, scope: string][] = [
  ['sources/134.1', 'foo.azurecr.io', 'https://management.azure.com/.default'],
  ['sources/134.2', 'foo.azurecr.cn', 'https://management.chinacloudapi.cn/.default'],
  ['sources/134.3', 'foo.azurecr.us', 'https://management.usgovcloudapi.net/.default'],
]
for (const [id, host, scope] of acr)
  verifies(id, `${host} swaps a token of the scope ${scope} for a login`, async () => {
    const asked = fresh()
    const accounts = signIn(azureAccount(account))
    const login = await clouds().auth().registry('azure', `${host}/app`, accounts.who(account))
    assert.equal(login.username, '00000000-0000-0000-0000-000000000000')
    assert.equal(login.expiresAt, clock.now() + 3_600_000)
    assert.deepEqual(accounts.asked, ['apps/tenant api://AzureADTokenExchange'])
    assert.deepEqual(asked, ['POST login.microsoftonline.com/tenant-1/oauth2/v2.0/token', `POST ${host}/oauth2/exchange`])
    const [first, second] = clouds().seen
    assert.equal(new URLSearchParams(first?.body).get('scope'), scope)
    const token = [...clouds().issued].findLast(secret => secret.startsWith('entra-token')) ?? ''
    assert.equal(second?.body, `access_token=${awsEncoded(token)}&grant_type=access_token&service=${host}`)
  })
test('Azure: DevOps and Blob have scopes of their own, and AZURE_AUTHORITY_HOST leads to another cloud', async () => {
  const who = signIn(azureAccount(account)).who(account)
  fresh()
  const auth = clouds().auth({ env: { AZURE_AUTHORITY_HOST: 'https://login.chinacloudapi.cn/' } })
  const git = await auth.git('azure', 'https://dev.azure.com/org/project/_git/repo', who)
  const bucket = await auth.bucket('azure', {}, who)
  assert.ok(git.type === 'bearer' && bucket.type === 'bearer' && git.token !== bucket.token)
  assert.deepEqual(
    clouds().seen.map(({ host, body }) => [host, new URLSearchParams(body).get('scope')]),
    [
      ['login.chinacloudapi.cn', '499b84ac-1321-427f-aa17-267ca6975798/.default'],
      ['login.chinacloudapi.cn', 'https://storage.azure.com/.default'],
    ],
  )
})

const google: [id: BehaviourId | undefined, says: string, annotations: Record<string, string>, audience: string, hops: string[]][] = [
  ['sources/136.1', 'a pool of its own', { [providerKey]: pool }, `//iam.googleapis.com/${pool}`, ['sts.googleapis.com/v1/token']],
  [
    'sources/136.2',
    'the pool of its cluster',
    {},
    `${gke.project}.svc.id.goog`,
    [
      '169.254.169.254/computeMetadata/v1/project/project-id',
      '169.254.169.254/computeMetadata/v1/instance/attributes/cluster-location',
      '169.254.169.254/computeMetadata/v1/instance/attributes/cluster-name',
      'sts.googleapis.com/v1/token',
    ],
  ],
  [
    undefined,
    'a Google account to speak for',
    { [providerKey]: pool, [emailKey]: 'apps-tenant@project-id.iam.gserviceaccount.com' },
    `//iam.googleapis.com/${pool}`,
    [
      'sts.googleapis.com/v1/token',
      'iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/apps-tenant@project-id.iam.gserviceaccount.com:generateAccessToken',
    ],
  ],
]
for (const [id, says, annotations, audience, hops] of google) {
  const body = async (): Promise<void> => {
    clouds().tools.machine.set('google', { status: 200, body: '' })
    const asked = fresh()
    const accounts = signIn(annotations)
    const login = await clouds().auth().registry('gcp', 'europe-docker.pkg.dev/p/app', accounts.who(account))
    assert.ok(login.username === 'oauth2accesstoken' && clouds().issued.has(login.password))
    assert.deepEqual(accounts.asked, [`apps/tenant ${audience}`])
    assert.deepEqual(
      asked.map(line => line.replace(/^\w+ /, '')),
      hops,
    )
    clouds().tools.machine.clear()
  }
  if (id) verifies(id, `Google: an account with ${says}`, body)
  else test(`Google: an account with ${says}`, body)
}
verifies('sources/137', 'Google: the login of a registry is the token', async () => {
  const login = await clouds()
    .auth()
    .registry('gcp', 'gcr.io/p/app', signIn({ [providerKey]: pool }).who(account))
  assert.equal(login.username, 'oauth2accesstoken')
  assert.match(login.password, /^google-token-/)
})
test('Google: the names of the cluster are read once', async () => {
  clouds().tools.machine.set('google', { status: 200, body: '' })
  const auth = clouds().auth({ maxSize: 0 })
  const accounts = signIn({})
  await auth.registry('gcp', 'gcr.io/p/app', accounts.who(account))
  const asked = fresh()
  await auth.registry('gcp', 'gcr.io/p/app', accounts.who(account))
  assert.deepEqual(asked, ['POST sts.googleapis.com/v1/token'])
  clouds().tools.machine.clear()
})

const at = "failed to get provider identity from service account 'apps/tenant' annotations: "
const role = 'eks.amazonaws.com/role-arn'
const wrong: [id: BehaviourId | undefined, cloud: Cloud, annotations: Record<string, string>, message: string][] = [
  [
    'sources/132',
    'aws',
    { [role]: 'foobar' },
    `${at}invalid ${role} annotation: 'foobar'. must match ^arn:aws:iam::[0-9]{1,30}:role/.{1,200}$`,
  ],
  [undefined, 'aws', {}, `${at}invalid ${role} annotation: ''. must match ^arn:aws:iam::[0-9]{1,30}:role/.{1,200}$`],
  [
    'sources/135.1',
    'azure',
    { 'azure.workload.identity/client-id': 'c' },
    `${at}azure tenant ID is not set in the service account annotation azure.workload.identity/tenant-id`,
  ],
  [
    'sources/135.2',
    'azure',
    { 'azure.workload.identity/tenant-id': 't' },
    `${at}azure client ID is not set in the service account annotation azure.workload.identity/client-id`,
  ],
  [
    undefined,
    'gcp',
    { [providerKey]: 'projects/x' },
    String.raw`failed to get provider audience: invalid ${providerKey} annotation: 'projects/x'. must match ^projects/\d{1,30}/locations/global/workloadIdentityPools/[^/]{1,100}/providers/[^/]{1,100}$`,
  ],
  [
    undefined,
    'gcp',
    { [providerKey]: pool, [emailKey]: 'me@example.com' },
    String.raw`${at}invalid ${emailKey} annotation: 'me@example.com'. must match ^[a-zA-Z0-9-]{1,100}@[a-zA-Z0-9-]{1,100}\.iam\.gserviceaccount\.com$`,
  ],
  [undefined, 'gcp', {}, 'failed to get provider audience: failed to get GKE cluster project ID from the metadata service: status 404'],
]
const repositories = { aws: ecr, azure: 'foo.azurecr.io/app', gcp: 'gcr.io/p/a' }
for (const [id, cloud, annotations, message] of wrong) {
  const body = async (): Promise<void> => {
    const accounts = signIn(annotations)
    await assert.rejects(clouds().auth().registry(cloud, repositories[cloud], accounts.who(account)), { name: 'AuthError', message })
    assert.deepEqual(accounts.asked, [])
  }
  const says = `${cloud}: annotations ${JSON.stringify(annotations)} are refused`
  if (id) verifies(id, says, body)
  else test(says, body)
}

const failing: [says: string, message: RegExp | string, arrange: (accounts: Accounts) => Parameters<Accounts['who']>][] = [
  ['the gate is off', 'ObjectLevelWorkloadIdentity feature gate is not enabled', () => [account, { allowed: false }]],
  ['the account is not there', `failed to get service account 'apps/absent': ServiceAccount "absent" not found`, () => ['apps/absent']],
  [
    'tokens may not be made',
    `failed to create kubernetes token for service account 'apps/tenant': no right to create serviceaccounts/token`,
    accounts => {
      accounts.tokenFor = () =>
        Promise.reject(new ClusterError('FORBIDDEN', { cluster: 'c', what: 'x', message: 'no right to create serviceaccounts/token' }))
      return [account]
    },
  ],
  [
    'the role does not trust the account',
    `failed to create provider access token for service account 'apps/tenant': operation error STS: AssumeRoleWithWebIdentity, https response error StatusCode: 403, api error AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity`,
    accounts => {
      accounts.all.set(account, awsAccount('apps/other'))
      return [account]
    },
  ],
]
for (const [says, message, arrange] of failing)
  test(`${says}: it fails with Flux's words`, async () => {
    const accounts = signIn(awsAccount(account))
    await assert.rejects(
      clouds()
        .auth()
        .registry('aws', ecr, accounts.who(...arrange(accounts))),
      { name: 'AuthError', message },
    )
  })
test('the registry is another cloud’s', async () => {
  await assert.rejects(
    clouds()
      .auth()
      .registry('aws', 'ghcr.io/org/app', signIn(awsAccount(account)).who(account)),
    {
      code: 'WRONG_INPUT',
      message: /^failed to parse artifact repository 'ghcr\.io\/org\/app': invalid AWS registry: 'ghcr\.io'\. must match /,
    },
  )
})
test('a name too long for the cloud is refused by it, and the refusal told', async () => {
  const long = `apps/${'long-name-'.repeat(6)}`
  await assert.rejects(
    clouds()
      .auth()
      .registry('aws', ecr, signIn(awsAccount(long), long).who(long)),
    {
      message: /StatusCode: 400, api error ValidationError: roleSessionName failed/,
    },
  )
})
test('a refusal that repeats what was sent is told without it', async () => {
  for (const [cloud, annotations] of [
    ['aws', awsAccount(account)],
    ['azure', { ...azureAccount(account), 'azure.workload.identity/client-id': 'other.client' }],
    ['gcp', { [providerKey]: pool }],
  ] as const) {
    const accounts = signIn(annotations)
    const sent: string[] = []
    const real = accounts.tokenFor
    accounts.tokenFor = async (who, audience, signal) => {
      const token = (await real(who, cloud === 'azure' ? audience : 'another-audience', signal)).replace('c2ln', 'c2lnbmVk')
      sent.push(token)
      return token
    }
    await assert.rejects(clouds().auth().registry(cloud, repositories[cloud], accounts.who(account)), (thrown: Error) => {
      assert.match(thrown.message, /redacted/)
      assert.ok(sent.length === 1 && sent.every(token => !thrown.message.includes(token)))
      return true
    })
  }
})
