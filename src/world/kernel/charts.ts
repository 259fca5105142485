import { chartBounds, type ChartBuild, type ChartContent, type ChartDependency } from '../../kinds/chart.ts'
import { isObject, type Json, type JsonObject, listAt, stringAt } from '../../lib/json.ts'
import type { Kernel } from './kernel.ts'
import type { Lane } from './lane.ts'

type Charts = Pick<Kernel, 'chartIndex' | 'chartMetadata' | 'buildChart'>

/** The kernel's calls about charts, over a worker with the helm module. */
export function chartCalls(lane: Lane, { deadlineMs }: { deadlineMs: number }): Charts {
  const call = async (operation: string, input: Uint8Array, signal: AbortSignal): Promise<string> =>
    new TextDecoder().decode(await lane.call(operation, input, { deadlineMs, signal }))
  return {
    chartIndex: (bytes, signal) => call('index', bytes, signal),
    chartMetadata: async (chart, signal) => JSON.parse(await call('metadata', encode(described(chart)), signal)) as JsonObject,
    async buildChart(build, signal) {
      const answer = JSON.parse(await call('chart', encode(request(build)), signal)) as Json
      const archive = stringAt(answer, 'package')
      const values = isObject(answer) && Array.isArray(answer.values) ? answer.values.map(String) : undefined
      return {
        values,
        missing: listAt(answer, 'missing').map(dependencyOf),
        archive: archive === undefined ? undefined : Buffer.from(archive, 'base64'),
      }
    },
  }
}

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}

function request({ chart, version, values, dependencies, packaged }: ChartBuild): JsonObject {
  const { files, inside, ignoreMissing } = values
  return {
    ...described(chart),
    version,
    values: files.map(({ path, place, content }) => ({ path, place, found: content !== undefined, data: base64(content) })),
    inChart: inside,
    ignoreMissing,
    dependencies: dependencies.map(one => ({ ...described(one.chart), alias: one.alias ?? '' })),
    package: packaged,
  }
}

/** The files of a folder have no times of their own: a source's archive has none. */
function described(chart: ChartContent): JsonObject {
  if ('archive' in chart) return { archive: base64(chart.archive) }
  return {
    files: [...chart.files].map(([name, content]) => ({
      name,
      size: content.length,
      ...(content.length > chartBounds.file ? {} : { data: base64(content) }),
    })),
  }
}

function base64(bytes: Uint8Array | undefined): string {
  return bytes ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64') : ''
}

function dependencyOf(value: Json): ChartDependency {
  const text = (key: string): string => stringAt(value, key) ?? ''
  return { name: text('name'), version: text('version'), repository: text('repository'), alias: stringAt(value, 'alias') || undefined }
}
