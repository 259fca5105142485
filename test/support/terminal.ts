import { runProgram } from '../../src/cli/run-program.ts'
import type { Terminal } from '../../src/cli/output.ts'
import { kinds } from '../../src/tools/run/reconcilers.ts'
import { allTools } from '../../src/tools/index.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import type { Product } from './service.ts'
import { unending } from './unending.ts'

/** What a command left. `opened` are the options that it opened the world with; `asked` the questions to the person. */
export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
  readonly opened: JsonObject | undefined
  readonly asked: readonly string[]
}

interface Around {
  readonly terminal?: Terminal
  /** What the person at the terminal types. */
  readonly types?: string
  readonly signal?: AbortSignal
  /** Told of all output each time there is more. */
  readonly heard?: (out: string) => void
  /** What standard input has. */
  readonly input?: string | readonly Uint8Array[]
  /** Namespaces of contexts, the current one under the empty name. */
  readonly namespaces?: Readonly<Record<string, string>>
}

const never = (): Promise<never> => Promise.reject(new TypeError('this test opens no world'))

/** Runs a command line in this process, over a product that stays open. */
export async function type(product: Product | undefined, argv: readonly string[], around: Around = {}): Promise<Ran> {
  let [out, err, opened] = ['', '', undefined as JsonObject | undefined]
  const asked: string[] = []
  const serve =
    (name: string) =>
    async (options: JsonObject): Promise<void> => {
      opened = { ...options, command: name }
    }
  const code = await runProgram(argv, {
    version: '1.2.3',
    tools: async () => allTools({ gates: { key: new Uint8Array(32) }, readOnly: false }),
    kinds: async () => kinds,
    signal: around.signal ?? unending,
    terminal: around.terminal,
    ask:
      around.types === undefined
        ? undefined
        : async question => {
            asked.push(question)
            return around.types ?? ''
          },
    out: text => {
      out += text
      around.heard?.(out)
    },
    err: text => {
      err += text
    },
    input: async function* () {
      yield* typeof around.input === 'string' ? [Buffer.from(around.input)] : (around.input ?? [])
    },
    open: async options => {
      opened = options
      if (!product) return never()
      const namespaceOf = (name?: string): string | undefined => around.namespaces?.[name ?? '']
      return { ...product.composed, namespaceOf, close: async () => {} }
    },
    serveMcp: serve('mcp'),
    serveSandbox: serve('sandbox'),
    serveController: async (flags, options) => serve('controller')({ ...options, flags: flags as never }),
    approve: async (handle, options) => serve('approve')({ ...options, handle }),
    check: async options => {
      await serve('check')(options)
      return true
    },
    installCrds: serve('crds'),
  })
  return { code, out, err, opened, asked }
}
