import { CodedError } from '../../lib/coded-error.ts'
import type { Kernel } from '../../world/kernel/kernel.ts'
import { chartsOf, joined } from './index/join.ts'
import { type IndexParts, partsOf } from './index/parts.ts'

/** A batch is as long as this thread may be held up by it. */
const usualBatch = 256 * 1024
/** More than this at once would take the kernel too long. */
const mostWhole = 8 * 1024 * 1024

type Hands = { readonly kernel: Pick<Kernel, 'chartIndex'> }
interface At {
  readonly hands: Hands
  readonly signal: AbortSignal
}

/** Puts an index in order and writes it as JSON, as Helm does, in parts. A large one is read a few charts at a time. Throws Helm's texts. Spec: sources 6. */
export async function orderedIndex(bytes: Uint8Array, at: At, batchBytes = usualBatch): Promise<readonly string[]> {
  const whole = async (): Promise<readonly string[]> => [await at.hands.kernel.chartIndex(bytes, at.signal)]
  const parts = bytes.length > batchBytes ? partsOf(bytes, batchBytes) : undefined
  if (!parts) return whole()
  try {
    return await inBatches(parts, at)
  } catch (thrown) {
    at.signal.throwIfAborted()
    if (bytes.length > mostWhole) throw thrown
    return whole()
  }
}

/** While the kernel reads one batch, the next one is prepared. */
async function inBatches({ head, batches }: IndexParts, at: At): Promise<readonly string[]> {
  const start = await at.hands.kernel.chartIndex(Buffer.concat([head, Buffer.from('\nentries: {}\n')]), at.signal)
  const { plainCharts } = await import('./index/plain.ts')
  const charts = new Map<string, string>()
  const take = (json: string): void => {
    for (const [name, chart] of chartsOf(json)) {
      if (charts.has(name)) throw new Error(`the index has two charts ${JSON.stringify(name)}`)
      charts.set(name, chart)
    }
  }
  let reading: Promise<string> | undefined
  for (const batch of batches) {
    const entries = plainCharts(batch)
    const last = reading
    const text = await last
    reading = read(batch, entries && JSON.stringify({ apiVersion: 'v1', entries }), at)
    reading.catch(() => {})
    if (text !== undefined) take(text)
  }
  if (reading) take(await reading)
  return joined(start, charts)
}

/** A batch as JSON where that is known to mean the same: the kernel reads it several times as fast. */
async function read(batch: Uint8Array, plain: string | undefined, { hands: { kernel }, signal }: At): Promise<string> {
  if (plain !== undefined)
    try {
      return await kernel.chartIndex(Buffer.from(plain), signal)
    } catch (thrown) {
      if (!(thrown instanceof CodedError) || thrown.code !== 'CHART_INVALID') throw thrown
    }
  return kernel.chartIndex(Buffer.concat([Buffer.from('apiVersion: v1\nentries:\n'), batch]), signal)
}
