import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { control, followedBy } from '../../src/engine/controller.ts'
import type { Reconciler } from '../../src/engine/reconciler.ts'
import { fluxDefaults } from '../../src/engine/settings.ts'
import type { Artifact } from '../../src/kinds/artifact.ts'
import type { Kind } from '../../src/kinds/kind.ts'
import { conditionOf, type KubeObject, refOf } from '../../src/kinds/manifest.ts'
import { type JsonObject, objectAt, stringAt } from '../../src/lib/json.ts'
import type { SandboxGit } from '../../src/sandbox/git.ts'
import { reconcilers } from '../../src/tools/run/reconcilers.ts'
import { realClock } from '../../src/world/clock/real.ts'
import type { Hands } from '../../src/world/world.ts'
import { type FluxControllers, startFluxControllers } from '../refs/flux-controllers.ts'
import { type RunningStore, s3Keys, startVersityGw } from '../refs/object-stores.ts'
import { startKubeApiServer } from '../refs/kube-apiserver.ts'
import { withPrograms } from '../refs/when.ts'
import { withData } from '../support/data.ts'
import { type Forge, openForge } from '../support/git.ts'
import { serveGit } from '../support/git-server.ts'
import { testKernel } from '../support/kernel.ts'
import { pushFiles } from '../support/push.ts'
import { unending } from '../support/unending.ts'
import { ensureNamespace, startWorld, type TestWorld } from '../support/world.ts'
import { installFluxDefinitions } from './side.ts'

const namespace = 'crossed'
const sources = ['OCIRepository', 'GitRepository', 'Bucket'] as const
const kernel = testKernel()

/** Where both sides fetch from. */
interface Upstream {
  readonly forge: Forge
  readonly git: SandboxGit
  readonly store: RunningStore
}

const manifest = (kind: string, value: string): Record<string, string> => ({
  'a.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: of-${kind.toLowerCase()}, namespace: ${namespace}}\ndata: {value: "${value}"}\n`,
  'ignored.png': 'x',
})

/** One half is Flux's own controller, the other half ours; the API server and what they fetch from are real. */
interface Crossing {
  readonly world: TestWorld
  stop(): Promise<void>
}

async function cross(theirs: 'source-controller' | 'kustomize-controller'): Promise<Crossing> {
  const server = await startKubeApiServer()
  const world = await startWorld(async () => ({ cluster: await server.cluster(), stop: () => server.stop() }), kernel)
  await installFluxDefinitions(world.cluster, unending)
  await ensureNamespace(world.cluster, namespace)
  const flux: FluxControllers = await startFluxControllers(server.kubeconfigPath, [theirs])
  const stopped = new AbortController()
  const ours: readonly Reconciler<Kind, Hands>[] = reconcilers.filter(r => r.convention.controller !== theirs)
  const running = control(ours, {
    hub: world.cluster,
    hands: world.hands,
    clock: realClock,
    settings: fluxDefaults,
    concurrency: 2,
    follows: followedBy(ours, {}),
    signal: stopped.signal,
    failed: () => {},
  })
  return {
    world,
    async stop() {
      stopped.abort(new Error('the test ends'))
      await running
      await flux.stop()
      await world.stop()
    },
  }
}

/** The content of every source, and the sources themselves. */
async function fill({ world }: Crossing, { forge, git, store }: Upstream, value: string): Promise<KubeObject[]> {
  await pushFiles(world.hands, `oci://${world.registry}/app:latest`, manifest('OCIRepository', value))
  await forge.commit('app.git', [{ branch: 'refs/heads/main', at: Number(value) * 1_000, files: manifest('GitRepository', value) }])
  for (const [key, text] of Object.entries(manifest('Bucket', value))) await store.put('app', key, text)
  const secret = { accesskey: s3Keys.accessKeyId, secretkey: s3Keys.secretAccessKey }
  const specs: Record<(typeof sources)[number], JsonObject> = {
    OCIRepository: { url: `oci://${world.registry}/app` },
    GitRepository: { url: `http://${git.address}/app.git`, ref: { branch: 'main' } },
    Bucket: { bucketName: 'app', endpoint: new URL(store.origin).host, insecure: true, region: 'us-east-1', secretRef: { name: 'keys' } },
  }
  const keys = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys', namespace }, stringData: secret }
  const objects = sources.map(kind => ({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind,
    metadata: { name: 'app', namespace, annotations: { 'reconcile.fluxcd.io/requestedAt': value } },
    spec: { interval: '10m', ...specs[kind] },
  }))
  const applied: KubeObject[] = []
  for (const object of [keys, ...objects])
    applied.push(await world.cluster.apply(object as never, { manager: 'test', force: true }, unending))
  return applied.slice(1)
}

const delivery = (kind: string): KubeObject =>
  ({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: `of-${kind.toLowerCase()}`, namespace },
    spec: { interval: '10m', prune: true, sourceRef: { kind, name: 'app' } },
  }) as KubeObject

async function until({ world }: Crossing, object: KubeObject, seen: (live: KubeObject) => boolean): Promise<KubeObject> {
  for await (const event of world.cluster.watch({ ...refOf(object), fieldSelector: `metadata.name=${object.metadata.name}` }, unending)) {
    const live = event.type === 'gap' ? event.objects[0] : event.type === 'deleted' ? undefined : event.object
    if (live && seen(live)) return live
  }
  throw new Error('the watch ended')
}

const artifactOf = (source: KubeObject): Artifact => objectAt(source, 'status', 'artifact') as unknown as Artifact
/** Flux answers the request also with a run that only added the finalizer. */
const handled = (source: KubeObject, value: string): boolean =>
  artifactOf(source).revision !== undefined &&
  stringAt(source, 'status', 'lastHandledReconcileAt') === value &&
  conditionOf(source, 'Ready')?.status === 'True'

withData({ name: 'artifacts cross over', tests: 9 }, () =>
  withPrograms(
    ['git', 'etcd', 'kube-apiserver', 'source-controller', 'kustomize-controller'],
    { name: 'artifacts cross over', tests: 9 },
    () => {
      const upstream = {} as { -readonly [K in keyof Upstream]: Upstream[K] }
      const made: Record<string, Record<string, Artifact>> = {}
      before(async () => {
        upstream.forge = openForge()
        upstream.git = await serveGit({ folder: upstream.forge.folder })
        upstream.store = await startVersityGw()
        await upstream.store.create('app')
      })
      after(async () => {
        await upstream.git.close()
        await upstream.store.stop()
        upstream.forge.remove()
      })

      for (const theirs of ['kustomize-controller', 'source-controller'] as const)
        describe(`with Flux's own ${theirs}`, () => {
          let crossing: Crossing
          before(async () => {
            crossing = await cross(theirs)
          })
          after(() => crossing.stop())

          for (const [i, kind] of sources.entries())
            test(`the artifact of ${kind} reaches its Kustomization, and so does the next one`, async () => {
              for (const value of [`${2 * i + 1}`, `${2 * i + 2}`]) {
                const source = (await fill(crossing, upstream, value)).find(o => o.kind === kind)
                assert.ok(source)
                const { revision, ...artifact } = artifactOf(await until(crossing, source, live => handled(live, value)))
                made[theirs] = { ...made[theirs], [`${kind} ${value}`]: { revision, ...artifact } }
                await crossing.world.cluster.apply(delivery(kind), { manager: 'test', force: true }, unending)
                const live = await until(crossing, delivery(kind), k => stringAt(k, 'status', 'lastAppliedRevision') === revision)
                const ready = await until(crossing, live, k => conditionOf(k, 'Ready')?.status === 'True')
                assert.equal(conditionOf(ready, 'Ready')?.message, `Applied revision: ${revision}`)
                const map = { group: '', version: 'v1', kind: 'ConfigMap', namespace, name: `of-${kind.toLowerCase()}` }
                assert.equal(stringAt(await crossing.world.cluster.get(map, unending), 'data', 'value'), value)
              }
            })
        })

      for (const kind of sources)
        test(`both make the same artifact of ${kind}: path, revision, digest and size`, () => {
          const [ours, flux] = ['kustomize-controller', 'source-controller'].map(theirs =>
            Object.entries(made[theirs] ?? {})
              .filter(([what]) => what.startsWith(kind))
              .map(([what, { path, revision, digest, size }]) => [what, path, revision, digest, size]),
          )
          assert.equal(ours?.length, 2)
          assert.deepEqual(ours, flux)
        })
    },
  ),
)
