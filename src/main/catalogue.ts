import { readFileSync } from 'node:fs'
import { prompts } from '../prompts/index.ts'
import { resources } from '../resources/index.ts'
import type { Gates } from '../tools/frame/gate.ts'
import type { Shown } from '../tools/frame/listed.ts'
import type { Tool } from '../tools/tool.ts'
import type { Catalogue } from '../transports/adapter.ts'
import { realClock } from '../world/clock/real.ts'
import { assets } from './assets.ts'

/** Which tools a server has: those that read, those that write too, or also those that write the user's files. */
export type Offer = 'reads' | 'writes' | 'files'

/** The client's first questions come before the tools are loaded; then they are, so that no call waits for them, nor an update of the program loses them. */
const loadAfterMs = 1000

export async function loadSoon({ tools }: Catalogue, signal: AbortSignal): Promise<void> {
  try {
    await realClock.sleep(loadAfterMs, signal)
    await tools[0]?.load()
  } catch {
    // Told to whoever calls one.
  }
}

/** What a server of this mode offers. Its tools are loaded when the first is called where the program came with a list of them. */
export async function catalogueFor(gates: Gates, mode: { readOnly: boolean; files: boolean }): Promise<Catalogue> {
  let loading: Promise<readonly Tool[]> | undefined
  const load = (): Promise<readonly Tool[]> =>
    (loading ??= import('../tools/index.ts').then(({ allTools }) => allTools({ gates, ...mode })))
  const shown = assets.tools === undefined ? await shownOf(await load()) : listOf(assets.tools, mode)
  const tools = shown.map(one => ({
    ...one,
    async load() {
      const tool = (await load()).find(({ name }) => name === one.name)
      if (!tool) throw new TypeError(`the list of tools has ${one.name}, which this program has not`)
      return tool
    },
  }))
  return { tools, resources, prompts, version: assets.version() }
}

async function shownOf(tools: readonly Tool[]): Promise<Shown[]> {
  const { shown } = await import('../tools/frame/listed.ts')
  return tools.map(shown)
}

/** The list that the build wrote. */
function listOf(file: string, { readOnly, files }: { readOnly: boolean; files: boolean }): readonly Shown[] {
  const offer: Offer = readOnly ? 'reads' : files ? 'files' : 'writes'
  return (JSON.parse(readFileSync(file, 'utf8')) as Record<Offer, Shown[]>)[offer]
}
