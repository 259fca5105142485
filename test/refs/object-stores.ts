import { createHmac } from 'node:crypto'
import { mkdtempSync, mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram } from '../../scripts/refs/cache.ts'
import { awsEncoded, signedHeaders } from '../../src/lib/aws-signature.ts'
import type { BucketPlace } from '../../src/world/objects/objects.ts'
import { freePort, ready, start } from './processes.ts'

/** An object store that nobody here wrote, on loopback. */
export interface RunningStore {
  /** How the bucket of that name is reached. */
  place(bucket: string): BucketPlace
  /** Origin of the store, as `http://127.0.0.1:1234`. */
  readonly origin: string
  create(bucket: string): Promise<void>
  put(bucket: string, key: string, content: string | Uint8Array): Promise<void>
  remove(bucket: string, key: string): Promise<void>
  stop(): Promise<void>
}

export const s3Keys = { accessKeyId: 'flux-user', secretAccessKey: 'flux-s3cret-key' } as const

function program(name: string): string {
  const found = findProgram(name)
  if (!found) throw new Error(`${name} is not there: npm run build:refs -- --all`)
  return found
}

function temporary(): { folder: string; clean(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-store-'))
  return { folder, clean: () => rmSync(folder, { recursive: true, force: true }) }
}

async function up(child: ReturnType<typeof start>, clean: () => void, check: () => Promise<boolean>): Promise<() => Promise<void>> {
  const stop = async (): Promise<void> => {
    await child.stop()
    clean()
  }
  await ready(child, check).catch(async (thrown: unknown) => {
    await stop()
    throw thrown
  })
  return stop
}

async function fine(answer: Promise<Response>): Promise<void> {
  const { ok, status, url, ...rest } = await answer.then(async r => ({ ok: r.ok, status: r.status, url: r.url, text: await r.text() }))
  if (!ok) throw new Error(`${url}: ${status} ${rest.text}`)
}

/** Starts versitygw, an S3 server over a folder. */
export async function startVersityGw(): Promise<RunningStore> {
  const { folder, clean } = temporary()
  const origin = `http://127.0.0.1:${await freePort()}`
  for (const name of ['data', 'sidecar']) mkdirSync(join(folder, name))
  const { accessKeyId, secretAccessKey } = s3Keys
  const args = ['--port', origin.slice('http://'.length), '--access', accessKeyId, '--secret', secretAccessKey, '--quiet']
  const child = start(program('versitygw'), [...args, 'posix', '--sidecar', join(folder, 'sidecar'), join(folder, 'data')])
  const send = (method: string, path: string, body: string | Uint8Array = ''): Promise<Response> => {
    const url = new URL(`${origin}/${awsEncoded(path, '/')}`)
    const headers = signedHeaders({ method, url, body }, s3Keys, { region: 'us-east-1', service: 's3', now: Date.now() })
    return fetch(url, { method, headers, ...(method === 'PUT' ? { body: body as BodyInit } : {}) })
  }
  const stop = await up(child, clean, async () => (await send('GET', '')).ok)
  return {
    origin,
    place: bucket => ({
      provider: 'generic',
      bucket,
      endpoint: origin.slice('http://'.length),
      insecure: true,
      credentials: { is: 'keys', keys: s3Keys },
    }),
    create: bucket => fine(send('PUT', bucket)),
    put: (bucket, key, content) => fine(send('PUT', `${bucket}/${key}`, content)),
    remove: (bucket, key) => fine(send('DELETE', `${bucket}/${key}`)),
    stop,
  }
}

/** Starts fake-gcs-server, Google's JSON API in memory. It signs nobody in. */
export async function startFakeGcs(): Promise<RunningStore> {
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const args = ['-backend', 'memory', '-scheme', 'http', '-host', '127.0.0.1', '-port', String(port), '-log-level', 'error']
  const stop = await up(
    start(program('fake-gcs-server'), args),
    () => {},
    async () => (await fetch(`${origin}/storage/v1/b`)).ok,
  )
  const post = (path: string, body: string | Uint8Array): Promise<void> =>
    fine(fetch(`${origin}${path}`, { method: 'POST', body: body as BodyInit }))
  return {
    origin,
    place: bucket => ({ provider: 'gcp', bucket, endpoint: 'storage.googleapis.com', credentials: { is: 'anonymous' } }),
    create: bucket => post('/storage/v1/b?project=test', JSON.stringify({ name: bucket })),
    put: (bucket, key, content) => post(`/upload/storage/v1/b/${bucket}/o?uploadType=media&name=${encodeURIComponent(key)}`, content),
    remove: (bucket, key) => fine(fetch(`${origin}/storage/v1/b/${bucket}/o/${encodeURIComponent(key)}`, { method: 'DELETE' })),
    stop,
  }
}

/** The account that Azurite has from the start, with the key that its documents print. */
export const azureAccount = {
  account: 'devstoreaccount1',
  key: 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
} as const

/** Starts Azurite's blob service. Its container is found under the path of the account, or under the host name of a blob service. */
export async function startAzurite(): Promise<RunningStore> {
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const args = ['--blobHost', '127.0.0.1', '--blobPort', String(port), '--inMemoryPersistence', '--silent', '--disableTelemetry']
  const stop = await up(
    start(process.execPath, [program('azurite'), ...args]),
    () => {},
    async () => (await fetch(origin)).status > 0,
  )
  const send = (method: string, path: string, more: { query?: Record<string, string>; body?: string | Uint8Array } = {}): Promise<void> =>
    fine(azureSend(origin, method, { path, ...more }))
  return {
    origin,
    place: bucket => ({
      provider: 'azure',
      bucket,
      endpoint: `${origin}/${azureAccount.account}`,
      credentials: { is: 'accountKey', ...azureAccount },
    }),
    create: bucket => send('PUT', bucket, { query: { restype: 'container' } }),
    put: (bucket, key, content) => send('PUT', `${bucket}/${key}`, { body: content }),
    remove: (bucket, key) => send('DELETE', `${bucket}/${key}`),
    stop,
  }
}

function azureSend(
  origin: string,
  method: string,
  { path, query = {}, body }: { path: string; query?: Record<string, string>; body?: string | Uint8Array },
): Promise<Response> {
  const { account, key } = azureAccount
  const place = `/${account}/${path.split('/').map(encodeURIComponent).join('/')}`
  const url = new URL(`${origin}${place}?${new URLSearchParams(query).toString()}`)
  const headers: Record<string, string> = {
    'x-ms-date': new Date().toUTCString(),
    'x-ms-version': '2021-12-02',
    ...(body === undefined ? {} : { 'x-ms-blob-type': 'BlockBlob' }),
  }
  const named = Object.keys(headers)
    .toSorted()
    .map(name => `${name}:${headers[name]}\n`)
    .join('')
  const resource = Object.keys(query).map(name => `\n${name}:${query[name]}`)
  const length = body === undefined || body.length === 0 ? '' : String(Buffer.byteLength(body))
  const type = typeof body === 'string' ? 'text/plain;charset=UTF-8' : ''
  const text = [
    method,
    '',
    '',
    length,
    '',
    type,
    ...'\n\n\n\n\n'.split('\n'),
    `${named}/${account}${url.pathname}${resource.join('')}`,
  ].join('\n')
  const authorization = `SharedKey ${account}:${createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest('base64')}`
  return fetch(url, { method, headers: { ...headers, authorization }, ...(body === undefined ? {} : { body: body as BodyInit }) })
}
