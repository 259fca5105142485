import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { untilServed } from '../../src/engine/install.ts'
import { fluxDefaults } from '../../src/engine/settings.ts'
import { crdOf } from '../../src/kinds/crd.ts'
import { ImagePolicy } from '../../src/kinds/image-policy.ts'
import { ImageRepository } from '../../src/kinds/image-repository.ts'
import { ImageUpdateAutomation } from '../../src/kinds/image-update-automation.ts'
import { conditionOf, type KubeObject, refOf } from '../../src/kinds/manifest.ts'
import { listAt, type JsonObject, stringAt } from '../../src/lib/json.ts'
import { startEngine } from '../../src/main/engine.ts'
import { reconcilers } from '../../src/tools/run/reconcilers.ts'
import { realClock } from '../../src/world/clock/real.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { until } from '../../src/world/cluster/until.ts'
import { git, openForge } from '../support/git.ts'
import { serveGit } from '../support/git-server.ts'
import { testKernel } from '../support/kernel.ts'
import { pushFiles } from '../support/push.ts'
import { startSandboxApi } from '../support/sandbox.ts'
import { unending as signal } from '../support/unending.ts'
import { ensureNamespace, startWorld } from '../support/world.ts'
import { marker } from './policies.ts'

const kernel = testKernel()
const kinds = [ImagePolicy, ImageRepository, ImageUpdateAutomation]
const namespace = 'images'

/** The image kinds are served in one version, as by a Flux that is older or newer. */
async function serveAlone(cluster: Cluster, version: string): Promise<void> {
  for (const kind of kinds) {
    const definition = crdOf(kind)
    const versions = listAt(definition, 'spec', 'versions').filter(v => stringAt(v, 'name') === version)
    const alone = { ...definition, spec: { ...definition.spec, versions: versions.map(v => ({ ...(v as JsonObject), storage: true })) } }
    await untilServed(cluster, await cluster.apply(alone as KubeObject, { manager: 'test', force: true }, signal), {
      clock: realClock,
      signal,
    })
  }
}

const seenAs = (cluster: Cluster, object: KubeObject, seen: (live: KubeObject) => boolean): Promise<KubeObject> =>
  until(cluster, refOf(object), { settled: live => (live && seen(live) ? live : undefined), signal })

suite('image kinds of a cluster that serves one version of them', () => {
  for (const version of ['v1beta1', 'v1beta2', 'v1'])
    test(`${version}: an image is scanned, chosen and pinned in Git; the policy of a repository that is deleted says so`, async t => {
      const api = await startSandboxApi(kernel)
      const world = await startWorld(async () => api, kernel)
      const forge = openForge()
      t.after(() => forge.remove())
      const { cluster } = world
      await serveAlone(cluster, version)
      await ensureNamespace(cluster, namespace)
      const image = `${world.registry}/app`
      for (const tag of ['1.0.0', '1.0.1']) await pushFiles(world.hands, `oci://${image}:${tag}`, { content: tag })
      const files = { 'a.yaml': `kind: A\nimage: ${image}:1.0.0 ${marker(`${namespace}:app`)}\n` }
      const path = await forge.commit('app.git', [{ branch: 'refs/heads/main', at: 1_000, files }])
      await git(path, 'config', 'http.receivepack', 'true')
      const server = await serveGit({ folder: forge.folder })
      t.after(() => server.close())
      const objects = [
        ['source.toolkit.fluxcd.io/v1', 'GitRepository', { url: `http://${server.address}/app.git`, ref: { branch: 'main' } }],
        [`image.toolkit.fluxcd.io/${version}`, 'ImageRepository', { image }],
        [`image.toolkit.fluxcd.io/${version}`, 'ImagePolicy', { imageRepositoryRef: { name: 'app' }, policy: { semver: { range: '*' } } }],
        [
          `image.toolkit.fluxcd.io/${version}`,
          'ImageUpdateAutomation',
          {
            sourceRef: { kind: 'GitRepository', name: 'app' },
            git: { commit: { author: { name: 'Flux', email: 'flux@example.com' } } },
            update: { strategy: 'Setters' },
          },
        ],
      ].map(([apiVersion, kind, spec]) => {
        const interval = kind === 'ImagePolicy' ? {} : { interval: '10m' }
        return { apiVersion, kind, metadata: { name: 'app', namespace }, spec: { ...interval, ...(spec as JsonObject) } } as KubeObject
      })
      for (const object of objects) await cluster.apply(object, { manager: 'test', force: true }, signal)
      const engine = startEngine(world.hands, { reconcilers: [...reconcilers], settings: fluxDefaults, concurrency: 2 })
      t.after(async () => {
        await engine.stop()
        await world.stop()
      })
      for (const object of objects) await seenAs(cluster, object, live => conditionOf(live, 'Ready')?.status === 'True')
      const [automation] = objects.slice(-1)
      assert.ok(automation)
      await seenAs(cluster, automation, live => stringAt(live, 'status', 'lastPushCommit') !== undefined)
      assert.match(await git(path, 'show', 'main:a.yaml'), /:1\.0\.1 #/)
      const [, repository, policy] = objects
      assert.ok(repository && policy)
      await cluster.delete(refOf(repository), {}, signal)
      await seenAs(cluster, policy, live => conditionOf(live, 'Ready')?.reason === 'DependencyNotReady')
    })
})
