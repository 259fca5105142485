import { prompts } from '../prompts/index.ts'
import { resources } from '../resources/index.ts'
import type { Gates } from '../tools/frame/gate.ts'
import { allTools } from '../tools/index.ts'
import type { Catalogue } from '../transports/adapter.ts'
import { assets } from './assets.ts'

/** What a server of this mode offers. */
export function catalogueFor(gates: Gates, { readOnly, files }: { readOnly: boolean; files: boolean }): Catalogue {
  return { tools: allTools({ gates, readOnly, files }), resources, prompts, version: assets.version() }
}
