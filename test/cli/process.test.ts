import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { crdOf } from '../../src/kinds/crd.ts'
import { Kustomization } from '../../src/kinds/kustomization.ts'
import { refOf } from '../../src/kinds/manifest.ts'
import { until } from '../../src/world/cluster/until.ts'
import { freePort } from '../refs/processes.ts'
import { bareEnv, program } from '../support/program.ts'
import { startHostile } from '../support/hostile.ts'
import { type Product, startProduct } from '../support/service.ts'
import { unending } from '../support/unending.ts'

const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-process-'))
let product: Product
before(async () => {
  product = await startProduct()
  writeFileSync(join(folder, 'kubeconfig'), product.composed.sandbox?.kubeconfig ?? '')
})
after(async () => {
  await product.stop()
  rmSync(folder, { recursive: true, force: true })
})

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

const both = (): Record<string, string> => ({ KUBECONFIG: `${join(folder, 'absent')}:${join(folder, 'kubeconfig')}` })

function start(args: readonly string[], env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [program, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...bareEnv, HOME: folder, ...env },
  })
}

async function ended(child: ChildProcess): Promise<Ran> {
  let [out, err] = ['', '']
  child.stdout?.on('data', (chunk: Buffer) => {
    out += chunk.toString()
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    err += chunk.toString()
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code: code ?? -1, out, err }
}

const fluxpilot = (args: readonly string[], env: Record<string, string> = both()): Promise<Ran> => ended(start(args, env))

/** A kubeconfig for one server, with a token. */
function kubeconfigFor(name: string, server: string, more: object = {}): string {
  const file = join(folder, `${name}.json`)
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    users: [{ name, user: { token: 'expired' } }],
    clusters: [{ name, cluster: { server, ...more } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  }
  writeFileSync(file, JSON.stringify(config))
  return file
}

test('KUBECONFIG is a list of paths, of which some may be absent', async () => {
  const { code, out } = await fluxpilot(['check'])
  assert.equal(code, 0, out)
  assert.match(out, /✔ sandbox: Kubernetes v1\.37\.2\S* at http:\/\/127\.0\.0\.1:\d+/)
  assert.match(out, /✔ sandbox: no Flux controllers run here/)
  assert.match(
    out,
    /✔ sandbox: Kustomization v1: no kustomize-controller runs, our engine reconciles it on request; you may read and change it/,
  )
})

test("the handle of a plan holds from one command to the next, by a key that is the user's alone", async () => {
  const manifest = join(folder, 'doomed.yaml')
  writeFileSync(manifest, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: doomed, namespace: default}\n')
  assert.equal((await fluxpilot(['apply', 'manifests', manifest])).code, 0)
  const planned = await fluxpilot(['delete', 'object', 'cm/doomed', '-n', 'default', '-o', 'json'])
  assert.equal(planned.code, 3, planned.err)
  const { plan } = JSON.parse(planned.out) as { plan: string }
  const done = await fluxpilot(['delete', 'object', 'cm/doomed', '-n', 'default', '--plan', plan])
  assert.equal(done.code, 0, done.err)
  const key = join(folder, '.local/state/fluxpilot/key')
  assert.deepEqual([statSync(key).mode & 0o777, readFileSync(key).length], [0o600, 32])
})

test('without any kubeconfig a verb says how to give one, and what needs none works', async () => {
  const none = { KUBECONFIG: '' }
  const status = await fluxpilot(['get', 'status'], none)
  assert.equal(status.code, 2)
  assert.match(status.err, /✗ InvalidArgument: no cluster is configured\. Next: set KUBECONFIG, pass --kubeconfig, or start with --sandbox/)
  const [clusters, check] = [await fluxpilot(['list', 'clusters'], none), await fluxpilot(['check'], none)]
  assert.deepEqual([clusters.code, check.code], [0, 0])
  assert.match(clusters.out, /no cluster is configured/)
})

test('a kubeconfig that is not there, or none, is named', async () => {
  const absent = await fluxpilot(['--kubeconfig', join(folder, 'nowhere'), 'get', 'status'])
  assert.equal(absent.code, 1)
  assert.match(absent.err, /✗ \w+: kubeconfig '.*nowhere' cannot be read/)
  const wrong = await fluxpilot(['--context', 'nowhere', 'get', 'status'])
  assert.equal(wrong.code, 2)
  assert.match(wrong.err, /✗ InvalidArgument: no cluster 'nowhere' is configured\. Next: use one of the configured clusters: sandbox/)
})

test('an API server that is down, and one whose token expired, are told apart', async () => {
  const down = await fluxpilot(['get', 'status'], { KUBECONFIG: kubeconfigFor('down', `http://127.0.0.1:${await freePort()}`) })
  assert.equal(down.code, 1)
  assert.match(down.err, /✗ Unreachable: [\s\S]*127\.0\.0\.1[\s\S]*Next: check the server address/)
  const expired = await startHostile((_request, response) => {
    response.writeHead(401, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ kind: 'Status', status: 'Failure', message: 'Unauthorized', reason: 'Unauthorized', code: 401 }))
  })
  const refused = await fluxpilot(['get', 'status'], { KUBECONFIG: kubeconfigFor('expired', expired.url) })
  await expired.close()
  assert.equal(refused.code, 1)
  assert.match(refused.err, /✗ Unauthenticated: [\s\S]*Next: renew the credentials/)
})

test('Ctrl-C ends a verb at once, with 130 and without a stack', async () => {
  const reached = Promise.withResolvers<void>()
  const hanging = await startHostile(() => reached.resolve())
  const child = start(['get', 'status'], { KUBECONFIG: kubeconfigFor('hanging', hanging.url) })
  const end = ended(child)
  await reached.promise
  child.kill('SIGINT')
  const { code, err } = await end
  await hanging.close()
  assert.equal(code, 130, err)
  assert.match(err, /✗ Cancelled: the call was cancelled/)
  assert.doesNotMatch(err, /^ +at /m)
})

test('a reader that has seen enough does not make a verb fail', async () => {
  const child = start(['crds'], {})
  child.stdout?.destroy()
  const { code, err } = await ended(child)
  assert.deepEqual([code, err], [0, ''])
})

test('API servers are reached through HTTP_PROXY, but for those that NO_PROXY names', async () => {
  const asked: string[] = []
  const target = new URL(product.composed.sandbox?.apiUrl ?? '')
  const proxy = createServer((_request, response) => response.writeHead(502).end())
  proxy.on('connect', (request, socket) => {
    asked.push(request.url ?? '')
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const address = proxy.address()
  const url = `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`
  const through = await fluxpilot(['get', 'status'], {
    KUBECONFIG: kubeconfigFor('proxied', 'https://cluster.example.com:6443'),
    HTTPS_PROXY: url,
  })
  assert.equal(through.code, 1)
  assert.ok(asked.includes('cluster.example.com:6443'), through.err)
  const direct = await fluxpilot(['get', 'status'], {
    KUBECONFIG: kubeconfigFor('direct', target.href),
    HTTPS_PROXY: url,
    HTTP_PROXY: url,
    NO_PROXY: target.hostname,
  })
  assert.equal(direct.code, 0, direct.err)
  proxy.close()
  proxy.closeAllConnections()
})

test('crds --install installs ours, and leaves those of Flux as they are', async () => {
  const own = await startProduct()
  const cluster = own.composed.service.world.clusters.named()
  const signal = unending
  const ref = refOf(crdOf(Kustomization))
  await cluster.delete(ref, {}, signal)
  await until(cluster, ref, { signal, settled: seen => (seen ? undefined : true) })
  const before = await cluster.apply(crdOf(Kustomization), { manager: 'flux' }, signal)
  writeFileSync(join(folder, 'own'), own.composed.sandbox?.kubeconfig ?? '')
  const ran = await fluxpilot(['crds', '--install'], { KUBECONFIG: join(folder, 'own') })
  assert.equal(ran.code, 0, ran.err)
  assert.match(ran.out, /ocirepositories\.source\.toolkit\.fluxcd\.io is served by sandbox\n/)
  assert.match(ran.out, /kustomizations\.kustomize\.toolkit\.fluxcd\.io is served by sandbox, by Flux's own CRD, which stays as it is/)
  assert.equal((await cluster.get(ref, signal))?.metadata.generation, before.metadata.generation)
  await own.stop()
})

test('completion in bash knows commands, their flags and what comes after operands', async () => {
  const { out } = await fluxpilot(['completion', 'bash'], {})
  writeFileSync(join(folder, 'completion.bash'), out)
  const complete = async (...words: string[]): Promise<string[]> => {
    const script = `source completion.bash; COMP_WORDS=(${words.map(w => `'${w}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _fluxpilot; printf '%s\\n' "\${COMPREPLY[@]}"`
    const child = spawn('bash', ['-c', script], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    return (await ended(child)).out.split('\n').filter(Boolean)
  }
  assert.ok((await complete('fluxpilot', 'rec')).includes('reconcile'))
  assert.ok((await complete('fluxpilot', 'get', 'st')).includes('status'))
  assert.deepEqual(await complete('fluxpilot', 'reconcile', 'ks/apps', '--with-s'), ['--with-source'])
  assert.ok((await complete('fluxpilot', 'get', 'status', '-n', 'apps', '--sta')).includes('--state'))
  assert.ok((await complete('fluxpilot', '--engine', 'own', 'get', 'status', '--kubec')).includes('--kubeconfig'))
})
