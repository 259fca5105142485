import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram } from '../../scripts/refs/cache.ts'
import { type Child, freePort, ready, start } from './processes.ts'

/** Flux's own source-controller and kustomize-controller, run against an API server that has their definitions. */
export interface FluxControllers {
  /** What both said last, for errors. */
  output(): string
  stop(): Promise<void>
}

export async function startFluxControllers(kubeconfigPath: string): Promise<FluxControllers> {
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-flux-'))
  const storage = `127.0.0.1:${await freePort()}`
  const source = await controller('source-controller', {
    kubeconfigPath,
    folder,
    args: [`--storage-path=${folder}`, `--storage-addr=${storage}`, `--storage-adv-addr=${storage}`],
  })
  const kustomize = await controller('kustomize-controller', { kubeconfigPath, folder, args: ['--requeue-dependency=2s'] })
  return {
    output: () => `${source.output()}\n${kustomize.output()}`,
    async stop() {
      await Promise.all([source.stop(), kustomize.stop()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function controller(
  name: string,
  { kubeconfigPath, folder, args }: { kubeconfigPath: string; folder: string; args: readonly string[] },
): Promise<Child> {
  const program = findProgram(name)
  if (!program) throw new Error(`${name} is not built: npm run build:refs -- --all`)
  const health = `127.0.0.1:${await freePort()}`
  const common = [
    '--enable-leader-election=false',
    '--metrics-addr=127.0.0.1:0',
    `--health-addr=${health}`,
    '--events-addr=',
    '--log-level=info',
  ]
  const env = { KUBECONFIG: kubeconfigPath, RUNTIME_NAMESPACE: 'flux-system', TMPDIR: folder, SSL_CERT_DIR: '/etc/ssl/certs' }
  const child = start(program, [...common, ...args], env)
  await ready(child, async () => (await fetch(`http://${health}/readyz`)).ok)
  return child
}
