import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { afterEach, test } from 'node:test'
import type { ClusterPlace, Who } from '../../../src/world/auth/provider.ts'
import type { AuthError } from '../../../src/world/auth/error.ts'
import { azureClient } from '../../support/clouds/azure.ts'
import { personKeys } from '../../support/clouds/aws.ts'
import { pool } from '../../support/clouds/google.ts'
import { json } from '../../support/clouds/play.ts'
import { Accounts, awsAccount, azureAccount, nobody, theClouds } from './stage.ts'

const { clock, clouds } = theClouds()
const accounts = new Accounts(() => clock.now())
const ca = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n'
const coded = Buffer.from(ca).toString('base64')
const eks = 'arn:aws:eks:us-east-1:123456789012:cluster/far'
const gke = 'projects/p/locations/europe-west1/clusters/far'
const aks = '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/far'
afterEach(() => {
  clouds().instead = undefined
  clouds().asked.length = 0
})

/** Answers of the clouds' directories of clusters; only to tokens that were issued. */
function directories(answers: Readonly<Record<string, unknown>>): void {
  clouds().instead = ({ method, host, url, headers }, response) => {
    const answer = answers[`${method} ${host}${url.pathname}`]
    if (answer === undefined) return false
    const bearer = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1]
    const known = bearer === undefined ? headers.authorization?.includes('/us-east-1/eks/aws4_request') : clouds().issued.has(bearer)
    const played = known ? json(answer) : json({ message: 'who are you' }, 401)
    response.writeHead(played.status, played.headers).end(played.body)
    return true
  }
}

const place = (more: Partial<ClusterPlace> & Pick<ClusterPlace, 'provider'>): ClusterPlace => ({ issuer: accounts, ...more })
const refused = async (of: ClusterPlace, who: Who, why: RegExp): Promise<void> => {
  await assert.rejects(
    clouds().auth({ env: personal }).cluster(of, who),
    (error: AuthError) => why.test(error.message) || assert.fail(error.message),
  )
}
const personal = {
  AWS_ACCESS_KEY_ID: personKeys.accessKeyId,
  AWS_SECRET_ACCESS_KEY: personKeys.secretAccessKey,
  AZURE_TENANT_ID: azureClient.tenant,
  AZURE_CLIENT_ID: azureClient.client,
  AZURE_CLIENT_SECRET: azureClient.secret,
}

/** The signature of a URL signed in its query, worked out anew from AWS' description. */
function signatureOf(url: URL, headers: Readonly<Record<string, string>>, secret: string): string {
  const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
  const query = url.search
    .slice(1)
    .split('&')
    .filter(pair => !pair.startsWith('X-Amz-Signature='))
    .toSorted()
    .join('&')
  const names = Object.keys(headers).toSorted()
  const request = ['GET', url.pathname, query, ...names.map(n => `${n}:${headers[n]}`), '', names.join(';'), hash('')].join('\n')
  const [, date = '', region = '', service = ''] = (url.searchParams.get('X-Amz-Credential') ?? '').split('/')
  const stamp = url.searchParams.get('X-Amz-Date') ?? ''
  const text = ['AWS4-HMAC-SHA256', stamp, `${date}/${region}/${service}/aws4_request`, hash(request)].join('\n')
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>((k, part) => hmac(k, part), `AWS4${secret}`)
  return hmac(key, text).toString('hex')
}

test('EKS: the token is a signed question of who asks, with the name of the cluster in it, good for a quarter of an hour', async () => {
  directories({
    'GET eks.us-east-1.amazonaws.com/clusters/far': {
      cluster: { endpoint: 'https://FAR.eks.example.com', certificateAuthority: { data: coded } },
    },
  })
  const auth = clouds().auth({ env: personal })
  const access = await auth.cluster(place({ provider: 'aws', cluster: eks }), nobody)
  assert.deepEqual([access.server, access.ca, access.expiresAt], ['https://far.eks.example.com:443', ca, clock.now() + 900_000])
  assert.match(access.token, /^k8s-aws-v1\.[\w-]+$/)
  const url = new URL(Buffer.from(access.token.slice('k8s-aws-v1.'.length), 'base64url').toString('utf8'))
  assert.equal(url.origin + url.pathname, 'https://sts.us-east-1.amazonaws.com/')
  const { 'X-Amz-Signature': signature, ...query } = Object.fromEntries(url.searchParams)
  assert.deepEqual(query, {
    Action: 'GetCallerIdentity',
    Version: '2011-06-15',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${personKeys.accessKeyId}/20260101/us-east-1/sts/aws4_request`,
    'X-Amz-Date': '20260101T000000Z',
    'X-Amz-Expires': '900',
    'X-Amz-SignedHeaders': 'host;x-k8s-aws-id',
  })
  assert.equal(signature, signatureOf(url, { host: url.host, 'x-k8s-aws-id': 'far' }, personKeys.secretAccessKey))
  const again = await auth.cluster(place({ provider: 'aws', cluster: eks }), nobody)
  assert.equal(again.token, access.token)
  assert.equal(clouds().asked.length, 1)
})

test('EKS: an account takes on its role in the region of the cluster; what the ConfigMap says is not asked for', async () => {
  accounts.all.set('apps/tenant', awsAccount('apps/tenant'))
  const learned: string[] = []
  const auth = clouds().auth({ learn: s => void learned.push(s) })
  const access = await auth.cluster(place({ provider: 'aws', cluster: eks, address: 'x.example.com', ca }), accounts.who('apps/tenant'))
  assert.deepEqual([access.server, access.ca], ['https://x.example.com:443', ca])
  assert.deepEqual(clouds().asked, ['POST sts.us-east-1.amazonaws.com/'])
  assert.ok(learned.includes(access.token))
  assert.match(Buffer.from(access.token.slice(11), 'base64url').toString('utf8'), /X-Amz-Security-Token=/)
})

test('GKE: the token of the account enters the cluster that the directory describes', async () => {
  accounts.all.set('apps/google', { 'gcp.auth.fluxcd.io/workload-identity-provider': pool })
  directories({ [`GET container.googleapis.com/v1/${gke}`]: { endpoint: '192.0.2.7', masterAuth: { clusterCaCertificate: coded } } })
  const access = await clouds()
    .auth()
    .cluster(place({ provider: 'gcp', cluster: gke }), accounts.who('apps/google'))
  assert.deepEqual([access.server, access.ca], ['https://192.0.2.7:443', ca])
  assert.ok(clouds().issued.has(access.token))
})

const kubeconfigFor = (server: string): string =>
  Buffer.from(
    JSON.stringify({
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server, 'certificate-authority-data': coded } }],
      users: [{ name: 'u', user: {} }],
    }),
  ).toString('base64')
const known = (profile: unknown = { managed: true }): Record<string, unknown> => ({
  [`GET management.azure.com${aks}`]: { properties: { aadProfile: profile } },
  [`POST management.azure.com${aks}/listClusterUserCredential`]: {
    kubeconfigs: ['https://public.example.com:443', 'https://private.example.com'].map(s => ({ name: 'x', value: kubeconfigFor(s) })),
  },
})

test('AKS: the first address of the cluster, or the one that the ConfigMap names', async () => {
  directories(known())
  accounts.all.set('apps/azure', azureAccount('apps/azure'))
  for (const [address, server] of [
    [undefined, 'https://public.example.com:443'],
    ['PRIVATE.example.com', 'https://private.example.com:443'],
  ] as const) {
    const access = await clouds()
      .auth()
      .cluster(place({ provider: 'azure', cluster: aks, address }), accounts.who('apps/azure'))
    assert.deepEqual([access.server, access.ca], [server, ca])
    assert.ok(clouds().issued.has(access.token))
  }
  await refused(
    place({ provider: 'azure', cluster: aks, address: 'other' }),
    nobody,
    /matching the specified address 'other'\. cluster addresses: \['https:\/\/public/,
  )
  directories(known(null))
  await refused(place({ provider: 'azure', cluster: aks }), nobody, /does not have Microsoft Entra ID integration enabled/)
})

test('generic: a token of the account for the address of the cluster, or for the audiences that are named', async () => {
  accounts.all.set('apps/plain', {})
  accounts.asked.length = 0
  const who = accounts.who('apps/plain')
  const auth = clouds().auth()
  const access = await auth.cluster(place({ provider: 'generic', address: 'https://far.example.com:6443', ca }), who)
  assert.deepEqual([access.server, access.ca, access.expiresAt], ['https://far.example.com:6443', ca, clock.now() + 3_600_000])
  await auth.cluster(place({ provider: 'generic', address: 'far', audiences: ['one', 'two'] }), who)
  assert.deepEqual(accounts.asked, ['apps/plain https://far.example.com:6443', 'apps/plain one two'])
  assert.deepEqual(clouds().asked, [])
})

test('what is wrong is told in words that name it', async () => {
  const who = accounts.who('apps/plain')
  accounts.all.set('apps/plain', {})
  const rows: [of: ClusterPlace, who: Who, why: RegExp][] = [
    [
      place({ provider: 'aws', cluster: 'far' }),
      nobody,
      /^failed to get access token for cluster: invalid EKS cluster ARN: 'far'\. must match \^arn:aws/,
    ],
    [place({ provider: 'azure', cluster: 'far' }), nobody, /^invalid AKS cluster ID: 'far'\. must match \(\?i\)\^\/subscriptions/],
    [place({ provider: 'generic' }), who, /^cluster address is required to create a REST config$/],
    [
      place({ provider: 'generic', address: 'http://far' }),
      who,
      /^the Kubernetes API server address 'http:\/\/far' must use https scheme$/,
    ],
    [place({ provider: 'generic', address: 'https://a b' }), who, /^failed to parse Kubernetes API server address 'https:\/\/a b'/],
    [place({ provider: 'generic', address: 'far' }), nobody, /the service account token/],
    [
      place({ provider: 'generic', address: 'far' }),
      accounts.who('apps/plain', { allowed: false }),
      /^ObjectLevelWorkloadIdentity feature gate is not enabled$/,
    ],
    [place({ provider: 'generic', address: 'far' }), accounts.who('apps/none'), /^failed to get service account 'apps\/none': /],
    [
      place({ provider: 'aws', cluster: eks }),
      nobody,
      /^failed to describe EKS cluster 'arn:[^']+': operation error EKS: DescribeCluster, https response error StatusCode: 404/,
    ],
  ]
  for (const [of, as, why] of rows) await refused(of, as, why)
})

test('one account never gets the cluster of another, and a change of the ConfigMap is another cluster', async () => {
  accounts.all.set('apps/a', {})
  accounts.all.set('apps/b', {})
  const auth = clouds().auth()
  const of = place({ provider: 'generic', address: 'far' })
  const tokens = await Promise.all([
    auth.cluster(of, accounts.who('apps/a')),
    auth.cluster(of, accounts.who('apps/b')),
    auth.cluster({ ...of, ca }, accounts.who('apps/a')),
    auth.cluster({ ...of, issuer: new Accounts(() => clock.now(), 'https://other') }, accounts.who('apps/a')),
  ])
  assert.equal(new Set(tokens.map(t => t.token)).size, 4)
})
