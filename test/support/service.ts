import { compose, type Composed, type Mode } from '../../src/main/compose.ts'
import { answer, type Answer } from '../../src/tools/answer.ts'
import { allTools } from '../../src/tools/index.ts'
import type { Call, Caller } from '../../src/tools/tool.ts'

const open: Mode = { files: true, planChanges: false, personDestroys: false, isApproved: () => false }
export const stdioCaller: Caller = { key: 'stdio', user: 'test', scopes: [], via: 'stdio' }

/** A composed product on a sandbox, whose tools are called as an adapter calls them. */
export interface Product {
  readonly composed: Composed
  readonly registry: string
  call(name: string, args?: Record<string, unknown>, more?: Partial<Call> & { notes?: string[] }): Promise<Answer>
  stop(): Promise<void>
}

/** Starts a product. */
export async function startProduct({
  mode = {},
  options = {},
}: { mode?: Partial<Mode>; options?: Record<string, string | boolean | string[]> } = {}): Promise<Product> {
  const composed = await compose({ sandbox: true, logLevel: 'silent', ...options }, { PATH: process.env.PATH }, { ...open, ...mode })
  const tools = allTools({ gates: composed.service.gates, readOnly: false })
  return {
    composed,
    registry: composed.sandbox?.registry ?? '',
    stop: () => composed.close(),
    async call(name, args = {}, { caller = stdioCaller, signal = AbortSignal.timeout(120_000), notes = [], ...more } = {}) {
      const tool = tools.find(t => t.name === name)
      if (!tool) throw new TypeError(`no tool is called ${name}`)
      return answer(composed.service, tool, {
        args: args as never,
        call: { signal, caller, engine: composed.engine, progress: note => void notes.push(note), ...more },
      })
    },
  }
}
