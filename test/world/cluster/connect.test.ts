import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createPlain, type IncomingMessage } from 'node:http'
import { createServer, type ServerOptions } from 'node:https'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { realClock } from '../../../src/world/clock/real.ts'
import type { ClusterError } from '../../../src/world/cluster/error.ts'
import { loadClusters } from '../../../src/world/cluster/kubeconfig.ts'
import { createHttp } from '../../../src/world/http/client.ts'
import { withPrograms } from '../../refs/when.ts'
import { unending } from '../../support/unending.ts'

const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-connect-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const signal = unending

/** A certificate with its key, signed by an authority or by itself. */
function certificate(name: string, more: readonly string[] = []): { cert: string; key: string; files: [cert: string, key: string] } {
  const files: [string, string] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)]
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      files[1],
      '-out',
      files[0],
      '-subj',
      `/CN=${name}`,
      ...more,
    ],
    { stdio: 'ignore' },
  )
  return { cert: readFileSync(files[0], 'utf8'), key: readFileSync(files[1], 'utf8'), files }
}
async function api(
  options: ServerOptions,
  seen: (request: IncomingMessage) => void = () => {},
): Promise<{ port: number; close(): Promise<void> }> {
  const listening = createServer(options, (request, response) => {
    seen(request)
    response.setHeader('content-type', 'application/json').end('{"gitVersion":"v1.0.0"}')
  }).listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const address = listening.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    async close() {
      listening.close()
      listening.closeAllConnections()
      await once(listening, 'close')
    },
  }
}

/** What the version of a cluster is, by a kubeconfig of one context. */
async function versionOf(cluster: object, user: object = {}, env: Record<string, string> = {}): Promise<string> {
  const file = join(folder, 'config')
  writeFileSync(
    file,
    JSON.stringify({
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    }),
  )
  const http = createHttp(env)
  try {
    return await (await loadClusters({ file, env, home: folder, http, clock: realClock })).named().version(signal)
  } finally {
    await http.close()
  }
}

const told =
  (code: string, words: RegExp) =>
  (error: ClusterError): boolean =>
    error.code === code && words.test(error.message)

/** A proxy that notes where it was asked to connect, and connects to this machine. */
async function proxy(): Promise<{ url: string; asked: string[]; close(): Promise<void> }> {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const listening = createPlain((_, response) => void response.writeHead(400).end())
  listening.on('connect', (request: IncomingMessage, socket: Socket) => {
    asked.push(`${request.url} ${request.headers['proxy-authorization'] ?? '-'}`)
    const port = Number((request.url ?? '').split(':')[1])
    const onward = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      onward.pipe(socket).pipe(onward)
    })
    for (const s of [socket, onward]) sockets.add(s.on('error', () => undefined))
  })
  listening.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const address = listening.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    asked,
    async close() {
      for (const s of sockets) s.destroy()
      listening.close()
      listening.closeAllConnections()
      await once(listening, 'close')
    },
  }
}

withPrograms(['openssl'], { name: 'certificates and proxies of an API server', tests: 6 }, () => {
  const server = certificate('server', ['-addext', 'subjectAltName=IP:127.0.0.1,DNS:api.example'])
  const other = certificate('other', ['-addext', 'subjectAltName=DNS:elsewhere.example'])
  const client = certificate('client')

  test('a server is trusted by the authority of its kubeconfig, in a file or in the text', async () => {
    const real = await api(server)
    const url = `https://127.0.0.1:${real.port}`
    assert.equal(await versionOf({ server: url, 'certificate-authority': server.files[0] }), 'v1.0.0')
    assert.equal(await versionOf({ server: url, 'certificate-authority-data': Buffer.from(server.cert).toString('base64') }), 'v1.0.0')
    assert.equal(await versionOf({ server: url, 'insecure-skip-tls-verify': true }), 'v1.0.0')
    await real.close()
  })

  test('a certificate that is not trusted, or is of another host, is told as such and not tried again', async () => {
    let asked = 0
    const [real, elsewhere] = [await api(server, () => void asked++), await api(other)]
    await assert.rejects(
      versionOf({ server: `https://127.0.0.1:${real.port}` }),
      told('UNREACHABLE', /certificate of 127.0.0.1:\d+ was not accepted/),
    )
    const named = { server: `https://127.0.0.1:${elsewhere.port}`, 'certificate-authority': other.files[0] }
    await assert.rejects(versionOf(named), told('UNREACHABLE', /certificate .* was not accepted \(ERR_TLS_CERT_ALTNAME_INVALID\)/))
    assert.equal(await versionOf({ ...named, 'tls-server-name': 'elsewhere.example' }), 'v1.0.0')
    assert.equal(asked, 0)
    await real.close()
    await elsewhere.close()
  })

  test('a client certificate is shown, from files or from the text; without one the refusal is told', async () => {
    const names: unknown[] = []
    const real = await api(
      { ...server, requestCert: true, ca: client.cert, rejectUnauthorized: true },
      request => void names.push((request.socket as TLSSocket).getPeerCertificate().subject?.CN),
    )
    const cluster = { server: `https://127.0.0.1:${real.port}`, 'certificate-authority': server.files[0] }
    assert.equal(await versionOf(cluster, { 'client-certificate': client.files[0], 'client-key': client.files[1] }), 'v1.0.0')
    const [cert, key] = [client.cert, client.key].map(text => Buffer.from(text).toString('base64'))
    assert.equal(await versionOf(cluster, { 'client-certificate-data': cert, 'client-key-data': key }), 'v1.0.0')
    assert.deepEqual(names, ['client', 'client'])
    await assert.rejects(versionOf(cluster), (error: ClusterError) => error.code === 'UNREACHABLE')
    await real.close()
  })

  test('HTTPS_PROXY is used unless NO_PROXY names the host; proxy-url of the kubeconfig goes before both', async () => {
    const [real, first, second] = [await api(server), await proxy(), await proxy()]
    const cluster = { server: `https://api.example:${real.port}`, 'certificate-authority': server.files[0] }
    assert.equal(await versionOf(cluster, {}, { HTTPS_PROXY: first.url }), 'v1.0.0')
    assert.deepEqual(first.asked, [`api.example:${real.port} -`])
    await assert.rejects(versionOf(cluster, {}, { HTTPS_PROXY: first.url, NO_PROXY: 'api.example' }), told('UNREACHABLE', /api.example/))
    const local = { ...cluster, server: `https://127.0.0.1:${real.port}` }
    assert.equal(await versionOf(local, {}, { HTTPS_PROXY: first.url }), 'v1.0.0')
    assert.equal(first.asked.length, 1)
    const signed = second.url.replace('://', '://user:pass@')
    assert.equal(await versionOf({ ...cluster, 'proxy-url': signed }, {}, { HTTPS_PROXY: first.url, NO_PROXY: 'api.example' }), 'v1.0.0')
    assert.deepEqual(second.asked, [`api.example:${real.port} Basic ${Buffer.from('user:pass').toString('base64')}`])
    assert.equal(first.asked.length, 1)
    for (const s of [real, first, second]) await s.close()
  })

  test('a proxy that refuses is told without its password', async () => {
    const refusing = createPlain().on('connect', (_, socket) => void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'))
    refusing.listen(0, '127.0.0.1')
    await once(refusing, 'listening')
    const address = refusing.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const failure = versionOf({ server: 'https://127.0.0.1:9', 'proxy-url': `http://user:hush@127.0.0.1:${port}` })
    await assert.rejects(
      failure,
      (error: ClusterError) => error.code === 'UNREACHABLE' && !JSON.stringify([error.message, error.call]).includes('hush'),
    )
    refusing.close()
  })

  test('credentials that a plugin cannot give, or gives in another form, are told with the context', async () => {
    const exec = (args: string[]): object => ({
      exec: { apiVersion: 'client.authentication.k8s.io/v1', command: '/bin/sh', args, interactiveMode: 'Never' },
    })
    const cluster = { server: 'https://127.0.0.1:9' }
    for (const script of ['exit 3', 'echo nonsense', 'echo "{}"'])
      await assert.rejects(
        versionOf(cluster, exec(['-c', script])),
        told('UNAUTHENTICATED', /the credentials of context 'c' cannot be had/),
      )
    await assert.rejects(
      versionOf(cluster, { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'no-such-plugin' } }),
      told('UNAUTHENTICATED', /context 'c'/),
    )
  })
})
