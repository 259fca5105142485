import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AwsKeys, signedHeaders } from '../../src/lib/aws-signature.ts'
import type { BucketPlace } from '../../src/world/objects/objects.ts'
import { listen } from '../../src/lib/listen.ts'

interface Stored {
  readonly content: Buffer
  readonly etag: string
}

/** A small S3 server on loopback: listings in pages, objects, the location of buckets, signatures checked. */
export interface S3Server {
  /** `host:port` */
  readonly address: string
  /** `GET /bucket/key`, without queries but `?list` and `?location`, in order. */
  readonly asked: string[]
  readonly keys: AwsKeys
  place(bucket: string): BucketPlace
  create(bucket: string): Promise<void>
  put(bucket: string, key: string, content: string | Uint8Array, etag?: string): Promise<void>
  remove(bucket: string, key: string): Promise<void>
  /** Answers in place of the server; `true` when it did. Absent again: the server answers. */
  answer?: ((request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>) | undefined
  close(): Promise<void>
}

export async function startS3Server({ page = 1000, region = 'us-east-1' }: { page?: number; region?: string } = {}): Promise<S3Server> {
  const buckets = new Map<string, Map<string, Stored>>()
  const keys = { accessKeyId: 'flux-user', secretAccessKey: 'flux-s3cret-key' }
  const asked: string[] = []
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://store')
    const what = url.searchParams.has('location') ? '?location' : url.searchParams.has('list-type') ? '?list' : ''
    asked.push(`${request.method} ${decodeURIComponent(url.pathname)}${what}`)
    if (await self.answer?.(request, response)) return
    const refused = signatureProblem(request, { keys, region: what === '?location' ? 'us-east-1' : region })
    if (refused) return error(response, 403, refused)
    const [, bucket = '', ...rest] = url.pathname.split('/').map(decodeURIComponent)
    const objects = buckets.get(bucket)
    if (!objects) return error(response, 404, ['NoSuchBucket', 'The specified bucket does not exist.'])
    const key = rest.join('/')
    if (what === '?location') return document(response, `<LocationConstraint>${region === 'us-east-1' ? '' : region}</LocationConstraint>`)
    if (key === '' && request.method === 'GET') return document(response, listing(objects, url.searchParams, page))
    if (key === '') return void response.end()
    const stored = objects.get(key)
    if (!stored) return error(response, 404, ['NoSuchKey', 'The specified key does not exist.'])
    response.writeHead(200, { etag: `"${stored.etag}"`, 'content-length': stored.content.length })
    response.end(request.method === 'HEAD' ? undefined : stored.content)
  })
  const { port, close } = await listen(server, { host: '127.0.0.1', port: 0 })
  const address = `127.0.0.1:${port}`
  const self: S3Server = {
    address,
    asked,
    keys,
    place: bucket => ({ provider: 'generic', bucket, endpoint: address, insecure: true, credentials: { is: 'keys', keys } }),
    async create(bucket) {
      buckets.set(bucket, new Map())
    },
    async put(bucket, key, content, etag) {
      const bytes = Buffer.from(content)
      buckets.get(bucket)?.set(key, { content: bytes, etag: etag ?? createHash('md5').update(bytes).digest('hex') })
    },
    async remove(bucket, key) {
      buckets.get(bucket)?.delete(key)
    },
    close,
  }
  return self
}

/** Signs the request again with the keys that are known, and compares. */
function signatureProblem(
  { method = '', url = '', headers }: IncomingMessage,
  { keys, region }: { keys: AwsKeys; region: string },
): [string, string] | undefined {
  const { authorization = '', host = '' } = headers
  const stamp = String(headers['x-amz-date'] ?? '')
  const [, user, signedFor] = /Credential=([^/]+)\/\d+\/([^/]+)\//.exec(authorization) ?? []
  if (user === undefined) return ['AccessDenied', 'Access Denied.']
  if (user !== keys.accessKeyId) return ['InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.']
  if (signedFor !== region)
    return [
      'AuthorizationHeaderMalformed',
      `The authorization header is malformed; the region '${signedFor}' is wrong; expecting '${region}'`,
    ]
  const now = Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  const session = headers['x-amz-security-token']
  const used = typeof session === 'string' ? { ...keys, sessionToken: session } : keys
  const again = signedHeaders({ method, url: new URL(`http://${host}${url}`) }, used, { region, service: 's3', now })
  return again.authorization === authorization
    ? undefined
    : ['SignatureDoesNotMatch', 'The request signature we calculated does not match the signature you provided.']
}

function listing(objects: ReadonlyMap<string, Stored>, query: URLSearchParams, page: number): string {
  const after = query.get('continuation-token') ?? ''
  const all = [...objects]
    .filter(([key]) => key.startsWith(query.get('prefix') ?? ''))
    .toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const rest = all.filter(([key]) => after === '' || Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0)
  const shown = rest.slice(0, page)
  const last = shown.at(-1)?.[0] ?? ''
  const next = rest.length > page ? `<NextContinuationToken>${escaped(last)}</NextContinuationToken>` : ''
  const items = shown.map(([key, { etag }]) => `<Contents><Key>${encodeURIComponent(key)}</Key><ETag>&quot;${etag}&quot;</ETag></Contents>`)
  return `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EncodingType>url</EncodingType><IsTruncated>${next !== ''}</IsTruncated>${next}${items.join('')}</ListBucketResult>`
}

function escaped(text: string): string {
  return text.replace(/[&<>]/g, c => `&#${c.charCodeAt(0)};`)
}

function document(response: ServerResponse, xml: string, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/xml' })
  response.end(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`)
}

function error(response: ServerResponse, status: number, [code, message]: readonly [string, string]): void {
  document(response, `<Error><Code>${code}</Code><Message>${message}</Message></Error>`, status)
}
