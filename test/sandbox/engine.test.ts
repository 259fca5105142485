import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { findProgram } from '../../scripts/refs/cache.ts'
import { isLive } from '../../src/engine/controllers.ts'
import { conditionOf, type KubeObject, refOf } from '../../src/kinds/manifest.ts'
import { type JsonObject, stringAt } from '../../src/lib/json.ts'
import { realClock } from '../../src/world/clock/real.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { restCluster } from '../../src/world/cluster/rest.ts'
import { listenGit } from '../../src/sandbox/git.ts'
import { createHttp } from '../../src/world/http/client.ts'
import { openRegistries } from '../../src/world/registry/open.ts'
import { withPrograms } from '../refs/when.ts'
import { git, openForge } from '../support/git.ts'
import { testKernel } from '../support/kernel.ts'
import { pushFiles } from '../support/push.ts'
import { unending } from '../support/unending.ts'
import { program } from '../support/program.ts'

const signal = unending
const kernel = testKernel()
const http = createHttp({})
const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-sandbox-'))
const run = promisify(execFile)

describe('the sandbox as a command', () => {
  const child = spawn(process.execPath, [program, 'sandbox'], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [cluster, registry]: [Cluster | undefined, string] = [undefined, '']
  before(async () => {
    let [told, kubeconfig] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => {
      kubeconfig += chunk.toString()
    })
    const { promise, resolve, reject } = Promise.withResolvers<string[]>()
    child.stderr.on('data', (chunk: Buffer) => {
      told += chunk.toString()
      const found = /Kubernetes API at (\S+), OCI registry at (\S+)\n/.exec(told)
      if (found) resolve(found.slice(1))
    })
    child.once('exit', () => reject(new Error(told)))
    const [server = '', address = ''] = await promise
    cluster = restCluster({ name: 'sandbox', server, http, clock: realClock })
    registry = address
    writeFileSync(join(folder, 'config'), kubeconfig)
  })
  after(async () => {
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    const [code] = await gone
    await http.close()
    rmSync(folder, { recursive: true, force: true })
    assert.ok(code === 0 || code === 130, `it ended with ${code}`)
  })
  const hub = (): Cluster => {
    assert.ok(cluster)
    return cluster
  }

  const object = (kind: string, spec: Record<string, unknown>): KubeObject => ({
    apiVersion: `${kind === 'OCIRepository' ? 'source' : 'kustomize'}.toolkit.fluxcd.io/v1`,
    kind,
    metadata: { name: 'shop', namespace: 'flux-system' },
    spec: { interval: '10m', ...spec } as never,
  })
  const shop = object('Kustomization', { prune: true, sourceRef: { kind: 'OCIRepository', name: 'shop' }, targetNamespace: 'default' })
  const push = (value: string, tag = 'latest'): Promise<string> =>
    pushFiles(
      { kernel, registries: openRegistries({ http, clock: realClock, env: {}, home: homedir(), oras: 'off' }) },
      `oci://${registry}/shop:${tag}`,
      { 'a.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {value: "${value}"}\n` },
    )
  async function untilReady(message: RegExp): Promise<void> {
    for await (const event of hub().watch({ ...refOf(shop), fieldSelector: 'metadata.name=shop' }, signal)) {
      const live = event.type === 'gap' ? event.objects[0] : event.object
      const ready = conditionOf(live, 'Ready')
      if (ready?.status === 'True' && message.test(ready.message)) return
    }
  }

  test('what is applied gets reconciled, and who does it can be seen', async () => {
    const digest = await push('1')
    for (const o of [object('OCIRepository', { url: `oci://${registry}/shop` }), shop])
      await hub().apply(o, { manager: 'test', force: true }, signal)
    await untilReady(new RegExp(digest))
    const { items: leases } = await hub().list({ group: 'coordination.k8s.io', kind: 'Lease' }, signal)
    for (const controller of ['source-controller', 'kustomize-controller', 'image-reflector-controller', 'image-automation-controller'])
      assert.ok(isLive(controller, { deployments: [], leases, now: Date.now() }), controller)
  })

  test('a scan wakes the policies of its image', async () => {
    const image = `${registry}/shop`
    const put = (kind: string, metadata: JsonObject, spec: JsonObject): Promise<KubeObject> => {
      const object = {
        apiVersion: 'image.toolkit.fluxcd.io/v1beta2',
        kind,
        metadata: { name: 'shop', namespace: 'flux-system', ...metadata },
        spec,
      }
      return hub().apply(object as KubeObject, { manager: 'test', force: true }, signal)
    }
    const chosen = async (tag: string): Promise<void> => {
      const query = { group: 'image.toolkit.fluxcd.io', version: 'v1beta2', kind: 'ImagePolicy', fieldSelector: 'metadata.name=shop' }
      for await (const event of hub().watch(query, signal)) {
        const live = event.type === 'gap' ? event.objects[0] : event.object
        if (stringAt(live, 'status', 'latestRef', 'tag') === tag && conditionOf(live, 'Ready')?.status === 'True') return
      }
    }
    await push('3', '1.0.0')
    await put('ImagePolicy', {}, { imageRepositoryRef: { name: 'shop' }, policy: { semver: { range: '1.x' } } })
    await put('ImageRepository', {}, { image, interval: '10m' })
    await chosen('1.0.0')
    await push('4', '1.1.0')
    await put('ImageRepository', { annotations: { 'reconcile.fluxcd.io/requestedAt': 'now' } }, { image, interval: '10m' })
    await chosen('1.1.0')
  })

  withPrograms(['git'], { name: 'images of the sandbox in Git', tests: 1 }, () =>
    test('a policy wakes the automations of its namespace: each tag is a commit', async t => {
      const forge = openForge()
      const server = await listenGit({ port: 0, data: forge.folder })
      t.after(async () => {
        await server.close()
        forge.remove()
      })
      const image = `${registry}/shop`
      const line = (tag: string): string => `image: ${image}:${tag} # {"$imagepolicy": "flux-system:shop"}`
      const path = await forge.commit('shop.git', [{ branch: 'refs/heads/main', at: 1, files: { 'shop.yaml': line('0.0.1') } }])
      await git(path, 'config', 'http.receivepack', 'true')
      const put = (group: string, kind: string, spec: JsonObject, annotations = {}): Promise<KubeObject> =>
        hub().apply(
          { apiVersion: group, kind, metadata: { name: 'shop', namespace: 'flux-system', annotations }, spec } as KubeObject,
          { manager: 'test', force: true },
          signal,
        )
      const images = 'image.toolkit.fluxcd.io/v1beta2'
      const pushed = async (tag: string): Promise<void> => {
        const query = {
          group: 'image.toolkit.fluxcd.io',
          version: 'v1beta2',
          kind: 'ImageUpdateAutomation',
          fieldSelector: 'metadata.name=shop',
        }
        for await (const event of hub().watch(query, signal)) {
          const live = event.type === 'gap' ? event.objects[0] : event.object
          if (stringAt(live, 'status', 'observedPolicies', 'shop', 'tag') === tag) break
        }
        assert.equal(await git(path, 'show', 'refs/heads/main:shop.yaml'), line(tag))
      }
      const url = `http://${server.address}/shop.git`
      await put('source.toolkit.fluxcd.io/v1', 'GitRepository', { url, interval: '10m', ref: { branch: 'main' } })
      await push('5', '1.1.0')
      await put(images, 'ImagePolicy', { imageRepositoryRef: { name: 'shop' }, policy: { semver: { range: '1.x' } } })
      await put(images, 'ImageRepository', { image, interval: '10m' }, { 'reconcile.fluxcd.io/requestedAt': 'automation' })
      const commit = { author: { email: 'flux@example.com' } }
      await put(images, 'ImageUpdateAutomation', { sourceRef: { kind: 'GitRepository', name: 'shop' }, interval: '10m', git: { commit } })
      await pushed('1.1.0')
      await push('6', '1.2.0')
      await put(images, 'ImageRepository', { image, interval: '10m' }, { 'reconcile.fluxcd.io/requestedAt': 'again' })
      await pushed('1.2.0')
      assert.equal(await git(path, 'rev-list', '--count', 'refs/heads/main'), '3')
    }),
  )

  withPrograms(['flux'], { name: 'the flux CLI and the sandbox as a command', tests: 1 }, () =>
    test('the flux CLI reconciles, and gets what was pushed', async () => {
      const digest = await push('2')
      const env = { ...process.env, KUBECONFIG: join(folder, 'config'), HOME: folder }
      const { stdout, stderr } = await run(findProgram('flux') ?? '', ['reconcile', 'kustomization', 'shop', '--with-source'], { env })
      assert.match(stdout + stderr, new RegExp(`applied revision latest@${digest}`))
    }),
  )
})
