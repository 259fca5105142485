// Reconciles over and over until it is killed; says that it begins, and after each of the first rounds how many milliseconds it took. Arguments: kubeconfig, storage folder, address that serves it, root of the checkout.
import { flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { drive } from '../../src/engine/drive.ts'
import { fluxDefaults } from '../../src/engine/settings.ts'
import { kustomizations } from '../../src/kustomize/reconciler.ts'
import { ociRepositories } from '../../src/sources/oci/reconciler.ts'
import { lazyAuth } from '../../src/world/auth/lazy.ts'
import { realClock } from '../../src/world/clock/real.ts'
import { loadClusters } from '../../src/world/cluster/kubeconfig.ts'
import { openRemotes } from '../../src/world/cluster/remote.ts'
import { createHttp } from '../../src/world/http/client.ts'
import { lazyKms } from '../../src/world/kms/lazy.ts'
import { openKernel } from '../../src/world/kernel/pool.ts'
import type { Log } from '../../src/world/log/log.ts'
import { openRegistries } from '../../src/world/registry/open.ts'
import { diskArtifacts } from '../../src/world/storage/disk.ts'
import { diskScratch } from '../../src/world/storage/disk-scratch.ts'
import { artifactFetcher } from '../../src/world/storage/fetch.ts'
import { parentKernel } from './parent-kernel.ts'
import { kustomization, source } from './scene.ts'

const [file = '', folder = '', advertised = '', root = ''] = process.argv.slice(2)
const http = createHttp({})
const log: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, with: () => log }
const cluster = (await loadClusters({ file, env: {}, home: folder, http, clock: realClock })).named()
const auth = lazyAuth({ http, clock: realClock, env: {}, home: folder, cache: { maxSize: 0, maxDurationMs: 0 }, learn: () => {} })
const hands = {
  cluster,
  http,
  remotes: openRemotes({ http, clock: realClock, learn: () => {} }),
  log,
  clock: realClock,
  kernel: parentKernel(
    openKernel({
      modules: join(root, 'kernel/modules'),
      definitions: join(root, 'kernel/k8s/builtin.json'),
      worker: pathToFileURL(join(root, 'src/world/kernel/worker.ts')),
    }),
  ),
  fetcher: artifactFetcher({ http, clock: realClock }),
  scratch: diskScratch(),
  artifacts: diskArtifacts({ folder, advertised, clock: realClock }),
  auth,
  kms: lazyKms({ http, clock: realClock, env: {}, home: folder, auth, learn: () => {} }),
  registries: openRegistries({ http, clock: realClock, env: {}, home: folder }),
}
const pass = { hub: cluster, hands, clock: realClock, settings: fluxDefaults, signal: new AbortController().signal }
const round = async (): Promise<void> => {
  await drive(ociRepositories, source, pass)
  await drive(kustomizations, kustomization, pass)
}
process.stdout.write('begins\n')
for (let n = 0; ; n++) {
  const from = performance.now()
  await round()
  if (n < 2) process.stdout.write(`${performance.now() - from}\n`)
  // Who is killed leaves nothing for the next one to load faster.
  if (n === 1) flushCompileCache()
}
