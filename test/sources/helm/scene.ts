import assert from 'node:assert/strict'
import { drive } from '../../../src/engine/drive.ts'
import { fluxDefaults } from '../../../src/engine/settings.ts'
import { HelmChart } from '../../../src/kinds/helm-chart.ts'
import type { KubeObject, ObjectRef } from '../../../src/kinds/manifest.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import { tar } from '../../../src/lib/tar.ts'
import { readTree } from '../../../src/lib/untar.ts'
import { archiveEntries, memoryTree } from '../../../src/sources/archive.ts'
import { helmCharts } from '../../../src/sources/helm/chart-reconciler.ts'
import { helmRepositories } from '../../../src/sources/helm/repository-reconciler.ts'
import type { Kernel } from '../../../src/world/kernel/kernel.ts'
import type { Hands } from '../../../src/world/world.ts'
import { type ChartFiles, type ChartServer, packageOf, startChartServer } from '../../support/chart-server.ts'
import { unending } from '../../support/unending.ts'
import { startWorld } from '../../support/world.ts'
import type { Started } from '../../world/cluster/contract.ts'
import { artifactOf, namespace, SourceScene } from '../scene.ts'

export { artifactOf, judged, namespace, revisionOf } from '../scene.ts'

const group = 'source.toolkit.fluxcd.io'

/** A world with a Helm repository, and HelmCharts in it. */
export class HelmScene extends SourceScene<typeof HelmChart> {
  #server: ChartServer | undefined

  static async open(open: () => Promise<Started>, kernel: Kernel): Promise<HelmScene> {
    const scene = new HelmScene(await startWorld(open, kernel), helmCharts)
    await scene.prepare()
    scene.#server = await startChartServer()
    return scene
  }

  get server(): ChartServer {
    assert.ok(this.#server)
    return this.#server
  }

  /** A HelmRepository; its URL is `/<name>` of the server unless the spec has one. */
  async repository(name: string, spec: JsonObject = {}): Promise<ObjectRef> {
    const whole = { url: `${this.server.url}/${name}`, interval: '10m', ...spec }
    await this.apply({ apiVersion: `${group}/v1`, kind: 'HelmRepository', metadata: { name, namespace }, spec: whole })
    return { group, version: 'v1', kind: 'HelmRepository', namespace, name }
  }

  /** Puts packages and their index below `/<name>` of the server. */
  async publish(name: string, charts: readonly ChartFiles[], index: string): Promise<void> {
    this.server.put(`/${name}/index.yaml`, index)
    for (const files of charts) {
      const { name: chart, version } = await this.world.hands.kernel.chartMetadata(
        { files: new Map([['Chart.yaml', Buffer.from(files['Chart.yaml'] ?? '')]]) },
        unending,
      )
      this.server.put(`/${name}/${String(chart)}-${String(version)}.tgz`, await packageOf(this.world.hands.kernel, files))
    }
  }

  /** A repository with charts whose index is fetched. */
  async offered(charts: readonly ChartFiles[], index: string, spec: JsonObject = {}): Promise<string> {
    const name = this.name()
    await this.publish(name, charts, index)
    await this.fetchIndex(await this.repository(name, spec))
    return name
  }

  async fetchIndex(ref: ObjectRef, hands: Partial<Hands> = {}) {
    const all = { ...this.world.hands, ...hands }
    const driven = await drive(helmRepositories, ref, {
      hub: this.world.cluster,
      hands: all,
      clock: all.clock,
      settings: fluxDefaults,
      signal: unending,
    })
    return { driven, object: await this.get(ref) }
  }

  /** A HelmChart of a source. */
  chart(name: string, sourceRef: { kind: string; name: string }, spec: JsonObject): Promise<ObjectRef> {
    return this.object(name, { interval: '10m', sourceRef, ...spec })
  }

  /** A source of another kind whose artifact has these files; answers its name. */
  async source(kind: 'GitRepository' | 'Bucket', files: ChartFiles, revision: string, name = this.name()): Promise<string> {
    const { artifacts, kernel } = this.world.hands
    const tree = memoryTree(new Map(Object.entries(files).map(([path, text]) => [path, { content: Buffer.from(text), mode: 0o644 }])))
    const bytes = kernel.gzip(tar(archiveEntries(tree, { patterns: [], modes: 'normalised' })), unending)
    const file = { owner: { kind, namespace, name }, filename: `${revision.split(':').at(-1) ?? ''}.tar.gz`, revision }
    const artifact = await artifacts.store(file, bytes, unending)
    const spec = kind === 'Bucket' ? { bucketName: 'b', endpoint: 'b.example.com' } : { url: 'https://example.com/repo' }
    await this.apply({ apiVersion: `${group}/v1`, kind, metadata: { name, namespace }, spec: { interval: '1h', ...spec } })
    const ref = { group, version: 'v1', kind, namespace, name }
    await this.world.cluster.patch(
      ref,
      { type: 'merge', body: { status: { artifact: artifact as never } }, manager: 'test', subresource: 'status' },
      unending,
    )
    return name
  }

  /** The files of a stored chart, as text. */
  async packaged(object: KubeObject): Promise<Record<string, string>> {
    const bytes = await this.bytes(object)
    const files = await readTree(
      (async function* () {
        yield bytes
      })(),
      { maxBytes: 1e8, maxEntries: 1e4, maxEntryBytes: 1e8 },
    )
    return Object.fromEntries([...files].map(([path, content]) => [path, new TextDecoder().decode(content)]))
  }

  /** An artifact's bytes as they are served. */
  async bytes(object: KubeObject): Promise<Buffer> {
    const { url, digest } = artifactOf(object)
    const stream = await this.world.hands.fetcher.fetch({ url: String(url), digest: String(digest) as `${string}:${string}` }, unending)
    assert.ok(stream, 'the artifact is served')
    return Buffer.concat(await Array.fromAsync(stream))
  }

  override async stop(): Promise<void> {
    await this.#server?.close()
    await super.stop()
  }
}
