import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { KeyCredentials, ServiceKey } from '../../../src/kinds/master-key.ts'
import { googleCredentialsIn } from '../../../src/kustomize/sops/cloud-keys.ts'
import { messageOf } from '../../../src/lib/coded-error.ts'
import type { Who } from '../../../src/world/auth/provider.ts'
import { createHttp } from '../../../src/world/http/client.ts'
import { KmsError } from '../../../src/world/kms/error.ts'
import { openKms } from '../../../src/world/kms/open.ts'
import { decryptingRole, personKeys } from '../../support/clouds/aws.ts'
import { azureClient } from '../../support/clouds/azure.ts'
import { googleKey } from '../../support/clouds/google.ts'
import { sealedBy } from '../../support/clouds/keys.ts'
import { listening } from '../../support/listening.ts'
import { Accounts, awsAccount, azureAccount, nobody, theClouds } from '../auth/stage.ts'

const { clock, clouds } = theClouds()
const dataKey = Buffer.from('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', 'hex')
const account = 'apps/tenant'
const arn = 'arn:aws:kms:us-east-1:123456789012:key/one'
const resourceId = 'projects/p/locations/global/keyRings/r/cryptoKeys/k'
const version = '0123456789abcdef0123456789abcdef'

type Env = Readonly<Record<string, string>>
function asked(
  key: ServiceKey,
  enc: string,
  {
    credentials = {},
    who = nobody,
    env = {},
    home = '/nowhere',
  }: { credentials?: KeyCredentials; who?: Who; env?: Env; home?: string } = {},
): Promise<Uint8Array> {
  const { http } = clouds()
  const learn = (): void => undefined
  return openKms({ http, clock, env, home, auth: clouds().auth({ env, home }), learn }).decrypt({ key, enc }, { credentials, who })
}
const signIn = (annotations: Record<string, string>): Who => {
  const accounts = new Accounts(() => clock.now())
  accounts.all.set(account, annotations)
  return accounts.who(account)
}
const failure = (work: Promise<unknown>): Promise<string> => work.then(() => 'none', messageOf)

const aws = (context: Record<string, string> = {}, role?: string): [ServiceKey, string] => [
  { is: 'aws', arn, context, ...(role ? { role } : {}) },
  sealedBy({ name: arn, context }, dataKey).toString('base64'),
]
const azure: [ServiceKey, string] = [
  { is: 'azure', vaultUrl: 'https://my-vault.vault.azure.net', name: 'sops', version },
  sealedBy({ name: `keys/sops/${version}` }, dataKey).toString('base64url'),
]
const google: [ServiceKey, string] = [{ is: 'gcp', resourceId }, sealedBy({ name: resourceId }, dataKey).toString('base64')]
const entra = { tenantId: azureClient.tenant, clientId: azureClient.client, proof: { is: 'secret', secret: azureClient.secret } } as const

const ways: [says: string, key: [ServiceKey, string], how: () => Parameters<typeof asked>[2]][] = [
  ['AWS by the keys of a Secret, with its context', aws({ app: 'shop', b: '2' }), () => ({ credentials: { aws: personKeys } })],
  ['AWS as a role that the key names', aws({}, decryptingRole), () => ({ credentials: { aws: personKeys } })],
  ['AWS as a service account', aws(), () => ({ who: signIn(awsAccount(account)) })],
  [
    'AWS as this process',
    aws(),
    () => ({
      env: { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: personKeys.accessKeyId, AWS_SECRET_ACCESS_KEY: personKeys.secretAccessKey },
    }),
  ],
  ['Azure by the client of a Secret', azure, () => ({ credentials: { azure: { is: 'entra', client: entra } } })],
  ['Azure as a service account', azure, () => ({ who: signIn(azureAccount(account)) })],
  [
    'Azure as this process',
    azure,
    () => ({ env: { AZURE_TENANT_ID: azureClient.tenant, AZURE_CLIENT_ID: azureClient.client, AZURE_CLIENT_SECRET: azureClient.secret } }),
  ],
  ['Google by the key of a Secret', google, () => ({ credentials: { gcp: googleCredentialsIn(JSON.stringify(googleKey)) } })],
  [
    'Google as a service account',
    google,
    () => ({
      who: signIn({
        'gcp.auth.fluxcd.io/workload-identity-provider':
          'projects/1234567890/locations/global/workloadIdentityPools/my-pool/providers/my-provider',
      }),
    }),
  ],
]
for (const [says, [key, enc], how] of ways)
  test(`a data key is decrypted by ${says}`, async () => assert.deepEqual(Buffer.from(await asked(key, enc, how())), dataKey))

test('what a service refuses is told in its words, without what it was sent', async () => {
  const other = aws({ app: 'other' })[1]
  const refused = await failure(asked(aws({ app: 'shop' })[0], other, { credentials: { aws: personKeys } }))
  assert.equal(
    refused,
    'failed to decrypt sops data key with AWS KMS: operation error KMS: Decrypt, https response error StatusCode: 400, InvalidCiphertextException: not for ***',
  )
  const foreign = { ...azure[0], name: 'other' } as ServiceKey
  const vault = await failure(asked(foreign, azure[1], { credentials: { azure: { is: 'entra', client: entra } } }))
  assert.match(
    vault,
    /^failed to decrypt sops data key with Azure Key Vault key 'https:\/\/my-vault\.vault\.azure\.net\/keys\/other\/\w+': status 400: BadParameter: no, Bearer \*\*\*$/,
  )
  const ring = await failure(asked(google[0], azure[1], { credentials: { gcp: googleCredentialsIn(JSON.stringify(googleKey)) } }))
  assert.match(ring, /^failed to decrypt sops data key with GCP KMS key: status 400: INVALID_ARGUMENT: no, Bearer \*\*\*$/)
  for (const text of [refused, vault, ring]) for (const secret of clouds().issued) assert.ok(!text.includes(secret))
})

test('a key that leads elsewhere is refused before anything is sent', async () => {
  const wrong: ServiceKey[] = [
    { is: 'aws', arn: 'arn:aws:kms:us-east-1.example.com#:123456789012:key/one', context: {} },
    { is: 'aws', arn: 'key/one', context: {} },
    { is: 'azure', vaultUrl: 'https://my-vault.vault.azure.net.example.com', name: 'k', version },
    { is: 'azure', vaultUrl: 'http://my-vault.vault.azure.net', name: 'k', version },
    { is: 'azure', vaultUrl: 'https://vault.azure.net', name: 'k', version },
    { is: 'gcp', resourceId: 'projects/p/../k' },
    { is: 'vault', address: 'file:///etc', enginePath: 'transit', keyName: 'k' },
    { is: 'vault', address: 'https://vault.example.com', enginePath: '../sys', keyName: 'k' },
  ]
  const from = clouds().asked.length
  const credentials: KeyCredentials = { aws: personKeys, azure: { is: 'entra', client: entra }, vaultToken: 'token-of-a-vault' }
  for (const key of wrong)
    await assert.rejects(
      asked(key, 'eA==', { credentials, env: { AWS_REGION: 'us-east-1' } }),
      (thrown: unknown) => thrown instanceof KmsError && thrown.code === 'WRONG_KEY',
      JSON.stringify(key),
    )
  assert.deepEqual(clouds().asked.slice(from), [])
})

test('the gate holds for key services as well', async () => {
  const accounts = new Accounts(() => clock.now())
  accounts.all.set(account, awsAccount(account))
  assert.match(
    await failure(asked(...aws(), { who: accounts.who(account, { allowed: false }) })),
    /ObjectLevelWorkloadIdentity feature gate is not enabled/,
  )
})

let vaults: { address: string; close(): Promise<void> }
const seen: string[] = []
before(async () => {
  vaults = await listening(
    createServer((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        const { 'x-vault-token': token, 'x-vault-namespace': space } = request.headers
        seen.push(`${request.method ?? ''} ${request.url ?? ''} ${String(token)} ${String(space ?? '-')}`)
        const { ciphertext } = JSON.parse(body) as { ciphertext: string }
        const good = token === 'token-of-a-vault' && ciphertext === 'vault:v1:abc'
        response.writeHead(good ? 200 : 403, { 'content-type': 'application/json' })
        response.end(
          JSON.stringify(
            good ? { data: { plaintext: dataKey.toString('base64') } } : { errors: [`permission denied for ${String(token)}`] },
          ),
        )
      })
    }),
  )
})
after(() => vaults?.close())

const atVault = (env: Env, credentials: KeyCredentials = {}, home = '/nowhere'): Promise<Uint8Array> => {
  const http = createHttp({})
  const key = { is: 'vault', address: `http://${vaults.address}`, enginePath: 'secret/transit', keyName: 'sops' } as const
  const kms = openKms({ http, clock, env, home, auth: clouds().auth(), learn: () => undefined })
  return kms.decrypt({ key, enc: 'vault:v1:abc' }, { credentials, who: nobody })
}

test('a Vault is asked with the token of the Secret', async () => {
  assert.deepEqual(Buffer.from(await atVault({ VAULT_NAMESPACE: 'team' }, { vaultToken: 'token-of-a-vault' })), dataKey)
  assert.equal(seen.at(-1), 'PUT /v1/secret/transit/decrypt/sops token-of-a-vault team')
  const refused = await failure(atVault({}, { vaultToken: 'another-token' }))
  assert.match(
    refused,
    /^failed to decrypt sops data key from Vault transit backend 'secret\/transit\/decrypt\/sops': .* Code: 403\. Errors: permission denied for \*\*\*$/,
  )
})

test('the token of this process goes to its own Vault alone', async () => {
  const own = `http://${vaults.address}`
  assert.deepEqual(Buffer.from(await atVault({ VAULT_ADDR: own, VAULT_TOKEN: 'token-of-a-vault' })), dataKey)
  const home = mkdtempSync(join(tmpdir(), 'fluxpilot-vault-'))
  try {
    writeFileSync(join(home, '.vault-token'), 'token-of-a-vault\n')
    assert.deepEqual(Buffer.from(await atVault({ VAULT_ADDR: own }, {}, home)), dataKey)
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
  const from = seen.length
  for (const env of [
    { VAULT_TOKEN: 'token-of-a-vault' },
    { VAULT_ADDR: 'https://other.example.com', VAULT_TOKEN: 'token-of-a-vault' },
    { VAULT_ADDR: own },
  ] as Env[])
    assert.match(await failure(atVault(env)), /^no token for the Vault at /)
  assert.equal(seen.length, from)
})

test('keys of age are found where SOPS looks for them', async () => {
  const home = mkdtempSync(join(tmpdir(), 'fluxpilot-keys-'))
  try {
    mkdirSync(join(home, '.ssh'))
    mkdirSync(join(home, '.config/sops/age'), { recursive: true })
    writeFileSync(join(home, '.ssh/id_ed25519'), 'ssh key')
    writeFileSync(join(home, '.config/sops/age/keys.txt'), 'own keys')
    writeFileSync(join(home, 'named.txt'), 'named keys')
    const env = {
      SOPS_AGE_KEY: 'given keys',
      SOPS_AGE_KEY_FILE: join(home, 'named.txt'),
      SOPS_AGE_KEY_CMD: `"${process.execPath}" -p "'told keys'"`,
      SOPS_AGE_SSH_PRIVATE_KEY_FILE: join(home, 'gone'),
    }
    const found = await openKms({ http: clouds().http, clock, env, home, auth: clouds().auth(), learn: () => undefined }).ambient(
      nobody.signal,
    )
    assert.deepEqual(
      found.age.map(({ text }) => text.trim()),
      ['given keys', 'named keys', 'told keys', 'own keys'],
    )
    assert.deepEqual(
      found.ssh.map(({ text }) => text),
      ['ssh key'],
    )
    assert.deepEqual(found.problems, ['failed to open SOPS_AGE_SSH_PRIVATE_KEY_FILE file'])
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
})
