import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram } from '../../scripts/refs/cache.ts'
import { type Child, freePort, ready, start } from './processes.ts'

/** Flux's own source-controller and kustomize-controller, run against an API server that has their definitions. */
export interface FluxControllers {
  readonly pids: readonly number[]
  /** What they said last, for errors. */
  output(): string
  stop(): Promise<void>
}

/** By their names. */
export const fluxControllers = ['source-controller', 'kustomize-controller'] as const

/** Both, or those that are named; in one namespace, or in all. `FLUX_PROGRAMS` is a folder with those of another version of Flux. */
export async function startFluxControllers(
  kubeconfigPath: string,
  names: readonly (typeof fluxControllers)[number][] = fluxControllers,
  namespace?: string,
): Promise<FluxControllers> {
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-flux-'))
  const storage = `127.0.0.1:${await freePort()}`
  const args = {
    'source-controller': [`--storage-path=${folder}`, `--storage-addr=${storage}`, `--storage-adv-addr=${storage}`],
    'kustomize-controller': ['--requeue-dependency=2s'],
  }
  const running: Child[] = []
  for (const name of names) running.push(await controller(name, { kubeconfigPath, folder, args: args[name], namespace }))
  return {
    pids: running.map(child => child.process.pid ?? 0),
    output: () => running.map(child => child.output()).join('\n'),
    async stop() {
      await Promise.all(running.map(child => child.stop()))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function controller(
  name: string,
  of: { kubeconfigPath: string; folder: string; args: readonly string[]; namespace: string | undefined },
): Promise<Child> {
  const { kubeconfigPath, folder, args, namespace = 'flux-system' } = of
  const folderOfOthers = process.env.FLUX_PROGRAMS
  const program = folderOfOthers ? join(folderOfOthers, name) : findProgram(name)
  if (!program) throw new Error(`${name} is not built: npm run build:refs -- --all`)
  const health = `127.0.0.1:${await freePort()}`
  const common = [
    '--enable-leader-election=false',
    '--metrics-addr=127.0.0.1:0',
    `--health-addr=${health}`,
    '--events-addr=',
    '--log-level=info',
    `--watch-all-namespaces=${of.namespace === undefined}`,
  ]
  const env = { KUBECONFIG: kubeconfigPath, RUNTIME_NAMESPACE: namespace, TMPDIR: folder, SSL_CERT_DIR: '/etc/ssl/certs' }
  const child = start(program, [...common, ...args], env)
  await ready(child, async () => (await fetch(`http://${health}/readyz`)).ok)
  return child
}
