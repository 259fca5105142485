import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fluxDefaults } from '../../src/engine/settings.ts'
import { Kustomization } from '../../src/kinds/kustomization.ts'
import { Bucket } from '../../src/kinds/bucket.ts'
import { GitRepository } from '../../src/kinds/git-repository.ts'
import { HelmChart } from '../../src/kinds/helm-chart.ts'
import { HelmRepository } from '../../src/kinds/helm-repository.ts'
import { ImagePolicy } from '../../src/kinds/image-policy.ts'
import { ImageRepository } from '../../src/kinds/image-repository.ts'
import { ImageUpdateAutomation } from '../../src/kinds/image-update-automation.ts'
import { OCIRepository } from '../../src/kinds/oci-repository.ts'
import { installKinds } from '../../src/engine/install.ts'
import { drive, type Driven } from '../../src/engine/drive.ts'
import type { KubeObject, ObjectRef } from '../../src/kinds/manifest.ts'
import { startWorkloads } from '../../src/sandbox/workloads.ts'
import { listenRegistry } from '../../src/sandbox/registry.ts'
import { reconcilerOf } from '../../src/tools/run/reconcilers.ts'
import { openAuth } from '../../src/world/auth/open.ts'
import { realClock } from '../../src/world/clock/real.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { openRemotes } from '../../src/world/cluster/remote.ts'
import { lazyGit } from '../../src/world/git/lazy.ts'
import { createHttp } from '../../src/world/http/client.ts'
import { HttpError } from '../../src/world/http/error.ts'
import { openKms } from '../../src/world/kms/open.ts'
import type { Kernel } from '../../src/world/kernel/kernel.ts'
import type { Log } from '../../src/world/log/log.ts'
import { openObjects } from '../../src/world/objects/open.ts'
import { openRegistries } from '../../src/world/registry/open.ts'
import { diskArtifacts } from '../../src/world/storage/disk.ts'
import { sqliteTags } from '../../src/world/tags/sqlite.ts'
import { diskScratch } from '../../src/world/storage/disk-scratch.ts'
import { artifactFetcher } from '../../src/world/storage/fetch.ts'
import { serveArtifacts } from '../../src/world/storage/serve.ts'
import type { Hands } from '../../src/world/world.ts'
import type { Started } from '../world/cluster/contract.ts'
import { machine } from './git.ts'
import { unending } from './unending.ts'

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, with: () => silent }

/** This machine is in no cloud. */
const noCloud = { send: () => Promise.reject(new HttpError('UNREACHABLE', { host: '169.254.169.254', why: 'no cloud', sent: false })) }

/** Everything that a reconciler needs, over any Kubernetes API, with a registry and simulated workloads. */
export interface TestWorld {
  readonly hands: Hands
  readonly cluster: Cluster
  /** `host:port`. */
  readonly registry: string
  /** Where artifacts are stored. */
  readonly folder: string
  /** One pass over an object. */
  pass(ref: ObjectRef, signal?: AbortSignal): Promise<Driven>
  stop(): Promise<void>
}

export async function startWorld(open: () => Promise<Started>, kernel: Kernel): Promise<TestWorld> {
  const { cluster, stop } = await open()
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-storage-'))
  const http = createHttp({})
  const server = await serveArtifacts({ folder, host: '127.0.0.1', port: 0 })
  const registry = await listenRegistry({ port: 0 })
  const forever = new AbortController().signal
  const tags = sqliteTags({ file: join(folder, '.images/tags.sqlite') })
  await installKinds(
    cluster,
    [Bucket, GitRepository, HelmChart, HelmRepository, ImagePolicy, ImageRepository, ImageUpdateAutomation, OCIRepository, Kustomization],
    {
      clock: realClock,
      signal: forever,
    },
  )
  const workloads = startWorkloads({ cluster, clock: realClock })
  const cache = { maxSize: 100, maxDurationMs: 3_600_000 }
  const auth = openAuth({ http, clock: realClock, env: {}, home: folder, cache, learn: () => {}, door: noCloud })
  const hands: Hands = {
    cluster,
    remotes: openRemotes({ http, clock: realClock, learn: () => {} }),
    clock: realClock,
    http,
    kernel,
    log: silent,
    auth,
    kms: openKms({ http, clock: realClock, env: {}, home: folder, auth, learn: () => {} }),
    objects: openObjects({ http, clock: realClock }),
    git: lazyGit({ http, ...machine }),
    scratch: diskScratch(),
    tags,
    artifacts: diskArtifacts({ folder, advertised: server.address, clock: realClock }),
    fetcher: artifactFetcher({ http, clock: realClock }),
    registries: openRegistries({ http, clock: realClock, env: {}, home: folder }),
  }
  const base = { hub: cluster, hands, clock: realClock, settings: fluxDefaults }
  return {
    hands,
    cluster,
    registry: registry.address,
    folder,
    async pass(ref, signal = unending) {
      const reconciler = reconcilerOf(ref)
      if (!reconciler) throw new TypeError(`no reconciler for ${ref.kind}`)
      return drive(reconciler, ref, { ...base, signal })
    },
    async stop() {
      await workloads.stop()
      await stop()
      await registry.close()
      await server.close()
      await http.close()
      tags.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Creates a namespace, unless it is there. */
export async function ensureNamespace(cluster: Cluster, name: string): Promise<KubeObject> {
  return cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, { manager: 'test', force: true }, unending)
}
