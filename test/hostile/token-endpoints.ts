import type { ServerResponse } from 'node:http'
import { openAuth } from '../../src/world/auth/open.ts'
import type { Auth } from '../../src/world/auth/provider.ts'
import type { Clock } from '../../src/world/clock/clock.ts'
import { realClock } from '../../src/world/clock/real.ts'
import { createHttp } from '../../src/world/http/client.ts'
import type { Http } from '../../src/world/http/http.ts'
import { metadataDoor } from '../../src/world/http/metadata.ts'
import { githubApp } from '../support/clouds/github.ts'
import type { Handle, HostileCase, HostileClass, Room } from './table.ts'

/** Long waits are over soon. */
const hasty: Clock = { ...realClock, sleep: (ms, signal) => realClock.sleep(Math.min(ms, 400), signal) }

/** Every https address leads to one server. */
function ledTo(url: string, real: Http): Http {
  const http: Http = {
    send: (request, signal) => real.send({ ...request, url: request.url.replace(/^https:\/\/[^/]+/, url) }, signal),
    with: () => http,
    close: () => real.close(),
  }
  return http
}

type Ask = (auth: Auth, room: Room) => Promise<unknown>
type Answers = (room: Room) => Handle
const longest = 1500

/** A cloud, or the machine's own metadata service, that answers as the case has it, asked with the room's secret. */
function asked(says: string, code: string | readonly string[], { ask, answer }: { ask: Ask; answer: Answers }): HostileCase {
  return {
    says,
    code,
    async attack(room) {
      const url = await room.serve(answer(room))
      const real = createHttp({})
      const env = { AZURE_TENANT_ID: 't', AZURE_CLIENT_ID: 'c', AZURE_CLIENT_SECRET: room.secret }
      const cache = { maxSize: 10, maxDurationMs: 3_600_000 }
      const door = metadataDoor({ at: () => url })
      try {
        await ask(openAuth({ http: ledTo(url, real), door, clock: hasty, env, home: room.root, cache, learn: () => {} }), room)
        return 'held'
      } catch (thrown) {
        const message = thrown instanceof Error ? thrown.message : ''
        // eslint-disable-next-line no-control-regex
        if (message.includes(room.secret) || message.length > longest || /[\u0000-\u001f\u202e]/.test(message))
          return `told: ${message.slice(0, 200)}`
        throw thrown
      } finally {
        await real.close()
      }
    },
  }
}

const azure: Ask = (auth, { signal }) => auth.bucket('azure', {}, { signal })
const acr: Ask = (auth, { signal }) => auth.registry('azure', 'foo.azurecr.io/app', { signal })
const ecr: Ask = (auth, { signal }) => auth.registry('aws', '123456789012.dkr.ecr.us-east-1.amazonaws.com/app', { signal })
const google: Ask = (auth, { signal }) => auth.bucket('gcp', {}, { signal })
const github: Ask = (auth, { signal }) => auth.githubApp(githubApp, { signal })
/** As an account whose cluster gives the room's secret as its token. */
const account =
  (cloud: 'aws' | 'azure' | 'gcp', annotations: Record<string, string>): Ask =>
  (auth, { signal, secret }) => {
    const metadata = { name: 'tenant', namespace: 'apps', annotations }
    const cluster = { server: 'x', get: async () => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata }), tokenFor: async () => secret }
    const who = { serviceAccount: { cluster, namespace: 'apps', name: 'tenant', allowed: true }, signal }
    return cloud === 'aws' ? auth.bucket(cloud, { region: 'us-east-1' }, who) : auth.bucket(cloud, {}, who)
  }
const sts = account('aws', { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/r' })
const pool = account('gcp', {
  'gcp.auth.fluxcd.io/workload-identity-provider': 'projects/1/locations/global/workloadIdentityPools/p/providers/p',
})

const sends =
  (status: number, body: string, headers: Record<string, string> = {}): Answers =>
  () =>
  (_, response) =>
    void response.writeHead(status, headers).end(body)
const json = (body: unknown, status = 200): Answers => sends(status, JSON.stringify(body))

/** Sends until nobody listens, or 256 MiB are sent. */
function pour(response: ServerResponse, chunk: Buffer): void {
  let left = 256
  const more = (): void => {
    while (left-- > 0 && !response.destroyed) if (!response.write(chunk)) return void response.once('drain', more)
    response.end()
  }
  more()
}
const mebibyte = Buffer.alloc(1024 * 1024, 0x20)
const bomb = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><AssumeRoleWithWebIdentityResponse>&b;</AssumeRoleWithWebIdentityResponse>`
const keysOf = (id: string, end: string): string =>
  `<R><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>${id}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${end}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></R>`
const imds = (role: string, document: unknown): Answers => {
  return () => (request, response) =>
    void response.end(
      request.method === 'PUT' ? 'session' : request.url?.endsWith('/security-credentials/') ? role : JSON.stringify(document),
    )
}
const acrToken = (refresh: string): Answers => {
  return () => (request, response) =>
    void response.end(
      JSON.stringify(request.url === '/oauth2/exchange' ? { refresh_token: refresh } : { access_token: 'a', expires_in: 60 }),
    )
}

const answers: HostileClass = {
  name: 'token endpoints: other answers',
  cases: [
    asked('a token that would begin another header', 'BAD_ANSWER', {
      ask: azure,
      answer: json({ access_token: 'a\r\nx: y', expires_in: 60 }),
    }),
    asked('a token in the prototype', 'BAD_ANSWER', {
      ask: azure,
      answer: sends(200, '{"__proto__":{"access_token":"a"},"expires_in":60}'),
    }),
    asked('a token that is a list', 'BAD_ANSWER', { ask: azure, answer: json({ access_token: ['a'], expires_in: 60 }) }),
    asked('a life that is no number', 'BAD_ANSWER', { ask: azure, answer: json({ access_token: 'a', expires_in: 'for ever' }) }),
    asked('a life that is over before it begins', 'BAD_ANSWER', { ask: azure, answer: json({ access_token: 'a', expires_in: -1 }) }),
    asked('a life beyond all time', ['BAD_ANSWER', 'held'], { ask: azure, answer: json({ access_token: 'a', expires_in: 1e300 }) }),
    asked('a page for people', 'BAD_ANSWER', { ask: google, answer: sends(200, '<html>sign in</html>') }),
    asked('JSON nested without end', 'BAD_ANSWER', { ask: google, answer: sends(200, '['.repeat(200_000)) }),
    asked('XML with entities of its own', 'BAD_ANSWER', { ask: sts, answer: sends(200, bomb) }),
    asked('XML nested without end', 'BAD_ANSWER', { ask: sts, answer: sends(200, '<a>'.repeat(80_000)) }),
    asked('a key with a line break', 'BAD_ANSWER', { ask: sts, answer: sends(200, keysOf('a&#10;b', '2030-01-01T00:00:00Z')) }),
    asked('keys that end at no time', 'BAD_ANSWER', { ask: sts, answer: sends(200, keysOf('a', 'soon')) }),
    asked('a password with a line break', 'BAD_ANSWER', {
      ask: ecr,
      answer: imds('role', {
        AccessKeyId: 'a',
        SecretAccessKey: 's',
        Token: 't',
        Expiration: '2030-01-01T00:00:00Z',
        authorizationData: [{ authorizationToken: Buffer.from('AWS:a\nb').toString('base64'), expiresAt: 2e9 }],
      }),
    }),
    asked('a refresh token that says nothing of its end', 'BAD_ANSWER', { ask: acr, answer: acrToken('a.e30.b') }),
    asked('a refresh token whose claims are junk', 'BAD_ANSWER', { ask: acr, answer: acrToken('a.%%%.b') }),
    asked('an expiry of another calendar', 'BAD_ANSWER', {
      ask: github,
      answer: json({ token: 'a', expires_at: '0001-99-99T00:00:00Z' }, 201),
    }),
  ],
}

const places: HostileClass = {
  name: 'token endpoints: secrets elsewhere',
  cases: [
    asked('a client secret asked for at another origin', 'DENIED', {
      ask: azure,
      answer:
        ({ stranger }) =>
        (_, response) =>
          void response.writeHead(307, { location: `${stranger}/token` }).end(),
    }),
    asked('a token of an account asked for at another origin', 'DENIED', {
      ask: pool,
      answer:
        ({ stranger }) =>
        (_, response) =>
          void response.writeHead(308, { location: `${stranger}/token` }).end(),
    }),
    asked('a signed request asked for at another origin', 'DENIED', {
      ask: github,
      answer:
        ({ stranger }) =>
        (_, response) =>
          void response.writeHead(302, { location: stranger }).end(),
    }),
    asked('a refusal that repeats the secret', 'DENIED', {
      ask: azure,
      answer:
        ({ secret }) =>
        (_, response) =>
          void response.writeHead(401).end(JSON.stringify({ error: 'no', error_description: `it was ${secret}` })),
    }),
    asked('a refusal that repeats the token of an account', 'DENIED', {
      ask: sts,
      answer:
        ({ secret }) =>
        (_, response) =>
          void response.writeHead(400).end(`<E><Error><Code>No</Code><Message>${secret} ${secret}</Message></Error></E>`),
    }),
    asked('a refusal that repeats a secret as a form has it', 'DENIED', {
      ask: pool,
      answer:
        ({ secret }) =>
        (_, response) =>
          void response.writeHead(400).end(JSON.stringify({ error: encodeURIComponent(secret) + secret })),
    }),
    asked('a refusal of a megabyte', ['DENIED', 'BAD_ANSWER', 'NO_IDENTITY'], {
      ask: google,
      answer: json({ error: 'a'.repeat(200_000) }, 400),
    }),
    asked('a refusal that would move the cursor', ['DENIED', 'NO_IDENTITY'], {
      ask: google,
      answer: json({ error: '\u001b[2J\u202e\u0000gone' }, 400),
    }),
    asked('a role that climbs', 'NO_IDENTITY', { ask: ecr, answer: imds('../../../other', {}) }),
    asked('a role with a line break and a header', 'NO_IDENTITY', { ask: ecr, answer: imds('role x: y\r\nHost: z', {}) }),
    asked('a project that is an address', 'NO_IDENTITY', {
      ask: account('gcp', {}),
      answer: () => (_, response) => void response.end('p.svc.id.goog:https://example.com/?'),
    }),
    asked('a session of the machine that is a header', 'NO_IDENTITY', {
      ask: ecr,
      answer: () => (_, response) => void response.end('session\r\nx: y'),
    }),
  ],
}

const unending: HostileClass = {
  name: 'token endpoints: without end',
  cases: [
    asked('an answer without end', 'BAD_ANSWER', { ask: azure, answer: () => (_, response) => pour(response, mebibyte) }),
    asked('a refusal without end', 'BAD_ANSWER', {
      ask: azure,
      answer: () => (_, response) => pour(response.writeHead(400), mebibyte),
    }),
    asked('an answer of the machine without end', 'NO_IDENTITY', { ask: google, answer: () => (_, response) => pour(response, mebibyte) }),
    asked('no answer', 'UNREACHABLE', { ask: azure, answer: () => () => {} }),
    asked('no answer of the machine', ['UNREACHABLE', 'NO_IDENTITY'], { ask: google, answer: () => () => {} }),
    asked('a body that never comes', 'UNREACHABLE', {
      ask: azure,
      answer: () => (_, response) => void response.writeHead(200, { 'content-length': '100' }).flushHeaders(),
    }),
    asked('a body that breaks off', 'UNREACHABLE', {
      ask: azure,
      answer: () => (_, response) => void response.writeHead(200, { 'content-length': '100' }).write('{', () => response.destroy()),
    }),
    asked('a line that is cut each time', 'UNREACHABLE', { ask: pool, answer: () => request => void request.socket.destroy() }),
    asked('a token of a mebibyte', 'BAD_ANSWER', {
      ask: github,
      answer: json({ token: 'a'.repeat(200_000), expires_at: '2030-01-01T00:00:00Z' }, 201),
    }),
    asked('too many requests, always', 'UNAVAILABLE', { ask: azure, answer: sends(429, '', { 'retry-after': '99999999' }) }),
    asked('headers without end', 'UNREACHABLE', {
      ask: azure,
      answer: () => (_, response) => void response.writeHead(200, { x: 'a'.repeat(1024 * 1024) }).end(),
    }),
  ],
}

export const classes: readonly HostileClass[] = [answers, places, unending]
