import type { ChartContent, ChartDependency } from '../../kinds/chart.ts'
import type { HelmChartObject } from '../../kinds/helm-chart.ts'
import { HelmRepository, type HelmRepositoryObject } from '../../kinds/helm-repository.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { stringAt } from '../../lib/json.ts'
import { matchingTags, VersionError } from '../../lib/semver.ts'
import { BuildProblem } from './build.ts'
import { type At, type Charts, httpCharts, registryCharts } from './charts-reconciler.ts'
import { chartAt, type SourceFiles } from './tree.ts'
import { checkDependencyUrl, normalUrl, withoutUser } from './url.ts'
import { pathInside } from './version.ts'

/** The chart whose dependencies are looked for, and the source that it is in. */
interface Dependent {
  readonly chart: HelmChartObject
  readonly files: SourceFiles
  readonly path: string
}

interface Resolved {
  readonly chart: ChartContent
  readonly alias: string | undefined
}

/** All of a chart's dependencies are in memory together. */
const mostBytes = 100 * 1024 * 1024

/** What a chart asks for: in its source, or from repositories. @throws {BuildProblem} DependencyBuildError. Spec: sources 7 step 6. */
export async function resolved(missing: readonly ChartDependency[], dependent: Dependent, at: At): Promise<Resolved[]> {
  const repositories = new Map<string, Promise<Charts>>()
  const found: Resolved[] = []
  let bytes = 0
  for (const dependency of missing) {
    const isLocal = dependency.repository === '' || dependency.repository.startsWith('file://')
    const name = dependency.alias ?? dependency.name
    const chart = await attempt(`failed to add ${isLocal ? 'local' : 'remote'} dependency '${name}'`, at, async () => {
      const content = isLocal ? await local(dependency, dependent, at) : await remote(dependency, { dependent, repositories }, at)
      bytes += sizeOf(content)
      if (bytes > mostBytes) throw new Error(`all dependencies together have more than ${mostBytes} bytes`)
      return content
    })
    found.push({ chart, alias: dependency.alias })
  }
  return found
}

async function attempt<T>(what: string, at: At, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    at.signal.throwIfAborted()
    throw new BuildProblem('DependencyBuildError', `${what}: ${messageOf(cause)}`, { cause })
  }
}

function sizeOf(content: ChartContent): number {
  return 'archive' in content ? content.archive.length : [...content.files.values()].reduce((sum, file) => sum + file.length, 0)
}

async function local(
  { name, repository, version }: ChartDependency,
  { files, path }: Dependent,
  { hands, signal }: At,
): Promise<ChartContent> {
  const place = pathInside(`${path}/${repository === '' ? `charts/${name}` : repository.slice('file://'.length)}`)
  const content = contentAt(files, place)
  if (!content) throw new Error(`no chart found at '/${place}' (reference '${repository}')`)
  checkConstraint(version)
  const metadata = await hands.kernel.chartMetadata(content, signal)
  if (matchingTags([stringAt(metadata, 'version') ?? ''], version).length === 0)
    throw new Error(`can't get a valid version for constraint '${version}'`)
  return content
}

function contentAt(files: SourceFiles, place: string): ChartContent | undefined {
  try {
    return chartAt(files, place)
  } catch {
    return undefined
  }
}

function checkConstraint(version: string): void {
  try {
    matchingTags([], version)
  } catch (cause) {
    const why = cause instanceof VersionError ? cause.message.replace(/^semver '.*' parse error: /s, '') : messageOf(cause)
    throw new Error(`invalid version/constraint format '${version}': ${why}`, { cause })
  }
}

async function remote(
  { name, version, repository }: ChartDependency,
  { dependent, repositories }: { dependent: Dependent; repositories: Map<string, Promise<Charts>> },
  at: At,
): Promise<ChartContent> {
  checkDependencyUrl(repository)
  const url = normalUrl(repository)
  const opening = repositories.get(url) ?? opened(url, dependent, at)
  repositories.set(url, opening)
  const charts = await said(`failed to get chart repository for URL '${withoutUser(url)}'`, () => opening)
  const from = `failed to get chart '${name}' version '${version}' from '${withoutUser(repository)}'`
  const chosen = await said(from, () => charts.find(name, version))
  const archive = await said(`chart download of version '${chosen.version}' failed`, () => charts.download(chosen))
  return { archive }
}

async function said<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw new Error(`${what}: ${messageOf(cause)}`, { cause })
  }
}

/** The HelmRepository of the namespace that has this URL; without one nobody signs in. */
async function opened(url: string, { chart }: Dependent, at: At): Promise<Charts> {
  const { group, version, kind } = HelmRepository
  const { namespace = '' } = chart.metadata
  let known: HelmRepositoryObject | undefined
  for await (const object of at.hands.cluster.listAll({ group, version, kind, namespace }, at.signal))
    if (!known && sameUrl(stringAt(object, 'spec', 'url') ?? '', url)) known = object as HelmRepositoryObject
  const repository = known ?? {
    apiVersion: `${group}/${version}`,
    kind,
    metadata: { name: '', namespace },
    spec: { url, provider: 'generic' },
  }
  return url.startsWith('oci://') ? registryCharts(repository, url, at) : httpCharts(repository, url, at)
}

function sameUrl(a: string, normalised: string): boolean {
  try {
    return normalUrl(a) === normalised
  } catch {
    return false
  }
}
