import { createHash, createHmac } from 'node:crypto'

/** Keys that sign requests; `sessionToken` belongs to keys that expire. */
export interface AwsKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

/** A request to sign. `headers` have lower-case names; the path of `url` is encoded as it will be sent. */
export interface Unsigned {
  readonly method: string
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | Uint8Array | undefined
}

/** For whom the signature is good. `now` is in milliseconds since the epoch. */
export interface Scope {
  readonly region: string
  readonly service: string
  readonly now: number
}

/**
 * The headers of a request with those of AWS Signature Version 4: `authorization`, `x-amz-date`, `x-amz-content-sha256` for S3, and
 * `x-amz-security-token` with a session token. The host header is the URL's. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */
export function signedHeaders({ method, url, headers = {}, body = '' }: Unsigned, keys: AwsKeys, scope: Scope): Record<string, string> {
  const stamp = stampOf(scope.now)
  const hash = sha256(body)
  const all: Record<string, string> = {
    ...headers,
    'x-amz-date': stamp,
    ...(scope.service === 's3' ? { 'x-amz-content-sha256': hash } : {}),
    ...(keys.sessionToken ? { 'x-amz-security-token': keys.sessionToken } : {}),
  }
  const { canonical, names } = canonicalOf({ method, url, headers: all, body }, scope)
  const { credential, signature } = signed256(canonical, keys, { ...scope, stamp })
  return {
    ...all,
    authorization: `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${credential}, SignedHeaders=${names}, Signature=${signature}`,
  }
}

/** The URL of a GET that is signed in its query, good for so many seconds. Whoever sends it must send the same headers. */
export function presignedUrl(
  { url, headers = {} }: Pick<Unsigned, 'url' | 'headers'>,
  keys: AwsKeys,
  scope: Scope & { readonly seconds: number },
): string {
  const stamp = stampOf(scope.now)
  const signed = new URL(url)
  const query = {
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${keys.accessKeyId}/${scopeOf(scope, stamp)}`,
    'X-Amz-Date': stamp,
    'X-Amz-Expires': String(scope.seconds),
    ...(keys.sessionToken ? { 'X-Amz-Security-Token': keys.sessionToken } : {}),
    'X-Amz-SignedHeaders': [...Object.keys(headers), 'host'].toSorted().join(';'),
  }
  for (const [name, value] of Object.entries(query)) signed.searchParams.set(name, value)
  const { canonical } = canonicalOf({ method: 'GET', url: signed, headers }, scope)
  signed.search = `${canonicalQuery(signed)}&X-Amz-Signature=${signed256(canonical, keys, { ...scope, stamp }).signature}`
  return signed.href
}

function stampOf(now: number): string {
  return new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, '')
}

/** The text that is signed for a request, and the names of the headers in it. */
function canonicalOf({ method, url, headers = {}, body = '' }: Unsigned, { service }: Scope): { canonical: string; names: string } {
  const signed: Record<string, string> = { ...headers, host: headers.host ?? url.host }
  const names = Object.keys(signed).toSorted()
  const canonical = [
    method,
    service === 's3' ? url.pathname : awsEncoded(url.pathname, '/'),
    canonicalQuery(url),
    ...names.map(name => `${name}:${(signed[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    names.join(';'),
    sha256(body),
  ].join('\n')
  return { canonical, names: names.join(';') }
}

/** The password of a CodeCommit repository over HTTPS: a time and a signature of the URL, good for a quarter of an hour. */
export function codeCommitPassword(url: URL, keys: AwsKeys, { region, now }: Omit<Scope, 'service'>): string {
  const stamp = new Date(now).toISOString().replace(/[-:]|\.\d{3}Z/g, '')
  const canonical = ['GIT', url.pathname, '', `host:${url.host}`, '', 'host', ''].join('\n')
  return `${stamp}Z${signed256(canonical, keys, { region, service: 'codecommit', stamp }).signature}`
}

function signed256(
  canonical: string,
  { secretAccessKey }: AwsKeys,
  { region, service, stamp }: Omit<Scope, 'now'> & { readonly stamp: string },
): { credential: string; signature: string } {
  const credential = scopeOf({ region, service }, stamp)
  const key = credential.split('/').reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${secretAccessKey}`)
  return { credential, signature: hmac(key, ['AWS4-HMAC-SHA256', stamp, credential, sha256(canonical)].join('\n')).toString('hex') }
}

function scopeOf({ region, service }: Pick<Scope, 'region' | 'service'>, stamp: string): string {
  return [stamp.slice(0, 8), region, service, 'aws4_request'].join('/')
}

/** A text as AWS encodes names and values: all but letters, digits and `-._~`. Characters of `kept` stay. */
export function awsEncoded(text: string, kept = ''): string {
  return [...text].map(c => (kept !== '' && kept.includes(c) ? c : escaped(c))).join('')
}

function escaped(character: string): string {
  return encodeURIComponent(character).replace(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

function canonicalQuery(url: URL): string {
  return [...url.searchParams]
    .map(([name, value]) => [awsEncoded(name), awsEncoded(value)] as const)
    .toSorted(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
