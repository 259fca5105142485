import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aws, checkStsEndpoint } from '../../../src/world/auth/aws.ts'
import { azure } from '../../../src/world/auth/azure.ts'
import { gcpProvider } from '../../../src/world/auth/gcp.ts'
import { registryHost } from '../../../src/world/auth/registry-host.ts'
import { type BehaviourId, verifies } from '../../conformance/verifies.ts'

const gcp = gcpProvider()
const hosts: [id: BehaviourId, repository: string, host: string][] = [
  ['sources/130.1', 'localhost:5000/repo', 'localhost:5000'],
  ['sources/130.2', 'localhost/repo', 'index.docker.io'],
  ['sources/130.3', 'registry.io:5000/repo', 'registry.io:5000'],
  ['sources/130.4', 'registry.io/repo:tag', 'registry.io'],
]
for (const [id, repository, host] of hosts) verifies(id, `${repository} is in ${host}`, () => assert.equal(registryHost(repository), host))

const regions: [id: BehaviourId, repository: string, key: string][] = [
  ['sources/131.1', '012345678901.dkr.ecr.us-east-1.amazonaws.com/foo:v1', 'us-east-1'],
  ['sources/131.2', '012345678901.dkr.ecr-fips.us-gov-west-1.amazonaws.com/foo:v1', 'us-gov-west-1'],
  ['sources/131.3', '012345678901.dkr.ecr.cn-north-1.amazonaws.com.cn/foo', 'cn-north-1'],
  ['sources/131.4', 'public.ecr.aws/foo/bar', 'public.ecr.aws'],
]
for (const [id, repository, key] of regions)
  verifies(id, `credentials for ${repository} are those of ${key}`, () => assert.equal(aws.registryKey(repository), key))
verifies('sources/131.5', 'another registry is none of AWS', () =>
  assert.throws(() => aws.registryKey('gcr.io/foo/bar:baz'), {
    code: 'WRONG_INPUT',
    message: String.raw`invalid AWS registry: 'gcr.io'. must match ([0-9+]*).dkr.ecr(?:-fips)?\.([^/.]*)\.(amazonaws\.com[.cn]*|sc2s\.sgov\.gov|c2s\.ic\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)`,
  }),
)

test('registries of Azure and Google by their suffixes', () => {
  for (const host of ['foo.azurecr.io', 'foo.azurecr.cn', 'foo.azurecr.de', 'a.b.azurecr.us'])
    assert.equal(azure.registryKey(`${host}/repo`), `https://${host}`)
  for (const host of ['gcr.io', 'eu.gcr.io', 'europe-docker.pkg.dev']) assert.equal(gcp.registryKey(`${host}/p/repo`), 'gcp')
  assert.throws(() => azure.registryKey('azurecr.io/repo'), {
    message: String.raw`invalid Azure registry: 'azurecr.io'. must match ^.+\.(azurecr\.io|azurecr\.cn|azurecr\.de|azurecr\.us)$`,
  })
  assert.throws(() => gcp.registryKey('ghcr.io/repo'), {
    message: String.raw`invalid GCP registry: 'ghcr.io'. must match ^(((.+\.)?gcr\.io)|(.+-docker\.pkg\.dev))$`,
  })
})
test('a host that only begins or ends like a registry of a cloud gets no credentials', () => {
  for (const host of [
    '012345678901.dkr.ecr.us-east-1.amazonaws.com.example.com',
    'x012345678901.dkr.ecr.us-east-1.amazonaws.com',
    '012345678901.dkr.ecr.us-east-1.amazonaws.com.cn.example.com',
    '012345678901xdkr.ecr.us-east-1.amazonaws.com',
    'public.ecr.aws.example.com',
    'example.com',
  ])
    assert.throws(() => aws.registryKey(`${host}/repo`), { code: 'WRONG_INPUT' }, host)
  for (const host of ['foo.azurecr.io.example.com', 'fooazurecr.io'])
    assert.throws(() => azure.registryKey(`${host}/repo`), { code: 'WRONG_INPUT' }, host)
  for (const host of ['xgcr.io', 'gcr.io.example.com', 'docker.pkg.dev'])
    assert.throws(() => gcp.registryKey(`${host}/repo`), { code: 'WRONG_INPUT' }, host)
})

const endpoints: [id: BehaviourId, endpoint: string, valid: boolean][] = [
  ['sources/133.1', 'https://sts.amazonaws.com', true],
  ['sources/133.2', 'https://sts-fips.us-east-2.amazonaws.com', true],
  ['sources/133.3', 'https://vpce-x.sts.us-east-1.vpce.amazonaws.com', true],
  ['sources/133.4', 'https://something.amazonaws.com', false],
]
for (const [id, endpoint, valid] of endpoints)
  verifies(id, `${endpoint} is ${valid ? 'an' : 'no'} address of STS`, () => {
    const pattern = String.raw`^https://(.+\.)?sts(-fips)?(\.[^.]+)?(\.vpce)?\.amazonaws\.com$`
    if (valid) assert.equal(checkStsEndpoint(endpoint), endpoint)
    else assert.throws(() => checkStsEndpoint(endpoint), { message: `invalid STS endpoint: '${endpoint}'. must match ${pattern}` })
  })
test('an address of STS has no path, no port of another and no user', () => {
  for (const endpoint of [
    'https://example.com/x.sts.amazonaws.com',
    'https://example.com#.sts.amazonaws.com',
    'https://u@x.sts.amazonaws.com',
    'http://sts.amazonaws.com',
  ])
    assert.throws(() => checkStsEndpoint(endpoint), { code: 'WRONG_INPUT' }, endpoint)
})
