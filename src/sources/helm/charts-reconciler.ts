import type { Settings } from '../../engine/settings.ts'
import { chartBounds } from '../../kinds/chart.ts'
import { type HelmRepositoryObject } from '../../kinds/helm-repository.ts'
import type { KubeObject } from '../../kinds/manifest.ts'
import { type ImageManifest } from '../../kinds/oci.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { withDeadline } from '../../lib/deadline.ts'
import type { Digest } from '../../lib/digest.ts'
import { gathered } from '../../lib/gathered.ts'
import { type Json, jsonIn } from '../../lib/json.ts'
import { type ParsedReference, parseOciUrl, printReference } from '../../lib/reference.ts'
import type { Registry } from '../../world/registry/registry.ts'
import type { Hands } from '../../world/world.ts'
import { parseManifest } from '../oci/manifest.ts'
import { artifactIn } from '../storage-reconciler.ts'
import { accessOf, registryAccessOf, type RepositoryAccess, timeoutOf } from './access-reconciler.ts'
import { downloaded } from './download-reconciler.ts'
import { versionsIn } from './index/join.ts'
import { orderedIndex } from './index-reconciler.ts'
import { downloadedIndex } from './repository-reconciler.ts'
import type { Signed } from '../verify/verify-reconciler.ts'
import { chartUrl, withoutUser } from './url.ts'
import { type ChartVersion, isConcrete, versionAmong, versionIn } from './version.ts'

export type ChartHands = Pick<Hands, 'artifacts' | 'auth' | 'clock' | 'cluster' | 'fetcher' | 'http' | 'kernel' | 'registries' | 'scratch'>
export interface At {
  readonly hands: ChartHands
  readonly signal: AbortSignal
  readonly settings: Settings
  /** The object that is reconciled; absent: none is. */
  readonly reconciled?: KubeObject | undefined
}

/** The charts of a repository. Both throw text; `find` tells apart what a new spec alone can help. */
export interface Charts {
  find(name: string, version: string): Promise<ChartVersion>
  /** Once a chart was signed for, what was signed is downloaded. */
  download(chart: ChartVersion): Promise<Uint8Array>
  /** What a signature of a chart would be of, and where to look for it. Absent: nothing is ever signed there. */
  signed?(chart: ChartVersion): Promise<{ readonly registry: Registry; readonly signed: Signed }>
}

/** There is no such chart or version, or the version is no range. */
export class NoSuchChart extends Error {}

const tooLargeChart = `size of chart exceeds '${chartBounds.chart}' bytes limit`

/** The charts of an HTTP repository: by the index that its artifact holds, or without one by that which it offers now. `url` is normalised. */
export async function httpCharts(repository: HelmRepositoryObject, url: string, at: At): Promise<Charts> {
  const access = await accessOf(repository, at)
  let known: Promise<Index> | undefined
  return {
    async find(name, version) {
      const index = await (known ??= indexOf(repository, { url, access }, at))
      try {
        return versionIn(index(name), name, version)
      } catch (cause) {
        throw new NoSuchChart(messageOf(cause), { cause })
      }
    },
    async download({ name, urls }) {
      const [first] = urls
      if (first === undefined) throw new Error(`chart '${name}' has no downloadable URLs`)
      return downloaded({ url: chartUrl(url, first), repository: url, access, limit: chartBounds.chart, tooLarge: tooLargeChart }, at)
    },
  }
}

/** An index that holds at least the chart of that name, where there is one. */
type Index = (name: string) => Json

async function indexOf(repository: HelmRepositoryObject, from: { url: string; access: RepositoryAccess }, at: At): Promise<Index> {
  const artifact = artifactIn(repository)
  const stored = artifact && (await at.hands.fetcher.fetch(artifact, at.signal))
  const tooLarge = (): Error => new Error(`failed to load index: it exceeds the maximum index file size of ${chartBounds.index} bytes`)
  const bytes = stored
    ? await gathered(stored, { limit: chartBounds.index, tooLarge })
    : await inWords('failed to cache index', () => downloadedIndex(from, at), at)
  if (stored && isWritten(bytes)) return writtenIndex(bytes)
  const parts = await inWords('failed to load index', () => orderedIndex(bytes, at), at)
  const index = JSON.parse(parts.join('')) as Json
  return () => index
}

function isWritten(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7b
}

/** An index as it is stored: of a large one that chart alone is read. */
function writtenIndex(bytes: Uint8Array): Index {
  let whole: Json | undefined
  return name => {
    const versions = versionsIn(bytes, name)
    if (versions !== undefined) return { entries: { [name]: JSON.parse(versions) as Json } }
    return (whole ??= jsonIn(bytes) ?? {})
  }
}

async function inWords<T>(what: string, work: () => Promise<T>, { signal }: At): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    signal.throwIfAborted()
    throw new Error(`${what}: ${messageOf(cause)}`, { cause })
  }
}

/** The charts of a registry, below `url`. */
export async function registryCharts(repository: HelmRepositoryObject, url: string, at: At): Promise<Charts> {
  const { registry: host } = parseOciUrl(`${url}/chart`)
  const access = await registryAccessOf(repository, { ...at, host })
  const open = (purpose: 'lookup' | 'transfer'): Promise<Registry> => at.hands.registries.open(access, purpose)
  const inTime = <T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
    withDeadline({ clock: at.hands.clock, ms: timeoutOf(repository), what, signal: at.signal }, work)
  const digests = new Map<string, Digest>()
  return {
    async find(name, version) {
      const place = `${withoutUser(url)}/${name}`
      if (isConcrete(version)) return { name, version, urls: [`${place}:${version}`] }
      const tags = await inTime('listing tags', async signal =>
        tagsOf(parseOciUrl(`${url}/${name}`), { registry: await open('lookup'), signal }),
      )
      if (tags.length === 0) throw new Error(`could not get tags for "${name}": unable to locate any tags in provided repository: ${place}`)
      const tag = versionAmong(tags, version)
      return { name, version: tag, urls: [`${place}:${tag}`] }
    },
    async download({ name, version, urls }) {
      const digest = digests.get(`${name}:${version}`)
      const target = digest ? { ...parseOciUrl(`${url}/${name}`), digest } : targetOf(url, { name, version })
      return inWords(
        `failed to get '${urls[0] ?? ''}'`,
        () => inTime('reading the chart', async signal => pulled(target, { registry: await open('transfer'), signal })),
        at,
      )
    },
    async signed({ name, version }) {
      const registry = await open('lookup')
      const target = targetOf(url, { name, version })
      const { digest } = await inTime('looking it up', signal => registry.lookUp(target, signal))
      digests.set(`${name}:${version}`, digest)
      return { registry, signed: { target: { ...target, digest }, printed: printReference(target) } }
    },
  }
}

function targetOf(url: string, { name, version }: Pick<ChartVersion, 'name' | 'version'>): ParsedReference {
  return { ...parseOciUrl(`${url}/${name}`), tag: version.replaceAll('+', '_') }
}

/** Tags that are versions, with the plus that no tag may have. */
async function tagsOf(repository: ParsedReference, { registry, signal }: { registry: Registry; signal: AbortSignal }): Promise<string[]> {
  const tags: string[] = []
  for await (const tag of registry.tags(repository, signal)) tags.push(tag.replaceAll('_', '+'))
  return tags.filter(tag => isConcrete(tag) && !tag.startsWith('v'))
}

const configType = 'application/vnd.cncf.helm.config.v1+json'
const chartTypes = ['application/vnd.cncf.helm.chart.content.v1.tar+gzip', 'application/tar+gzip']

async function pulled(target: ParsedReference, { registry, signal }: { registry: Registry; signal: AbortSignal }): Promise<Uint8Array> {
  const found = await registry.manifest(target, signal)
  if (!found) {
    await registry.lookUp(target, signal)
    throw new Error('manifest not found')
  }
  const layer = chartLayer(parseManifest(found.bytes))
  const tooLarge = (): Error => new Error(tooLargeChart)
  if (layer.size > chartBounds.chart) throw tooLarge()
  return gathered(registry.blob({ registry: target.registry, repository: target.repository }, layer, signal), {
    limit: chartBounds.chart,
    tooLarge,
  })
}

/** The layer that is the chart. Throws Helm's texts. */
function chartLayer(manifest: ReturnType<typeof parseManifest>): ImageManifest['layers'][number] {
  const config = 'layers' in manifest ? manifest.config.mediaType : ''
  if (config !== configType || !('layers' in manifest)) throw new Error(`could not load config with mediatype ${configType}`)
  const layer = manifest.layers.find(({ mediaType }) => chartTypes.includes(mediaType))
  if (!layer) throw new Error(`manifest does not contain a layer with mediatype ${chartTypes[0] ?? ''}`)
  return layer
}
