import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { address, UsageError } from '../cli/usage.ts'
import { aborted } from '../lib/aborted.ts'
import { messageOf } from '../lib/coded-error.ts'
import type { JsonObject } from '../lib/json.ts'
import { type Opened, opening } from '../lib/opened.ts'
import { resources } from '../resources/index.ts'
import { Watches } from '../resources/watches.ts'
import { httpBounds, Limits } from '../tools/frame/limits.ts'
import type { Exposure } from '../transports/http.ts'
import { realClock } from '../world/clock/real.ts'
import { catalogueFor, loadSoon } from './catalogue.ts'
import { compose } from './compose.ts'
import { sandboxLines } from './sandbox-lines.ts'

const textsOf = (options: JsonObject, name: string): string[] => (Array.isArray(options[name]) ? options[name].map(String) : [])

/** @throws {UsageError} naming the flag. */
function fileOf(options: JsonObject, flag: string): string | undefined {
  const name = flag.slice(2).replaceAll(/-[a-z]/g, c => c.charAt(1).toUpperCase())
  const path = options[name]
  return typeof path === 'string' ? usable(`${flag} '${path}'`, () => readFileSync(path, 'utf8')) : undefined
}

/** @throws {UsageError} naming what cannot be used. */
function usable<T>(what: string, use: () => T): T {
  try {
    return use()
  } catch (thrown) {
    throw new UsageError(`${what} cannot be used: ${messageOf(thrown)}`, { cause: thrown })
  }
}

/** Serves MCP over HTTP until told to stop. No tool reads or writes this machine's files. */
export async function serveHttp(
  options: JsonObject,
  { address: at, env, stopped }: { address: string; env: NodeJS.ProcessEnv; stopped: AbortSignal },
): Promise<void> {
  const { Approvals } = await import('../transports/approvals.ts')
  const { listenHttp, refusal } = await import('../transports/http.ts')
  const { callerOf, parseTokens } = await import('../transports/tokens.ts')
  const approvals = new Approvals(realClock)
  const { host, port } = address('--http', at)
  const exposure = exposureOf(options, host)
  const wrong = refusal(exposure)
  if (wrong) throw new UsageError(wrong)
  usable('--token-file', () => parseTokens(exposure.tokens ?? ''))
  const mode = { files: false, planChanges: true, personDestroys: true, isApproved: (handle: string) => approvals.isApproved(handle) }
  await opening(async opened => {
    const composed = opened.keep(await compose(options, env, { ...mode, signal: stopped }), c => c.close())
    const catalogue = await catalogueFor(composed.service.gates, { readOnly: !exposure.writes, files: false })
    const serving = {
      ...exposure,
      port,
      approvals,
      service: { ...composed.service, limits: new Limits(httpBounds, () => realClock.elapsed()) },
      engine: composed.engine,
      watches: new Watches(resources, composed.service.world),
      catalogue,
      callerOf: (info: unknown) => callerOf(info as never),
    }
    const server = opened.keep(await listenHttp(serving), s => s.close())
    await serveProbes(options, opened)
    process.stderr.write(`✔ MCP at ${server.url}${exposure.writes ? '' : ', read-only'}\n`)
    if (composed.sandbox) process.stderr.write(sandboxLines(composed.sandbox))
    void loadSoon(catalogue, stopped)
    await aborted(stopped)
    await opened.close()
  }, stopped)
}

async function serveProbes({ adminAddr }: JsonObject, opened: Opened): Promise<void> {
  if (typeof adminAddr !== 'string') return
  const { listenAdmin } = await import('../transports/admin.ts')
  opened.keep(await listenAdmin(address('--admin-addr', adminAddr)), s => s.close())
}

/** How the options let a server be reached. */
function exposureOf(options: JsonObject, host: string): Exposure {
  const [cert, key] = [fileOf(options, '--tls-cert'), fileOf(options, '--tls-key')]
  if (cert && key) usable('--tls-cert with --tls-key', () => createSecureContext({ cert, key }))
  return {
    host,
    tokens: fileOf(options, '--token-file'),
    allowedHosts: textsOf(options, 'allowedHost'),
    allowedOrigins: textsOf(options, 'allowedOrigin'),
    tls: cert && key ? { cert, key } : undefined,
    behindTlsProxy: options.behindTlsProxy === true,
    writes: options.allowWrites === true,
  }
}
