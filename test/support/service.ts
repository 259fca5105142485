import { catalogueFor } from '../../src/main/catalogue.ts'
import { compose, type Composed, type Mode } from '../../src/main/compose.ts'
import { resources } from '../../src/resources/index.ts'
import { Watches } from '../../src/resources/watches.ts'
import { answer, type Answer, type Service } from '../../src/tools/frame/answer.ts'
import { allTools } from '../../src/tools/index.ts'
import type { Call, Caller } from '../../src/tools/tool.ts'
import { Approvals } from '../../src/transports/approvals.ts'
import { type Exposure, type HttpOptions, listenHttp } from '../../src/transports/http.ts'
import { callerOf } from '../../src/transports/tokens.ts'
import { realClock } from '../../src/world/clock/real.ts'
import type { Clusters } from '../../src/world/cluster/cluster.ts'
import type { Clock } from '../../src/world/clock/clock.ts'
import { unending } from './unending.ts'

const open: Mode = { files: true, planChanges: false, personDestroys: false, isApproved: () => false }
export const stdioCaller: Caller = { key: 'stdio', user: 'test', scopes: [], via: 'stdio' }

/** How many tools a server has that may write. */
export const toolCount = allTools({ gates: { key: new Uint8Array(32) }, readOnly: false }).length

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
  env = { PATH: process.env.PATH },
  clock,
  clusters = same => same,
}: {
  mode?: Partial<Mode>
  options?: Record<string, string | boolean | string[]>
  env?: NodeJS.ProcessEnv
  clock?: Clock
  /** What the tools see in place of the clusters that there are. */
  clusters?: (real: Clusters) => Clusters
} = {}): Promise<Product> {
  const composed = await compose({ sandbox: true, logLevel: 'silent', ...options }, env, { ...open, ...mode })
  const { world } = composed.service
  const service = { ...composed.service, world: { ...world, clusters: clusters(world.clusters), ...(clock ? { clock } : {}) } }
  const tools = allTools({ gates: composed.service.gates, readOnly: false })
  return {
    composed,
    registry: composed.sandbox?.registry ?? '',
    stop: () => composed.close(),
    async call(name, args = {}, { caller = stdioCaller, signal = unending, notes = [], ...more } = {}) {
      const tool = tools.find(t => t.name === name)
      if (!tool) throw new TypeError(`no tool is called ${name}`)
      return answer(service, tool, {
        args: args as never,
        call: { signal, caller, engine: composed.engine, progress: note => void notes.push(note), ...more },
      })
    },
  }
}

/** Tokens of a reader, a writer with all rights, and a person who approves. */
export const tokens = { reader: 'reader-token-0123456789', writer: 'writer-token-0123456789', person: 'person-token-0123456789' }
const tokenFile = [
  '# one TOKEN SCOPES a line',
  `${tokens.reader} flux:read`,
  `${tokens.writer} flux:write flux:destroy`,
  `${tokens.person} flux:approve`,
].join('\n')

/** A product behind its own HTTP stack on loopback, as `--http` serves it. */
export interface HttpProduct extends Product {
  readonly url: string
  readonly watches: Watches
}

export async function startHttpProduct({
  exposure = {},
  service = {},
  options = {},
  adapter = {},
}: {
  exposure?: Partial<Exposure>
  service?: Partial<Service>
  options?: Record<string, string | boolean | string[]>
  adapter?: Partial<HttpOptions>
} = {}): Promise<HttpProduct> {
  const approvals = new Approvals(realClock)
  const product = await startProduct({
    mode: { files: false, planChanges: true, personDestroys: true, isApproved: h => approvals.isApproved(h) },
    options,
  })
  const served = { ...product.composed.service, ...service }
  const watches = adapter.watches ?? new Watches(resources, served.world)
  const writes = exposure.writes ?? true
  const server = await listenHttp({
    host: '127.0.0.1',
    tokens: tokenFile,
    allowedHosts: [],
    allowedOrigins: [],
    tls: undefined,
    behindTlsProxy: false,
    ...exposure,
    writes,
    port: 0,
    approvals,
    service: served,
    engine: product.composed.engine,
    watches,
    catalogue: await catalogueFor(served.gates, { readOnly: !writes, files: false }),
    callerOf: info => callerOf(info as never),
    ...adapter,
  })
  return {
    ...product,
    url: server.url,
    watches,
    async stop() {
      await server.close()
      await product.stop()
    },
  }
}
