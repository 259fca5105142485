import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { findProgram } from '../scripts/refs/cache.ts'
import { drive } from '../src/engine/drive.ts'
import { fluxDefaults } from '../src/engine/settings.ts'
import { candidates, chosen, type PolicySpec, policerOf } from '../src/images/policy.ts'
import { exclusionsOf, latestTags, withoutExcluded } from '../src/images/tags.ts'
import { conditionOf, type KubeObject, refOf } from '../src/kinds/manifest.ts'
import { inParallel } from '../src/lib/parallel.ts'
import { reconcilerOf } from '../src/tools/run/reconcilers.ts'
import { sqliteTags } from '../src/world/tags/sqlite.ts'
import { startKubeApiServer } from '../test/refs/kube-apiserver.ts'
import { testKernel } from '../test/support/kernel.ts'
import { startProduct } from '../test/support/service.ts'
import { ensureNamespace, startWorld, type TestWorld } from '../test/support/world.ts'
import { figure, timed } from './figures.ts'

/** `IMAGES` and `TAGS` say how many; 1,000 and 5,000 without them. */
const [images, count] = [Number(process.env.IMAGES ?? 1000), Number(process.env.TAGS ?? 5000)]
const signal = new AbortController().signal
const namespace = 'images'
/** As many at a time as Flux's image-reflector-controller has. */
const atOnce = 4

const policies: [what: string, spec: PolicySpec][] = [
  ['semver', { policy: { semver: { range: '>=1.0.0-0 <9.0.0-0' } } }],
  ['alphabetical', { policy: { alphabetical: { order: 'asc' } } }],
  [
    'numerical, extracted',
    { policy: { numerical: { order: 'asc' } }, filterTags: { pattern: String.raw`^\d+\.(?P<minor>\d+)\.\d+`, extract: '$minor' } },
  ],
]

/** Images scanned and chosen from: time, memory, size of the database; and what other tools notice of look-ups that hang. */
export async function bench(): Promise<readonly [string, string][]> {
  const registry = spawn(process.execPath, [join(import.meta.dirname, 'tag-registry.ts'), String(count)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [said] = (await once(registry.stdout, 'data')) as [Buffer]
  const address = said.toString().trim()
  try {
    return [...(await decisions()), ...(await storage()), ...(await reconciled(address)), ...(await beside(address, registry))]
  } finally {
    registry.kill()
  }
}

async function decisions(): Promise<[string, string][]> {
  const rows: [string, string][] = []
  const list = tagsOf('')
  for (const [what, spec] of policies) {
    const policer = policerOf(spec.policy)
    rows.push([`${what}: chosen of ${count} tags`, figure(await timed(50, () => chosen(policer, spec.filterTags, list)))])
  }
  const semver = policerOf({ semver: { range: '*' } })
  rows.push(['the ten best', figure(await timed(20, async () => candidates(semver, await chosen(semver, undefined, list), 10)))])
  const exclusions = ['^.*-alpha$', '^.*-beta$', ...exclusionsOf(undefined)]
  rows.push([`three exclusions over ${count} tags`, figure(await timed(20, () => withoutExcluded(list, exclusions)))])
  rows.push(['what the status shows', figure(await timed(20, async () => latestTags(list)))])
  return rows
}

async function storage(): Promise<[string, string][]> {
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-bench-'))
  const file = join(folder, 'tags.sqlite')
  const tags = sqliteTags({ file })
  try {
    const owner = (i: number) => ({ cluster: 'https://bench', namespace, name: `image-${i}` })
    let at = 0
    const written = await timed(images, () => tags.write(owner(at), 'a/b', tagsOf(`-${at++}`)))
    at = 0
    const read = await timed(images, () => tags.read(owner(at++), 'a/b'))
    tags.close()
    return [
      [`scans of ${count} tags kept, of ${images} images`, figure(written)],
      ['scans read', figure(read)],
      ['size of the database', mebibytes(statSync(file).size)],
    ]
  } finally {
    tags.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** No two images have the same tags. */
function tagsOf(end: string): string[] {
  return Array.from(
    { length: count },
    (_, i) => `${i % 10}.${Math.floor(i / 10) % 100}.${Math.floor(i / 1000)}${i % 7 === 0 ? '-rc.1' : ''}${end}`,
  )
}

/** Bytes of the heap that are in use. */
function collected(): number {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  return process.memoryUsage().heapUsed
}

function sizeOf(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`
}

/** Objects on the real API server, and tags from a registry of another process. */
async function reconciled(registry: string): Promise<[string, string][]> {
  if (!findProgram('kube-apiserver') || !findProgram('etcd')) return [['scans on the real API server', 'not built: npm run build:refs']]
  const server = await startKubeApiServer()
  const world = await startWorld(async () => ({ cluster: await server.cluster(), stop: () => server.stop() }), testKernel())
  try {
    await ensureNamespace(world.cluster, namespace)
    const [repositories, chosenFrom] = await filled(world, registry)
    const rows: [string, string][] = []
    const passes: [string, KubeObject[]][] = [
      [`${images} ImageRepositories, ${count} tags each: scanned`, repositories],
      [`${images} ImagePolicies, of each kind: evaluated`, chosenFrom],
      ['ImageRepositories, not yet to be scanned again', repositories],
      ['ImagePolicies with nothing new', chosenFrom],
    ]
    for (const [what, objects] of passes) rows.push([what, await passed(objects, world)])
    rows.push(
      ['memory of this process at its peak', mebibytes(process.resourceUsage().maxRSS * 1024)],
      ['its heap afterwards, collected', mebibytes(collected())],
      ['size of the database, with its log', mebibytes(sizeOf(join(world.folder, '.images')))],
    )
    return rows
  } finally {
    await world.stop()
  }
}

async function filled({ cluster }: TestWorld, registry: string): Promise<[KubeObject[], KubeObject[]]> {
  const numbers = Array.from({ length: images }, (_, i) => i)
  const apply = (kind: string, i: number, spec: KubeObject['spec']): Promise<KubeObject> =>
    cluster.apply(
      { apiVersion: 'image.toolkit.fluxcd.io/v1beta2', kind, metadata: { name: `image-${i}`, namespace }, spec } as KubeObject,
      { manager: 'bench', force: true },
      signal,
    )
  const repositories = await inParallel(numbers, 8, i =>
    apply('ImageRepository', i, { image: `${registry}/bench/image-${i}`, interval: '1h' }),
  )
  const chosenFrom = await inParallel(numbers, 8, i =>
    apply('ImagePolicy', i, { imageRepositoryRef: { name: `image-${i}` }, ...(policies[i % policies.length]?.[1] as KubeObject['spec']) }),
  )
  return [repositories, chosenFrom]
}

async function passed(objects: readonly KubeObject[], { cluster, hands }: TestWorld): Promise<string> {
  const [cpu, began] = [process.cpuUsage(), performance.now()]
  const seconds: number[] = []
  await inParallel(objects, atOnce, async object => {
    const from = performance.now()
    const reconciler = reconcilerOf(refOf(object))
    if (!reconciler) throw new TypeError(object.kind)
    const done = await drive(reconciler, refOf(object), { hub: cluster, hands, clock: hands.clock, settings: fluxDefaults, signal })
    if (done.is !== 'done' || conditionOf(done.object, 'Ready')?.status !== 'True') throw new Error(JSON.stringify(done))
    seconds.push(performance.now() - from)
  })
  const { user, system } = process.cpuUsage(cpu)
  return `${((performance.now() - began) / 1000).toFixed(1)} s, ${((user + system) / 1e6).toFixed(1)} s of CPU; each ${figure(seconds)}`
}

const lookUps = 100

/** Other tools while look-ups wait for a registry that does not answer. */
async function beside(registry: string, { stdin }: ChildProcess): Promise<[string, string][]> {
  const product = await startProduct()
  try {
    const other = (): Promise<unknown> => product.call('get_status', {})
    await timed(5, other)
    const alone = figure(await timed(40, other))
    const waiting = Array.from({ length: lookUps }, (_, i) =>
      product.call('get_image_digest', { image: `${registry}/slow/image-${i}:1`, insecure: true }),
    )
    const among = figure(await timed(40, other))
    const began = performance.now()
    const others = product.call('get_image_digest', { image: `${registry}/fast/image:1`, insecure: true })
    const last = await others.then(({ isError, text }) => (isError ? text : `${(performance.now() - began).toFixed(1)} ms`))
    stdin?.write('go\n')
    const failed = (await Promise.all(waiting)).filter(({ isError }) => isError).length
    return [
      ['get_status', alone],
      [`get_status, while ${lookUps} look-ups hang`, among],
      ['a look-up of another image, at the same time', last],
      ['look-ups that failed', String(failed)],
    ]
  } finally {
    await product.stop()
  }
}
