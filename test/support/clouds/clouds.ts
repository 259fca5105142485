import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Clock } from '../../../src/world/clock/clock.ts'
import { openAuth } from '../../../src/world/auth/open.ts'
import type { Auth } from '../../../src/world/auth/provider.ts'
import { createHttp } from '../../../src/world/http/client.ts'
import type { Http } from '../../../src/world/http/http.ts'
import { type MetadataDoor, metadataDoor } from '../../../src/world/http/metadata.ts'
import { certificateAuthority } from '../certificates.ts'
import { listening } from '../listening.ts'
import { playAws } from './aws.ts'
import { playAzure } from './azure.ts'
import { arcPort } from './azure-managed.ts'
import type { Play, Seen, Tools } from './play.ts'
import { playGithub } from './github.ts'
import { playGoogle } from './google.ts'

export const hosts = [
  'sts.us-east-1.amazonaws.com',
  'sts.eu-west-1.amazonaws.com',
  'sts.cn-north-1.amazonaws.com.cn',
  'sts.us-gov-west-1.amazonaws.com',
  'vpce-x.sts.us-east-1.vpce.amazonaws.com',
  'api.ecr.us-east-1.amazonaws.com',
  'api.ecr.eu-west-1.amazonaws.com',
  'api.ecr.cn-north-1.amazonaws.com.cn',
  'api.ecr-public.us-east-1.amazonaws.com',
  '123456789012.dkr.ecr.us-east-1.amazonaws.com',
  '123456789012.dkr.ecr.eu-west-1.amazonaws.com',
  'public.ecr.aws',
  'eks.us-east-1.amazonaws.com',
  'management.azure.com',
  'container.googleapis.com',
  'login.microsoftonline.com',
  'login.chinacloudapi.cn',
  'fabric.example.com',
  'foo.azurecr.io',
  'foo.azurecr.cn',
  'foo.azurecr.us',
  'sts.googleapis.com',
  'iamcredentials.googleapis.com',
  'oauth2.googleapis.com',
  'europe-docker.pkg.dev',
  'gcr.io',
  'kms.us-east-1.amazonaws.com',
  'kms.cn-north-1.amazonaws.com.cn',
  'my-vault.vault.azure.net',
  'cloudkms.googleapis.com',
  'api.github.com',
  'ghes.example.com',
] as const

/** The clouds on one address of loopback, found under their real names. */
export interface Clouds {
  readonly http: Http
  readonly door: MetadataDoor
  readonly tools: Tools
  /** What they were asked, in order: `METHOD host/path`. */
  readonly asked: string[]
  /** The same with everything that was sent. */
  readonly seen: Seen[]
  /** Answers instead of the clouds while it is set: a handler, or nothing for this request. */
  instead: ((seen: Seen, response: ServerResponse) => boolean) | undefined
  /** The hand over these clouds. */
  auth(options?: CloudAuthOptions): Auth
  /** `https://host:port` of loopback, for proxies. */
  address(): string
  /** `http://host:port` of loopback, where services of a machine are. */
  machine(): string
  /** Every secret that a cloud issued. */
  readonly issued: Set<string>
  close(): Promise<void>
}

export interface CloudAuthOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly home?: string
  readonly root?: string
  readonly vendorTools?: boolean
  readonly maxSize?: number
  readonly maxDurationMs?: number
  readonly learn?: (secret: string) => void
}

export interface CloudOptions {
  readonly clock: Clock
  /** An open registry that stands behind the clouds' registries. */
  readonly registry?: string
  /** The registry asks for tokens of this service. */
  readonly tokens?: Tools['tokens']
}

export async function startClouds({ clock, registry, tokens }: CloudOptions): Promise<Clouds> {
  const authority = certificateAuthority('authority of the clouds')
  const issued = new Set<string>()
  let count = 0
  const tools: Tools = {
    clock,
    tokens,
    lifeMs: 3_600_000,
    machine: new Map(),
    fresh: kind => {
      const secret = `${kind}-${++count}-0123456789abcdef`
      issued.add(secret)
      return secret
    },
    account: (token, audience) => claimsFor(token, audience, clock.now()),
  }
  const plays: Play[] = [playAws(), playAzure(), playGoogle(), playGithub()]
  const [asked, seen]: [string[], Seen[]] = [[], []]
  const clouds: Pick<Clouds, 'instead'> = { instead: undefined }
  const handle = (request: IncomingMessage, response: ServerResponse): void =>
    void read(request).then(one => {
      seen.push(one)
      asked.push(`${one.method} ${one.host}${one.url.pathname}`)
      if (clouds.instead?.(one, response)) return
      const played = plays.map(play => play(one, tools)).find(answer => answer !== undefined)
      if (played?.status === 0 && registry !== undefined) {
        const { authorization, ...rest } = one.headers
        const { address, authorization: as } = played.via ?? { address: registry, authorization: tokens && authorization }
        return forward(address, { ...one, headers: { ...rest, ...(as ? { authorization: as } : {}) } }, response)
      }
      const { status, headers = {}, body } = played ?? { status: 404, body: 'nobody here' }
      response.writeHead(status, headers).end(body)
    })
  const tls = await listening(createTlsServer(authority.issue('clouds', hosts), handle))
  const plain = await listening(createServer(handle))
  const [hostname = '', port = ''] = tls.address.split(':')
  const known = new Set<string>(hosts)
  const [plainHost = '', plainPort = ''] = plain.address.split(':')
  const at = (name: string, asked: string): { hostname: string; port: string } | undefined => {
    if (asked === arcPort) return { hostname: plainHost, port: plainPort }
    return known.has(name) ? { hostname, port } : undefined
  }
  const http = createHttp({}, { ca: authority.cert, at })
  const door = metadataDoor({ at: () => `http://${plain.address}` })
  return Object.assign(clouds, {
    http,
    door,
    tools,
    asked,
    seen,
    issued,
    address: () => `https://${tls.address}`,
    machine: () => `http://${plain.address}`,
    auth: ({
      env = {},
      home = '/nowhere',
      root = '/nowhere',
      vendorTools = false,
      maxSize = 100,
      maxDurationMs = 3_600_000,
      learn = ignored,
    }: CloudAuthOptions = {}) => openAuth({ http, door, clock, env, home, root, vendorTools, cache: { maxSize, maxDurationMs }, learn }),
    async close() {
      await http.close()
      await tls.close()
      await plain.close()
    },
  })
}

function ignored(): void {}

async function read(request: IncomingMessage): Promise<Seen> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  const body = bytes.toString('utf8')
  const host = request.headers.host ?? ''
  return { method: request.method ?? '', host, url: new URL(request.url ?? '/', `https://${host}`), headers: request.headers, body, bytes }
}

function forward(registry: string, { method, url, headers, bytes }: Seen, response: ServerResponse): void {
  const [host = '', port = ''] = registry.split(':')
  const onward = httpRequest({ host, port, path: url.pathname + url.search, method, headers }, answer => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  onward.on('error', () => response.destroy())
  onward.end(bytes)
}

function claimsFor(token: string, audience: string, now: number): { sub: string } | undefined {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
      aud: string[]
      exp: number
      sub: string
    }
    return claims.aud.length === 1 && claims.aud[0] === audience && claims.exp * 1000 > now && token.split('.').length === 3
      ? claims
      : undefined
  } catch {
    return undefined
  }
}
