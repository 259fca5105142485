import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { test, type TestContext } from 'node:test'
import { conditionOf } from '../../src/kinds/manifest.ts'
import { serveArtifacts } from '../../src/world/storage/serve.ts'
import { startKubeApiServer } from '../refs/kube-apiserver.ts'
import { withPrograms } from '../refs/when.ts'
import { testKernel } from '../support/kernel.ts'
import { pushFiles } from '../support/push.ts'
import { seeded } from '../support/random.ts'
import { startSandboxApi } from '../support/sandbox.ts'
import { startWorld } from '../support/world.ts'
import type { Started } from '../world/cluster/contract.ts'
import { bundled } from './bundle.ts'
import { serveKernel } from './parent-kernel.ts'
import { expected, kustomization, prepare, source, state, version } from './scene.ts'
import { unending } from '../support/unending.ts'

const kernel = testKernel()
/** 50 in all. The sandbox's loop is the real API server's: it is killed less often there. */
const kills = { sandbox: 10, real: 40 }
const signal = unending
const root = join(import.meta.dirname, '../..')
const quick = process.env.FLUXPILOT_QUICK === '1'

/** Kills processes that reconcile over and over, each amid what the one before it left; after each kill nothing may be orphaned, and in the end all is as it should be. */
async function killedAtRandom(
  t: TestContext,
  kills: number,
  open: (folder: string) => Promise<Started & { kubeconfig: string }>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-kill-'))
  const program = await bundled(join(import.meta.dirname, 'child.ts'), folder)
  const server = await open(folder)
  const world = await startWorld(async () => server, kernel)
  const storage = await serveArtifacts({ folder, host: '127.0.0.1', port: 0 })
  await pushFiles(world.hands, `oci://${world.registry}/app:latest`, version(0))
  await prepare(world.cluster, `oci://${world.registry}/app`)
  const start = (): ChildProcess => {
    const child = spawn(process.execPath, [program, server.kubeconfig, folder, storage.address, root], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      serialization: 'advanced',
    })
    serveKernel(child, kernel)
    return child
  }
  const end = async (child: ChildProcess): Promise<void> => {
    child.kill('SIGKILL')
    await once(child, 'close')
  }
  const first = start()
  const [, cold, warm] = await said(first, 3)
  await end(first)
  const random = seeded(7)
  let [n, within] = [0, 0]
  for (let kill = 1; kill <= kills; kill++) {
    const child = start()
    await said(child, 1)
    await pushFiles(world.hands, `oci://${world.registry}/app:latest`, version(++n))
    // The wait is the random point, within the first rounds of the process: nothing is waited for.
    await wait(random() * (Number(cold) + 2 * Number(warm)))
    await end(child)
    if (conditionOf(await world.cluster.get(kustomization, signal), 'Reconciling')) within++
    const { live, inventory } = await state(world.cluster)
    const lost = Object.keys(live).filter(name => !inventory.includes(name))
    assert.deepEqual(lost, [], `an orphan after kill ${kill}`)
  }
  t.diagnostic(`${within} of ${kills} kills came within a reconcile`)
  await world.pass(source)
  await world.pass(kustomization)
  assert.deepEqual(await state(world.cluster), expected(n))
  await storage.close()
  await world.stop()
  rmSync(folder, { recursive: true, force: true })
}

/** So many lines of a child. */
async function said({ stdout }: ChildProcess, lines: number): Promise<string[]> {
  const heard: string[] = []
  for await (const line of createInterface({ input: stdout ?? assert.fail() })) if (heard.push(line) === lines) break
  assert.equal(heard.length, lines, 'the child ends by itself')
  stdout?.resume()
  return heard
}

const skip = quick ? 'left out of the quick run' : false
test(`a process killed at ${kills.sandbox} random points loses and orphans nothing in the sandbox`, { skip }, t =>
  killedAtRandom(t, kills.sandbox, async folder => {
    const server = await startSandboxApi(kernel)
    const kubeconfig = join(folder, 'kubeconfig')
    writeFileSync(kubeconfig, config(server.url))
    return { ...server, kubeconfig }
  }),
)

const name = `a process killed at ${kills.real} random points loses and orphans nothing on the real API server`
withPrograms(['etcd', 'kube-apiserver'], { name, tests: 1 }, () =>
  test(name, t =>
    killedAtRandom(t, kills.real, async () => {
      const server = await startKubeApiServer()
      return { cluster: await server.cluster(), stop: () => server.stop(), kubeconfig: server.kubeconfigPath }
    }),
  ),
)

function config(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    clusters: [{ name: 'here', cluster: { server } }],
    contexts: [{ name: 'here', context: { cluster: 'here' } }],
  })
}
