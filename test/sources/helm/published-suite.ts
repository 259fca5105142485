import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { parse } from 'yaml'
import { drive } from '../../../src/engine/drive.ts'
import type { Reconciler } from '../../../src/engine/reconciler.ts'
import { fluxDefaults } from '../../../src/engine/settings.ts'
import type { Kind } from '../../../src/kinds/kind.ts'
import { conditionOf, type KubeObject, type ObjectRef } from '../../../src/kinds/manifest.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import type { SandboxGit } from '../../../src/sandbox/git.ts'
import { buckets } from '../../../src/sources/bucket/reconciler.ts'
import { gitRepositories } from '../../../src/sources/git/reconciler.ts'
import type { Hands } from '../../../src/world/world.ts'
import { chartFiles, type ChartFiles, indexOf, packageOf, startChartServer } from '../../support/chart-server.ts'
import { type Forge, openForge } from '../../support/git.ts'
import { serveGit } from '../../support/git-server.ts'
import { type S3Server, startS3Server } from '../../support/s3-server.ts'
import { unending } from '../../support/unending.ts'
import { artifactOf, type HelmScene, judged, namespace, revisionOf } from './scene.ts'

const group = 'source.toolkit.fluxcd.io'
const below = (folder: string, files: ChartFiles): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text]))
const app = (version: string, more: JsonObject = {}): ChartFiles =>
  chartFiles('app', version, { 'prod.yaml': 'a: 2\nb: {}\n', '.helmignore': '*.md\n', 'README.md': 'x' }, more)
const packed = ['app/.helmignore', 'app/Chart.yaml', 'app/prod.yaml', 'app/templates/config.yaml', 'app/values.yaml']

/** A place that files are put into, and the object that makes an artifact of them. */
interface Publisher {
  readonly kind: 'Bucket' | 'GitRepository'
  put(name: string, files: Readonly<Record<string, string>>): Promise<void>
  spec(name: string): JsonObject
  readonly by: Reconciler<Kind, Hands>
}

/** HelmCharts of artifacts that our own reconcilers published. */
export function publishedTests(scene: () => HelmScene): void {
  let forge: Forge, git: SandboxGit, store: S3Server
  let commits = 0
  before(async () => {
    forge = openForge()
    git = await serveGit({ folder: forge.folder })
    store = await startS3Server()
    const { accessKeyId, secretAccessKey } = store.keys
    await scene().secret('bucket-keys', 'Opaque', { accesskey: accessKeyId, secretkey: secretAccessKey })
  })
  after(async () => {
    await git?.close()
    await store?.close()
    forge?.remove()
  })

  const publishers: readonly (() => Publisher)[] = [
    () => ({
      kind: 'GitRepository',
      by: gitRepositories as unknown as Publisher['by'],
      async put(name, files) {
        await forge.commit(`${name}.git`, [{ branch: 'refs/heads/main', at: 1_000 + commits++, files }])
      },
      spec: name => ({ url: `http://${git.address}/${name}.git`, ref: { branch: 'main' } }),
    }),
    () => ({
      kind: 'Bucket',
      by: buckets as unknown as Publisher['by'],
      async put(name, files) {
        await store.create(name).catch(() => {})
        for (const [key, content] of Object.entries(files)) await store.put(name, key, content)
      },
      spec: name => ({
        bucketName: name,
        endpoint: store.address,
        insecure: true,
        region: 'us-east-1',
        secretRef: { name: 'bucket-keys' },
      }),
    }),
  ]

  /** Publishes files, and gives the source with its artifact. */
  const published = async (
    { kind, put, spec, by }: Publisher,
    name: string,
    files: Readonly<Record<string, string>>,
  ): Promise<KubeObject> => {
    const { world } = scene()
    await put(name, files)
    const ref: ObjectRef = { group, version: 'v1', kind, namespace, name }
    await scene().apply({ apiVersion: `${group}/v1`, kind, metadata: { name, namespace }, spec: { interval: '10m', ...spec(name) } })
    await drive(by, ref, { hub: world.cluster, hands: world.hands, clock: world.hands.clock, settings: fluxDefaults, signal: unending })
    return scene().get(ref)
  }
  const chartOf = async (kind: string, name: string, spec: JsonObject = {}): Promise<KubeObject> => {
    const ref = await scene().chart(name, { kind, name }, { chart: 'charts/app', ...spec })
    return (await scene().run(ref)).object
  }
  const valuesOf = async (object: KubeObject): Promise<unknown> => parse((await scene().packaged(object))['app/values.yaml'] ?? '')

  for (const open of publishers) {
    const { kind } = open()
    test(`a chart follows what a ${kind} publishes`, async () => {
      const [at, name] = [open(), scene().name()]
      const first = await published(at, name, { ...below('charts/app', app('1.0.0')), 'root.yaml': 'c: 1\n' })
      const chart = await chartOf(kind, name)
      assert.equal(judged(chart).Ready, "True ChartPackageSucceeded: packaged 'app' chart with version '1.0.0'")
      assert.deepEqual(Object.keys(await scene().packaged(chart)).toSorted(), packed)
      assert.equal(chart.status?.observedSourceArtifactRevision, revisionOf(first))

      await published(at, name, { ...below('charts/app', app('1.0.0')), 'root.yaml': 'c: 2\n' })
      assert.deepEqual(artifactOf(await chartOf(kind, name)), artifactOf(chart), 'the version is the same, and so is the chart')
      await published(at, name, { ...below('charts/app', app('1.1.0')), 'root.yaml': 'c: 2\n' })
      assert.equal(revisionOf(await chartOf(kind, name)), '1.1.0')
    })

    test(`the revision of a ${kind} and the generation are the version's metadata`, async () => {
      const [at, name] = [open(), scene().name()]
      const source = await published(at, name, { ...below('charts/app', app('1.0.0')), 'root.yaml': 'c: 1\n' })
      const hash = (revisionOf(source) ?? '').split(':').at(-1)?.slice(0, 12)
      assert.equal(revisionOf(await chartOf(kind, name, { reconcileStrategy: 'Revision' })), `1.0.0+${hash}`)
      const merged = await chartOf(kind, name, { valuesFiles: ['root.yaml', 'charts/app/prod.yaml'] })
      assert.deepEqual([revisionOf(merged), await valuesOf(merged)], [`1.0.0+${merged.metadata.generation}`, { c: 1, a: 2, b: {} }])
      const valuesFiles = ['none.yaml', 'root.yaml']
      const refused = await chartOf(kind, name, { valuesFiles })
      assert.match(
        conditionOf(refused, 'BuildFailed')?.message ?? '',
        /^values files merge error: no values file found at path '\/none\.yaml'/,
      )
      assert.deepEqual(artifactOf(refused), artifactOf(merged))
      const both = await chartOf(kind, name, { valuesFiles, ignoreMissingValuesFiles: true, reconcileStrategy: 'Revision' })
      assert.equal(revisionOf(both), `1.0.0+${hash}.${both.metadata.generation}`)
      assert.deepEqual([await valuesOf(both), both.status?.observedValuesFiles], [{ c: 1 }, ['root.yaml']])
    })

    test(`dependencies of a chart in a ${kind}: beside it, and from a repository that the namespace signs in to`, async () => {
      const [at, name, s] = [open(), scene().name(), scene()]
      const guarded = await startChartServer('robot:secret-of-a-test')
      try {
        guarded.put('/index.yaml', indexOf({ far: [{ version: '2.0.0' }, { version: '2.1.0' }] }))
        guarded.put('/far-2.1.0.tgz', await packageOf(s.world.hands.kernel, chartFiles('far', '2.1.0')))
        const dependencies = [
          { name: 'near', version: '1.x', repository: 'file://../near' },
          { name: 'far', version: '^2.0.0', repository: guarded.url },
        ]
        const files = { ...below('charts/app', app('1.0.0', { dependencies })), ...below('charts/near', chartFiles('near', '1.2.0')) }
        await published(at, name, files)
        assert.match(
          judged(await chartOf(kind, name)).BuildFailed ?? '',
          /^True DependencyBuildError: .*failed to add remote dependency 'far'.*401 Unauthorized$/,
        )
        const secretRef = { name: await s.secret(s.name(), 'Opaque', { username: 'robot', password: 'secret-of-a-test' }) }
        await s.repository(s.name(), { url: `${guarded.url}/`, secretRef })
        const chart = await chartOf(kind, name)
        assert.equal(judged(chart).Ready, "True ChartPackageSucceeded: packaged 'app' chart with version '1.0.0'")
        const inside = Object.keys(await s.packaged(chart))
          .filter(path => path.endsWith('/Chart.yaml'))
          .toSorted()
        assert.deepEqual(inside, ['app/Chart.yaml', 'app/charts/far/Chart.yaml', 'app/charts/near/Chart.yaml'])
      } finally {
        await guarded.close()
      }
    })
  }
}
