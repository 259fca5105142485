import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cloud, Who } from '../../../src/world/auth/provider.ts'
import { proxyFront } from '../../support/fronts.ts'
import { personKeys } from '../../support/clouds/aws.ts'
import { pool } from '../../support/clouds/google.ts'
import { Accounts, awsAccount, azureAccount, nobody, roleOf, theClouds } from './stage.ts'

const { clock, clouds } = theClouds()
const ecr = '123456789012.dkr.ecr.us-east-1.amazonaws.com/app'
const providerKey = 'gcp.auth.fluxcd.io/workload-identity-provider'
const repositories = { aws: ecr, azure: 'foo.azurecr.io/app', gcp: 'gcr.io/p/app' }

/** Two tenants whose accounts have one name; each has its own identity in every cloud. */
function tenants(server?: string): Accounts {
  const accounts = new Accounts(() => clock.now(), server)
  for (const account of ['red/tenant', 'blue/tenant', 'red/other'])
    accounts.all.set(account, { ...awsAccount(account), ...azureAccount(account), [providerKey]: pool })
  return accounts
}

for (const cloud of ['aws', 'azure', 'gcp'] as const) {
  test(`${cloud}: an account hits what it was given, and nobody else does`, async () => {
    const [auth, accounts] = [clouds().auth(), tenants()]
    const login = async (who: Who): Promise<string> => (await auth.registry(cloud, repositories[cloud], who)).password
    const red = await login(accounts.who('red/tenant'))
    const before = clouds().asked.length
    assert.equal(await login(accounts.who('red/tenant')), red)
    assert.equal(clouds().asked.length, before, 'a hit asks no cloud')
    const others = [
      await login(accounts.who('blue/tenant')),
      await login(accounts.who('red/other')),
      await login(tenants('https://other-cluster.example.com').who('red/tenant')),
    ]
    assert.equal(new Set([red, ...others]).size, 4)
    accounts.all.delete('red/tenant')
    await assert.rejects(login(accounts.who('red/tenant')), { code: 'NO_ACCOUNT' }, 'a hit needs its account still')
    await assert.rejects(login(accounts.who('blue/tenant', { allowed: false })), { code: 'GATE_DISABLED' })
  })
  test(`${cloud}: this process and an account are strangers`, async () => {
    const accounts = tenants()
    const env = { AWS_ACCESS_KEY_ID: personKeys.accessKeyId, AWS_SECRET_ACCESS_KEY: personKeys.secretAccessKey }
    clouds().tools.machine.set('azure', { status: 200, body: '' }).set('google', { status: 200, body: '' })
    const auth = clouds().auth({ env })
    const own = await auth.registry(cloud, repositories[cloud], nobody)
    assert.notEqual((await auth.registry(cloud, repositories[cloud], accounts.who('red/tenant'))).password, own.password)
    assert.equal((await auth.registry(cloud, repositories[cloud], nobody)).password, own.password)
    clouds().tools.machine.clear()
  })
  test(`${cloud}: an expired login is asked for anew, and every secret is learned`, async () => {
    const learned = new Set<string>()
    const [auth, accounts] = [clouds().auth({ learn: secret => void learned.add(secret) }), tenants()]
    const first = await auth.registry(cloud, repositories[cloud], accounts.who('red/tenant'))
    await clock.advance(2_880_000)
    const second = await auth.registry(cloud, repositories[cloud], accounts.who('red/tenant'))
    assert.notEqual(second.password, first.password)
    assert.ok(learned.has(first.password) && learned.has(second.password))
  })
}

test('accounts of one role, and a role that changes: keys never cross', async () => {
  const accounts = tenants()
  for (const account of ['red/tenant', 'blue/tenant']) accounts.all.set(account, { 'eks.amazonaws.com/role-arn': roleOf('red/tenant') })
  const auth = clouds().auth()
  const red = await auth.registry('aws', ecr, accounts.who('red/tenant'))
  await assert.rejects(auth.registry('aws', ecr, accounts.who('blue/tenant')), { code: 'DENIED', message: /AccessDenied/ })
  accounts.all.set('red/tenant', { 'eks.amazonaws.com/role-arn': roleOf('blue/tenant') })
  await assert.rejects(auth.registry('aws', ecr, accounts.who('red/tenant')), { code: 'DENIED' }, 'the role of another tenant')
  accounts.all.set('red/tenant', awsAccount('red/tenant'))
  assert.equal((await auth.registry('aws', ecr, accounts.who('red/tenant'))).password, red.password)
})
test('AWS: all registries of a region share a login, regions do not', async () => {
  const [auth, accounts] = [clouds().auth(), tenants()]
  const login = async (repository: string): Promise<string> => (await auth.registry('aws', repository, accounts.who('red/tenant'))).password
  const first = await login(ecr)
  assert.equal(await login('210987654321.dkr.ecr.us-east-1.amazonaws.com/other'), first)
  assert.notEqual(await login('123456789012.dkr.ecr.eu-west-1.amazonaws.com/app'), first)
})
test('many who ask at once make one call', async () => {
  const [auth, accounts] = [clouds().auth(), tenants()]
  clouds().asked.length = 0
  const logins = await Promise.all(Array.from({ length: 50 }, () => auth.registry('aws', ecr, accounts.who('red/tenant'))))
  assert.equal(new Set(logins.map(l => l.password)).size, 1)
  assert.deepEqual(clouds().asked, ['POST sts.us-east-1.amazonaws.com/', 'POST api.ecr.us-east-1.amazonaws.com/'])
})
test('a cloud that does not answer holds up nobody else, and the one who waits may go', async () => {
  const [auth, accounts] = [clouds().auth(), tenants()]
  const held = Promise.withResolvers<void>()
  clouds().instead = ({ host }) => host === 'login.microsoftonline.com' && (held.resolve(), true)
  const gone = new AbortController()
  const waiting = auth.registry('azure', 'foo.azurecr.io/app', accounts.who('red/tenant', { signal: gone.signal }))
  await held.promise
  await auth.registry('aws', ecr, accounts.who('red/tenant'))
  await auth.registry('gcp', 'gcr.io/p/app', accounts.who('red/tenant'))
  gone.abort(new Error('enough'))
  await assert.rejects(waiting, { message: 'enough' })
  clouds().instead = undefined
  assert.equal((await auth.registry('azure', 'foo.azurecr.io/app', accounts.who('red/tenant'))).type, 'basic')
})

const tokenServices: [cloud: Cloud, host: string][] = [
  ['aws', 'sts.us-east-1.amazonaws.com'],
  ['aws', 'api.ecr.us-east-1.amazonaws.com'],
  ['azure', 'login.microsoftonline.com'],
  ['azure', 'foo.azurecr.io'],
  ['gcp', 'sts.googleapis.com'],
]
for (const [cloud, host] of tokenServices) {
  test(`${host} that fails twice is asked a third time`, async () => {
    let failures = 2
    clouds().instead = (seen, response) => {
      if (seen.host !== host || failures-- <= 0) return false
      response.writeHead(failures === 1 ? 503 : 429).end('<html>busy</html>')
      return true
    }
    await clouds().auth().registry(cloud, repositories[cloud], tenants().who('red/tenant'))
    clouds().instead = undefined
  })
  test(`${host} that is down is told, not kept, and well again when it is back`, async () => {
    const [auth, accounts] = [clouds().auth(), tenants()]
    const ask = (): Promise<unknown> => auth.registry(cloud, repositories[cloud], accounts.who('red/tenant'))
    clouds().instead = (seen, response) => seen.host === host && (response.writeHead(503).end('busy'), true)
    await assert.rejects(ask(), { code: 'UNAVAILABLE', message: /503/ })
    clouds().instead = (seen, response) => seen.host === host && (response.destroy(), true)
    await assert.rejects(ask(), { code: 'UNREACHABLE', message: new RegExp(`${host.replaceAll('.', '\\.')} gave no answer`) })
    clouds().instead = undefined
    await ask()
  })
}
test('a sign-in goes over the proxy that is given, and keys of two proxies are two', async () => {
  const [auth, accounts] = [clouds().auth(), tenants()]
  const where = new URL(clouds().address())
  const [one, other] = [await proxyFront(where.host), await proxyFront(where.host, 'user:secret-of-proxy')]
  try {
    const login = (proxy: string): Promise<{ password: string }> => auth.registry('aws', ecr, accounts.who('red/tenant', { proxy }))
    const first = await login(`http://${one.address}`)
    assert.deepEqual(one.passed, ['CONNECT sts.us-east-1.amazonaws.com:443', 'CONNECT api.ecr.us-east-1.amazonaws.com:443'])
    assert.notEqual((await login(`http://user:secret-of-proxy@${other.address}`)).password, first.password)
    await assert.rejects(login(`http://user:wrong-secret@${other.address}`), (thrown: Error) => !thrown.message.includes('wrong-secret'))
  } finally {
    await one.close()
    await other.close()
  }
})
