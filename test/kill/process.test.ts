import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { test } from 'node:test'
import { serveArtifacts } from '../../src/world/storage/serve.ts'
import { testKernel } from '../support/kernel.ts'
import { pushFiles } from '../support/push.ts'
import { startSandboxApi } from '../support/sandbox.ts'
import { startWorld } from '../support/world.ts'
import { expected, kustomization, prepare, source, state, version } from './scene.ts'

const kernel = testKernel()
const kills = 50
const quick = process.env.FLUXPILOT_QUICK === '1'

/** Numbers in [0, 1) from a seed. */
function seeded(seed: number): () => number {
  let s = seed
  return () => {
    s = (s * 1_103_515_245 + 12_345) % 2_147_483_648
    return s / 2_147_483_648
  }
}

test(
  `a process killed at ${kills} random points loses and orphans nothing`,
  { skip: quick ? 'left out of the quick run' : false },
  async () => {
    const server = await startSandboxApi(kernel)
    const world = await startWorld(async () => server, kernel)
    const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-kill-'))
    const storage = await serveArtifacts({ folder, host: '127.0.0.1', port: 0 })
    await pushFiles(world.hands, `oci://${world.registry}/app:latest`, version(0))
    await prepare(world.cluster, `oci://${world.registry}/app`)
    const random = seeded(7)
    let n = 0
    for (let kill = 1; kill <= kills; kill++) {
      const child = spawn(process.execPath, [join(import.meta.dirname, 'child.ts'), server.url, folder, storage.address], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await once(child.stdout, 'data')
      await pushFiles(world.hands, `oci://${world.registry}/app:latest`, version(++n))
      // The wait is the random point: nothing is waited for.
      await wait(random() * 200)
      child.kill('SIGKILL')
      await once(child, 'close')
      const { live, inventory } = await state(world.cluster)
      assert.deepEqual(
        Object.keys(live).filter(name => !inventory.includes(name)),
        [],
        `an orphan after kill ${kill}`,
      )
    }
    await world.pass(source)
    await world.pass(kustomization)
    assert.deepEqual(await state(world.cluster), expected(n))
    await storage.close()
    await world.stop()
    rmSync(folder, { recursive: true, force: true })
  },
)
