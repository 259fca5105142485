import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { findProgram } from '../../scripts/refs/cache.ts'
import { realClock } from '../../src/world/clock/real.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { loadClusters } from '../../src/world/cluster/kubeconfig.ts'
import { createHttp } from '../../src/world/http/client.ts'
import { freePort, ready, start } from './processes.ts'

/** A real API server for a test. It has no controllers. Its state is Kubernetes' own, without anything of ours. */
export interface ApiServer {
  readonly url: string
  readonly kubeconfigPath: string
  readonly token: string
  /** Of the API server's process. */
  readonly pid: number
  cluster(): Promise<Cluster>
  /** Kills the API server, and starts another in its place: the same address, the same data. Resolves when that is ready. */
  crash(): Promise<void>
  /** etcd stands still for so long. */
  pauseEtcd(ms: number): Promise<void>
  stop(): Promise<void>
}

const token = 'admin-token-of-a-test-server'

/** Starts etcd and kube-apiserver on loopback in a folder of their own; `stop` removes it. Ready in about 5 s. */
export async function startOwnApiServer(): Promise<ApiServer & { readonly etcdUrl: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-kube-'))
  const [etcdPort, peerPort, port] = [await freePort(), await freePort(), await freePort()]
  const etcd = start(program('etcd'), [
    '--data-dir',
    join(folder, 'etcd'),
    '--listen-client-urls',
    `http://127.0.0.1:${etcdPort}`,
    '--advertise-client-urls',
    `http://127.0.0.1:${etcdPort}`,
    '--listen-peer-urls',
    `http://127.0.0.1:${peerPort}`,
    '--initial-advertise-peer-urls',
    `http://127.0.0.1:${peerPort}`,
    '--initial-cluster',
    `default=http://127.0.0.1:${peerPort}`,
    '--unsafe-no-fsync',
    '--log-level',
    'warn',
  ])
  const args = apiArguments(folder, { etcdPort, port })
  let api = start(program('kube-apiserver'), args)
  const url = `https://127.0.0.1:${port}`
  const kubeconfigPath = join(folder, 'kubeconfig')
  const stop = async (): Promise<void> => {
    await api.stop()
    await etcd.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  const cluster = (): Promise<Cluster> => {
    writeFileSync(kubeconfigPath, kubeconfig(url, readFileSync(join(folder, 'certs', 'apiserver.crt'))))
    return clusterOf(kubeconfigPath)
  }
  const served = (): Promise<void> =>
    ready(api, async () => {
      const found = await (await cluster()).get({ group: '', version: 'v1', kind: 'Namespace', name: 'default' }, AbortSignal.timeout(2000))
      return found !== undefined && (await isReady(url))
    })
  try {
    await served()
  } catch (thrown) {
    await stop()
    throw thrown
  }
  const crash = async (): Promise<void> => {
    const gone = once(api.process, 'exit')
    api.process.kill('SIGKILL')
    await gone
    api = start(program('kube-apiserver'), args)
    await served()
  }
  const pauseEtcd = async (ms: number): Promise<void> => {
    etcd.process.kill('SIGSTOP')
    await wait(ms)
    etcd.process.kill('SIGCONT')
  }
  const etcdUrl = `http://127.0.0.1:${etcdPort}`
  return { url, etcdUrl, kubeconfigPath, token, pid: api.process.pid ?? 0, cluster, crash, pauseEtcd, stop }
}

/** The cluster that a kubeconfig file of a test's server names. */
export async function clusterOf(kubeconfigPath: string): Promise<Cluster> {
  const home = dirname(kubeconfigPath)
  return (await loadClusters({ file: kubeconfigPath, env: {}, home, http: createHttp({}), clock: realClock })).named('real')
}

/** Ready, its own roles too: before them nobody but an administrator may discover what is served. */
async function isReady(url: string): Promise<boolean> {
  const http = createHttp({}).with({ tls: { verify: false } })
  try {
    const { status, body } = await http.send(
      { method: 'GET', url: `${url}/readyz`, headers: { authorization: `Bearer ${token}` } },
      AbortSignal.timeout(2000),
    )
    await body.cancel()
    return status === 200
  } finally {
    await http.close()
  }
}

/** The path of a reference program. Throws where it is not built. */
export function program(name: string): string {
  const found = findProgram(name)
  if (!found) throw new Error(`${name} is not built: npm run build:refs`)
  return found
}

function apiArguments(folder: string, { etcdPort, port }: { etcdPort: number; port: number }): string[] {
  const key = join(folder, 'sa.key')
  const tokens = join(folder, 'tokens.csv')
  writeFileSync(key, generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' }))
  writeFileSync(tokens, `${token},admin,admin,system:masters\n`)
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${join(folder, 'certs')}`,
    `--token-auth-file=${tokens}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
    '--disable-admission-plugins=ServiceAccount',
    '--service-cluster-ip-range=10.96.0.0/16',
    '--allow-privileged=true',
    '--endpoint-reconciler-type=none',
    '--v=0',
  ]
}

function kubeconfig(server: string, ca: Buffer): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'real',
    users: [{ name: 'admin', user: { token } }],
    clusters: [{ name: 'real', cluster: { server, 'certificate-authority-data': ca.toString('base64') } }],
    contexts: [{ name: 'real', context: { cluster: 'real', user: 'admin' } }],
  })
}
