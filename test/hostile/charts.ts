import { gzipSync } from 'node:zlib'
import { once } from 'node:events'
import type { Outcome } from '../../src/engine/outcome.ts'
import type { Run } from '../../src/engine/reconciler.ts'
import { fluxDefaults } from '../../src/engine/settings.ts'
import type { HelmChartObject } from '../../src/kinds/helm-chart.ts'
import type { HelmRepositoryObject } from '../../src/kinds/helm-repository.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { helmCharts } from '../../src/sources/helm/chart-reconciler.ts'
import { helmRepositories } from '../../src/sources/helm/repository-reconciler.ts'
import { realClock } from '../../src/world/clock/real.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { createHttp } from '../../src/world/http/client.ts'
import { openRegistries } from '../../src/world/registry/open.ts'
import { diskArtifacts } from '../../src/world/storage/disk.ts'
import { diskScratch } from '../../src/world/storage/disk-scratch.ts'
import { artifactFetcher } from '../../src/world/storage/fetch.ts'
import type { Hands } from '../../src/world/world.ts'
import { archive, entry, type Said } from '../support/archives.ts'
import { bytesOf, chartFiles } from '../support/chart-server.ts'
import { testKernel } from '../support/kernel.ts'
import { unending } from '../support/unending.ts'
import type { Handle, HostileCase, HostileClass, Room } from './table.ts'

const kernel = testKernel()
await kernel.chartMetadata({ files: bytesOf(chartFiles('warm', '1.0.0')) }, unending)

const group = 'source.toolkit.fluxcd.io'
const namespace = 'hostile'
const spec = { interval: '1h', timeout: '2s' }
const encoded = (text: string): string => Buffer.from(text).toString('base64')

/** What a pass over one object needs, with every Secret that of the room. */
async function passed(
  room: Room,
  others: readonly JsonObject[],
  pass: (hands: Hands, run: (object: object) => Run) => Promise<Outcome>,
): Promise<string> {
  const http = createHttp({})
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'secret', namespace },
    data: { username: encoded('robot'), password: encoded(room.secret) },
  }
  const cluster = {
    get: async ({ kind }: { kind: string }) => [secret, ...others].find(object => object.kind === kind),
    async *listAll() {
      yield* others
    },
  } as unknown as Cluster
  const hands = {
    cluster,
    http,
    kernel,
    clock: realClock,
    artifacts: diskArtifacts({ folder: room.root, advertised: 'localhost', clock: realClock }),
    scratch: diskScratch(room.root),
    fetcher: artifactFetcher({ http, clock: realClock }),
    registries: openRegistries({ http, clock: realClock, env: {}, home: room.root }),
  } as unknown as Hands
  const run = (object: object): Run => ({
    signal: room.signal,
    settings: fluxDefaults,
    startedAt: 0,
    current: () => object as never,
    note: () => {},
    save: async () => {},
    secure: async () => {},
    show: async () => {},
    annotate: () => {},
    emit: async () => {},
    progress: () => {},
  })
  try {
    const outcome = await pass(hands, run)
    if (JSON.stringify(outcome).includes(room.secret)) return 'leaked'
    return outcome.is === 'ready' ? 'held' : outcome.reason
  } finally {
    await http.close()
  }
}

const object = (kind: string, own: JsonObject, status: JsonObject = {}) => ({
  apiVersion: `${group}/v1`,
  kind,
  metadata: { name: kind.toLowerCase(), namespace, generation: 1 },
  spec: { ...spec, ...own },
  status,
})

/** A repository whose server answers as the case has it, asked with credentials. */
function fetched(says: string, code: string, handle: (room: Room) => Handle): HostileCase {
  return {
    says,
    code,
    async attack(room) {
      const url = await room.serve(handle(room))
      const repository = object('HelmRepository', { url, secretRef: { name: 'secret' } }) as unknown as HelmRepositoryObject
      return passed(room, [], (hands, run) => helmRepositories.reconcile(repository, hands, run(repository)))
    },
  }
}

const sends =
  (body: string | Buffer, headers: Record<string, string> = {}) =>
  (): Handle =>
  (_, response) =>
    void response.writeHead(200, headers).end(body)
const redirects =
  (to: (room: Room) => string) =>
  (room: Room): Handle =>
  (_, response) =>
    void response.writeHead(302, { location: to(room) }).end()

/** Sends until nobody listens, or 256 MiB are sent. */
const endless = (): Handle => (_, response) => {
  const mebibyte = Buffer.alloc(1024 * 1024, 0x20)
  response.writeHead(200)
  const gone = once(response, 'close')
  void (async () => {
    for (let sent = 0; sent < 256 && !response.destroyed; sent++)
      if (!response.write(mebibyte)) await Promise.race([once(response, 'drain'), gone])
    response.destroy()
  })()
}

const aliases = `apiVersion: v1\nx0: &x0 [a,a,a,a,a,a,a,a,a]\n${Array.from({ length: 9 }, (_, i) => `x${i + 1}: &x${i + 1} [${`*x${i},`.repeat(9)}]`).join('\n')}\nentries: {}\n`

const indexes: HostileClass = {
  name: 'chart indexes',
  cases: [
    fetched('an index that says it is huge', 'Failed', () => (_, response) => {
      response.writeHead(200, { 'content-length': String(1024 ** 4) })
      response.write(' ')
    }),
    fetched('an index without an end', 'Failed', endless),
    fetched('aliases of aliases', 'IndexationFailed', sends(aliases)),
    fetched('brackets in brackets', 'IndexationFailed', sends(`apiVersion: v1\nentries: ${'['.repeat(200_000)}`)),
    fetched(
      'braces in braces, as JSON',
      'IndexationFailed',
      sends(`{"apiVersion":"v1","entries":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_001)}`),
    ),
    fetched('entries that are nothing', 'held', sends('apiVersion: v1\nentries:\n  a: [null, {}, null]\n  b: null\n')),
    fetched(
      'a thousand entries whose names climb',
      'held',
      sends(`apiVersion: v1\nentries:\n  a:\n${'  - {name: ../../../../root, version: 1.0.0}\n'.repeat(1000)}`),
    ),
    fetched('bytes that are no text', 'IndexationFailed', sends(Buffer.alloc(100_000, 0xff))),
    fetched(
      'a redirect to another origin',
      'IndexationFailed',
      redirects(({ stranger }) => stranger),
    ),
    fetched(
      'a redirect with a user in it',
      'IndexationFailed',
      redirects(({ stranger }) => stranger.replace('//', '//robot@')),
    ),
    fetched(
      'a redirect to a file',
      'Failed',
      redirects(() => 'file:///etc/passwd'),
    ),
    fetched(
      "a redirect to the machine's metadata",
      'Failed',
      redirects(() => 'http://169.254.169.254/latest/meta-data/'),
    ),
    fetched(
      'a redirect to itself',
      'Failed',
      redirects(() => '/index.yaml'),
    ),
    fetched('an answer that never comes', 'Failed', () => () => {}),
    fetched(
      'a refusal that repeats what it was told',
      'Failed',
      ({ secret }) =>
        (_, response) =>
          void response.writeHead(401, secret).end(secret),
    ),
  ],
}

/** A chart whose package, or whose place in the index, is the case's. */
function pulled(
  says: string,
  code: string,
  what: { bytes?: () => Buffer; url?: (room: Room) => string; name?: string; values?: boolean },
): HostileCase {
  return {
    says,
    code,
    async attack(room) {
      const { bytes, url, name = 'app', values = true } = what
      const index = { apiVersion: 'v1', entries: { app: [{ name, version: '1.0.0', urls: [url?.(room) ?? 'app.tgz'] }] } }
      const server = await room.serve((request, response) => {
        const body = request.url === '/index' ? JSON.stringify(index) : (bytes?.() ?? Buffer.alloc(0))
        response.writeHead(200).end(body)
      })
      const repository = object(
        'HelmRepository',
        { url: server, secretRef: { name: 'secret' } },
        { artifact: { url: `${server}/index`, revision: 'sha256:00' } },
      )
      const sourceRef = { kind: 'HelmRepository', name: 'repository' }
      const wanted = {
        chart: 'app',
        sourceRef,
        ...(values ? { valuesFiles: ['values.yaml', 'more.yaml'], ignoreMissingValuesFiles: true } : {}),
      }
      const chart = object('HelmChart', wanted) as unknown as HelmChartObject
      return passed(room, [repository], (hands, run) => helmCharts.reconcile(chart, hands, run(chart)))
    },
  }
}

const f = (name: string, content: string | Buffer = 'x', more: Said = {}): Buffer => entry(name, { content, ...more })
const described = f('app/Chart.yaml', 'apiVersion: v2\nname: app\nversion: 1.0.0\n')
const valued = f('app/values.yaml', 'a: 1\n')
const whole =
  (...more: Buffer[]) =>
  () =>
    archive(described, valued, ...more)

/** Made before anything is measured. */
const bomb = gzipSync(
  Buffer.concat([described, valued, ...Array.from({ length: 26 }, (_, i) => f(`app/z${i}`, Buffer.alloc(4 * 1024 * 1024)))]),
)

const packages: HostileClass = {
  name: 'chart packages',
  cases: [
    pulled('a path that climbs', 'ChartPackageError', { bytes: whole(f('app/../../escape')) }),
    pulled('a path from the root', 'ChartPackageError', { bytes: whole(f('app//etc/passwd')) }),
    pulled('a path of another system', 'ChartPackageError', { bytes: whole(f('app\\..\\..\\escape')) }),
    pulled('a file that says it is huge', 'ChartPackageError', { bytes: whole(f('app/huge', 'x', { size: 2 ** 32 })) }),
    pulled('a bomb of one file', 'ChartPackageError', {
      bytes: () => gzipSync(Buffer.concat([described, f('app/zeros', Buffer.alloc(6 * 1024 * 1024))])),
    }),
    pulled('a bomb of many files', 'ChartPackageError', { bytes: () => bomb }),
    pulled('links to files outside', 'held', {
      bytes: whole(entry('app/link', { flag: '2', link: '/etc/passwd' }), entry('app/hard', { flag: '1', link: '/etc/shadow' })),
    }),
    pulled('no Chart.yaml', 'ChartPackageError', { bytes: () => archive(valued) }),
    pulled('a Chart.yaml of bombs', 'ChartPackageError', { bytes: () => archive(f('app/Chart.yaml', aliases), valued) }),
    pulled('default values of bombs', 'ChartPackageError', { bytes: () => archive(described, f('app/values.yaml', aliases)) }),
    pulled('charts in charts in charts', 'held', {
      bytes: whole(
        ...Array.from({ length: 9 }, (_, i) =>
          f(`app/${'charts/a/'.repeat(i + 1)}Chart.yaml`, 'apiVersion: v2\nname: a\nversion: 1.0.0\n'),
        ),
      ),
    }),
    pulled('a name with a path in it', 'ChartPackageError', {
      bytes: () => archive(f('app/Chart.yaml', 'apiVersion: v2\nname: ../../app\nversion: 1.0.0\n'), valued),
    }),
    pulled('half an archive', 'ChartPackageError', { bytes: () => whole(f('app/more', 'x'.repeat(5000)))().subarray(0, 60) }),
    pulled('no archive at all', 'ChartPullError', { bytes: () => Buffer.from('no archive'), values: false }),
    pulled('another name than the index has', 'held', {
      bytes: () => archive(f('app/Chart.yaml', 'apiVersion: v2\nname: other\nversion: 1.0.0\n'), valued),
      values: false,
    }),
    pulled('more bytes than a package may have', 'ChartPullError', { bytes: () => Buffer.alloc(11 * 1024 * 1024) }),
  ],
}

const references: HostileClass = {
  name: 'what chart indexes name',
  cases: [
    pulled('a package at another origin', 'ChartPullError', { url: ({ stranger }) => `${stranger}/app.tgz`, values: false }),
    pulled('a file', 'ChartPullError', { url: () => 'file:///etc/passwd' }),
    pulled('data', 'ChartPullError', { url: () => 'data:,x' }),
    pulled("the machine's metadata", 'ChartPullError', { url: () => 'http://169.254.169.254/latest/' }),
    pulled('an address that is none', 'ChartPullError', { url: () => 'http://[::1/' }),
    pulled('nothing', 'ChartPackageError', { url: () => '' }),
    pulled('a path that climbs', 'ChartPullError', { url: () => '../../../app.tgz', bytes: () => Buffer.from('x'), values: false }),
    pulled('a name that climbs', 'InvalidChartReference', { name: '../../../app', bytes: whole() }),
    pulled('a name of dots', 'InvalidChartReference', { name: '..', bytes: whole() }),
    pulled('no name', 'InvalidChartReference', { name: '', bytes: whole() }),
  ],
}

export const classes: readonly HostileClass[] = [indexes, packages, references]
