import assert from 'node:assert/strict'
import { generateKeyPairSync, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createHttp } from '../../../src/world/http/client.ts'
import type { Http } from '../../../src/world/http/http.ts'
import { ObjectStoreError } from '../../../src/world/objects/error.ts'
import type { BucketPlace, Credentials, Objects } from '../../../src/world/objects/objects.ts'
import { openObjects } from '../../../src/world/objects/open.ts'
import { startHostile } from '../../support/hostile.ts'
import { playedHttp } from '../../support/played-http.ts'
import { instantClock } from '../../support/registries.ts'
import { unending } from '../../support/unending.ts'
import { listed, read } from './contract.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const origins = {
  google: 'https://storage.googleapis.com',
  googleTokens: 'https://oauth2.googleapis.com',
  azure: 'https://account.blob.core.windows.net',
  entra: 'https://login.microsoftonline.com',
  china: 'https://login.chinacloudapi.cn',
}

interface Asked {
  readonly host: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: NodeJS.Dict<string | string[]>
  readonly form: URLSearchParams
}
let asked: Asked[] = []
/** What is answered, by the beginning of host and path; the first that fits. */
let answers: [start: string, status: number, body: string, headers?: Record<string, string>][] = []
const http = createHttp({})
let server: Awaited<ReturnType<typeof startHostile>>
let objects: Objects
let played: Http
before(async () => {
  server = await startHostile(async (request, response) => {
    let body = ''
    for await (const part of request) body += String(part)
    const url = new URL(request.url ?? '/', 'http://x')
    asked.push({
      host: request.headers.host ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      form: new URLSearchParams(body),
    })
    const [, status = 404, text = '', headers = {}] =
      answers.find(([start]) => `${request.headers.host}${request.url}`.startsWith(start)) ?? []
    response.writeHead(status, headers).end(text)
  })
  played = playedHttp(http, Object.fromEntries(Object.values(origins).map(origin => [origin, server.url])))
  objects = openObjects({ http: played, clock: instantClock([]) })
})
after(async () => {
  await http.close()
  await server.close()
})

const at = (provider: 'gcp' | 'azure', credentials: Credentials): BucketPlace => ({
  provider,
  bucket: 'bucket',
  endpoint: provider === 'gcp' ? 'storage.googleapis.com' : origins.azure,
  credentials,
})
/** Signs in by listing once, and gives what was asked. */
async function asking(place: BucketPlace, given: typeof answers): Promise<Asked[]> {
  ;[asked, answers] = [[], given]
  await listed(await objects.open(place, unending))
  return asked
}
const claimsOf = (token: string): { header: Record<string, unknown>; claims: Record<string, unknown> } => {
  const [header = '', claims = '', signature = ''] = token.split('.')
  assert.ok(verify('sha256', Buffer.from(`${header}.${claims}`), publicKey, Buffer.from(signature, 'base64url')))
  const parsed = [header, claims].map(part => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>)
  return { header: parsed[0] ?? {}, claims: parsed[1] ?? {} }
}
const key = { clientEmail: 'robot@project.iam', privateKey: pem, privateKeyId: 'kid', tokenUri: `${origins.googleTokens}/token` }
const empty: (typeof answers)[number] = ['account.blob.core.windows.net/', 200, '<EnumerationResults/>']

test('the key of a Google service account becomes a token, once for all requests', async () => {
  const place = at('gcp', { is: 'serviceAccount', key })
  const [token, list, ...more] = await asking(place, [
    ['oauth2.googleapis.com/token', 200, '{"access_token":"google-token"}'],
    ['storage.googleapis.com/', 200, '{}'],
  ])
  assert.deepEqual(more, [])
  assert.equal(token?.form.get('grant_type'), 'urn:ietf:params:oauth:grant-type:jwt-bearer')
  const { header, claims } = claimsOf(token?.form.get('assertion') ?? '')
  assert.deepEqual([header.kid, claims.iss, claims.aud], ['kid', key.clientEmail, key.tokenUri])
  assert.equal(claims.scope, 'https://www.googleapis.com/auth/devstorage.read_only')
  assert.equal(Number(claims.exp) - Number(claims.iat), 3600)
  assert.deepEqual([list?.path, list?.headers.authorization], ['/storage/v1/b/bucket/o', 'Bearer google-token'])
})

test("Google's listing goes from page to page, and an object is read in the generation that was looked up", async () => {
  const pages: typeof answers = [
    [
      'storage.googleapis.com/storage/v1/b/bucket/o?fields=nextPageToken%2Citems%28name%2Cetag%29&prefix=p&pageToken=two',
      200,
      '{"items":[{"name":"p/b","etag":"2"}]}',
    ],
    ['storage.googleapis.com/storage/v1/b/bucket/o?', 200, '{"items":[{"name":"p/a","etag":"1"}],"nextPageToken":"two"}'],
    ['storage.googleapis.com/storage/v1/b/bucket/o/p%2Fa?alt=media&ifGenerationMatch=7', 200, 'content'],
    ['storage.googleapis.com/storage/v1/b/bucket/o/p%2Fa?fields', 200, '{"etag":"1","generation":"7"}'],
  ]
  ;[asked, answers] = [[], pages]
  const store = await objects.open(at('gcp', { is: 'bearer', token: 'mine' }), unending)
  assert.deepEqual(await listed(store, 'p'), [
    { key: 'p/a', etag: '1' },
    { key: 'p/b', etag: '2' },
  ])
  assert.equal((await read(store, 'p/a'))?.content.toString(), 'content')
  assert.ok(asked.every(({ headers }) => headers.authorization === 'Bearer mine'))
})

test('a secret of an Entra client becomes a token, at the authority that is named', async () => {
  const client = { tenantId: 'tenant', clientId: 'client', proof: { is: 'secret', secret: 'entra-secret' } } as const
  const [token, list] = await asking(at('azure', { is: 'entra', client }), [
    ['login.microsoftonline.com/tenant/oauth2/v2.0/token', 200, '{"access_token":"entra-token"}'],
    empty,
  ])
  assert.deepEqual(Object.fromEntries(token?.form ?? []), {
    client_id: 'client',
    grant_type: 'client_credentials',
    scope: 'https://storage.azure.com/.default',
    client_secret: 'entra-secret',
  })
  assert.deepEqual([list?.headers.authorization, list?.query.get('comp'), list?.path], ['Bearer entra-token', 'list', '/bucket'])
  const [elsewhere] = await asking(at('azure', { is: 'entra', client: { ...client, authorityHost: `${origins.china}/` } }), [
    ['login.chinacloudapi.cn/tenant/oauth2/v2.0/token', 200, '{"access_token":"entra-token"}'],
    empty,
  ])
  assert.equal(elsewhere?.host, 'login.chinacloudapi.cn')
})

test('a refusal of Entra is told without the secret', async () => {
  const client = { tenantId: 'tenant', clientId: 'client', proof: { is: 'secret', secret: 'entra-secret' } } as const
  const place = at('azure', { is: 'entra', client })
  await assert.rejects(
    asking(place, [
      [
        'login.microsoftonline.com/',
        401,
        '{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided."}',
      ],
    ]),
    { code: 'DENIED', message: 'login.microsoftonline.com gave no token: AADSTS7000215: Invalid client secret provided.' },
  )
  for (const wrong of [
    { ...client, authorityHost: 'http://plain.test' },
    { ...client, tenantId: '../other' },
  ])
    await assert.rejects(asking(at('azure', { is: 'entra', client: wrong }), []), { code: 'CREDENTIALS' })
})

test('a shared access signature is in the query, and never in an error', async () => {
  const place = at('azure', { is: 'sas', query: 'sv=2021-12-02&sig=secret%2Bsignature' })
  const [list] = await asking(place, [empty])
  assert.deepEqual(
    [list?.query.get('sig'), list?.query.get('sv'), list?.query.get('restype')],
    ['secret+signature', '2021-12-02', 'container'],
  )
  const failures: [status: number, body: string, headers: Record<string, string>, message: string][] = [
    [403, '', { 'x-ms-error-code': 'AuthorizationFailure' }, 'AuthorizationFailure: unexpected status code 403'],
    [
      307,
      '',
      { location: 'https://elsewhere.test/?sig=x' },
      'redirected from account.blob.core.windows.net to elsewhere.test, which is refused',
    ],
    [500, '<Error><Code>InternalError</Code><Message>later\nRequestId:1</Message></Error>', {}, 'InternalError: later'],
  ]
  for (const [status, body, headers, message] of failures)
    await assert.rejects(asking(place, [['account.blob.core.windows.net/', status, body, headers]]), (thrown: unknown) => {
      assert.ok(thrown instanceof ObjectStoreError)
      assert.equal(thrown.message, message)
      return true
    })
})

test("Azure's listing goes from page to page, with the names that it encodes", async () => {
  answers = [
    [
      'account.blob.core.windows.net/bucket?restype=container&comp=list&maxresults=1000&marker=two',
      200,
      '<EnumerationResults><Blobs><Blob><Name Encoded="true">b%EF%BF%BE</Name><Properties><Etag>0x2</Etag></Properties></Blob></Blobs><NextMarker/></EnumerationResults>',
    ],
    [
      'account.blob.core.windows.net/bucket?',
      200,
      '<EnumerationResults><Blobs><Blob><Name>a&amp;b</Name><Properties><Etag>0x1</Etag></Properties></Blob></Blobs><NextMarker>two</NextMarker></EnumerationResults>',
    ],
  ]
  assert.deepEqual(await listed(await objects.open(at('azure', { is: 'anonymous' }), unending)), [
    { key: 'a&b', etag: '"0x1"' },
    { key: 'b\uFFFE', etag: '"0x2"' },
  ])
})

test('a container that is not there, and one that nobody says more about', async () => {
  const store = await objects.open(at('azure', { is: 'anonymous' }), unending)
  answers = [['account.blob', 404, '', { 'x-ms-error-code': 'ContainerNotFound' }]]
  assert.equal(await store.exists(unending), false)
  answers = [['account.blob', 403, '', { 'x-ms-error-code': 'AuthenticationFailed' }]]
  await assert.rejects(
    store.exists(unending),
    /the specified bucket name may be incorrect, nonexistent, or the caller might lack sufficient permissions/,
  )
})

test('a token is never sent over plain HTTP', async () => {
  const place: BucketPlace = { ...at('azure', { is: 'bearer', token: 'mine' }), endpoint: 'http://account.blob.core.windows.net' }
  await assert.rejects(listed(await objects.open(place, unending)), { code: 'ADDRESS' })
})

test('a certificate of an Entra client signs what it says, as PEM or PKCS#12', async () => {
  const content = readFileSync(join(import.meta.dirname, '../../vectors/azure/triple-des.p12'))
  const proof = { is: 'certificate', content, password: 'password', sendChain: true } as const
  const client = { tenantId: 'tenant', clientId: 'client', proof }
  const [token] = await asking(at('azure', { is: 'entra', client }), [['login.microsoftonline.com/', 200, '{"access_token":"t"}'], empty])
  assert.equal(token?.form.get('client_assertion_type'), 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
  const [header, claims] = (token?.form.get('client_assertion') ?? '').split('.').map(part => Buffer.from(part, 'base64url').toString())
  assert.deepEqual(Object.keys(JSON.parse(header ?? '') as object), ['alg', 'typ', 'x5t#S256', 'x5c'])
  const { aud, iss } = JSON.parse(claims ?? '') as Record<string, unknown>
  assert.deepEqual([aud, iss], [`${origins.entra}/tenant/oauth2/v2.0/token`, 'client'])
  const broken = { ...client, proof: { ...proof, password: 'wrong' } }
  await assert.rejects(asking(at('azure', { is: 'entra', client: broken }), []), {
    code: 'CREDENTIALS',
    message: 'failed to parse client certificates: pkcs12: decryption password incorrect',
  })
})

test('AZURE_AUTHORITY_HOST is where Entra is, unless the Secret says it', async () => {
  const elsewhere = openObjects({ http: played, clock: instantClock([]), env: { AZURE_AUTHORITY_HOST: `${origins.china}/` } })
  for (const [authorityHost, host] of [
    [undefined, 'login.chinacloudapi.cn'],
    [origins.entra, 'login.microsoftonline.com'],
  ]) {
    const client = { tenantId: 'tenant', clientId: 'client', authorityHost, proof: { is: 'secret', secret: 'entra-secret' } } as const
    ;[asked, answers] = [[], [['login.', 200, '{"access_token":"t"}'], empty]]
    await listed(await elsewhere.open(at('azure', { is: 'entra', client }), unending))
    assert.equal(asked[0]?.host, host)
  }
})

const told: [says: string, place: BucketPlace, secret: string, body: (secret: string) => string][] = [
  [
    'a signature',
    at('azure', { is: 'sas', query: 'sv=1&sig=very%2Bsecret' }),
    'very+secret',
    s => `<Error><Code>X</Code><Message>bad ${s}</Message></Error>`,
  ],
  [
    'a token of Azure',
    at('azure', { is: 'bearer', token: 'very-secret' }),
    'very-secret',
    s => `<Error><Code>X</Code><Message>bad ${s}</Message></Error>`,
  ],
  ['a token of Google', at('gcp', { is: 'bearer', token: 'very-secret' }), 'very-secret', s => `{"error":{"message":"bad ${s}"}}`],
]
for (const [says, place, secret, body] of told)
  test(`${says} that a store says back is not told`, async () => {
    answers = [['', 403, body(secret)]]
    const store = await objects.open(place, unending)
    for (const call of [store.exists(unending), listed(store), store.fetch('a', unending)])
      await assert.rejects(call, (thrown: Error) => /bad \*\*\*/.test(thrown.message) && !thrown.message.includes(secret))
  })
