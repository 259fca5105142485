import { readFileSync } from 'node:fs'
import type { JsonObject } from '../lib/json.ts'
import { resources } from '../resources/index.ts'
import { Watches } from '../resources/watches.ts'
import { httpBounds, Limits } from '../tools/frame/limits.ts'
import type { Exposure } from '../transports/http.ts'
import { realClock } from '../world/clock/real.ts'
import { catalogueFor } from './catalogue.ts'
import { compose, splitAddress } from './compose.ts'
import { sandboxLines } from './sandbox-lines.ts'

const fileOf = (options: JsonObject, name: string): string | undefined =>
  typeof options[name] === 'string' ? readFileSync(options[name], 'utf8') : undefined
const textsOf = (options: JsonObject, name: string): string[] => (Array.isArray(options[name]) ? options[name].map(String) : [])

/** Serves MCP over HTTP until told to stop. No tool reads or writes this machine's files. */
export async function serveHttp(
  options: JsonObject,
  { address, env, stopped }: { address: string; env: NodeJS.ProcessEnv; stopped: AbortSignal },
): Promise<void> {
  const { Approvals } = await import('../transports/approvals.ts')
  const { listenHttp, refusal } = await import('../transports/http.ts')
  const { listenAdmin } = await import('../transports/admin.ts')
  const { callerOf } = await import('../transports/tokens.ts')
  const approvals = new Approvals(realClock)
  const [host, port] = splitAddress(address)
  const exposure = exposureOf(options, host)
  const wrong = refusal(exposure)
  if (wrong) throw new TypeError(wrong)
  const composed = await compose(options, env, {
    files: false,
    planChanges: true,
    personDestroys: true,
    isApproved: handle => approvals.isApproved(handle),
  })
  const server = await listenHttp({
    ...exposure,
    port: Number(port),
    approvals,
    service: { ...composed.service, limits: new Limits(httpBounds, () => realClock.elapsed()) },
    engine: composed.engine,
    watches: new Watches(resources, composed.service.world),
    catalogue: catalogueFor(composed.service.gates, { readOnly: !exposure.writes, files: false }),
    callerOf: info => callerOf(info as never),
  })
  const [adminHost, adminPort] = typeof options.adminAddr === 'string' ? splitAddress(options.adminAddr) : []
  const admin = adminHost === undefined ? undefined : await listenAdmin({ host: adminHost, port: Number(adminPort) })
  process.stderr.write(`✔ MCP at ${server.url}${exposure.writes ? '' : ', read-only'}\n`)
  if (composed.sandbox) process.stderr.write(sandboxLines(composed.sandbox))
  const { promise, resolve } = Promise.withResolvers<void>()
  stopped.addEventListener('abort', () => resolve(), { once: true })
  await promise
  await admin?.close()
  await server.close()
  await composed.close()
}

/** How the options let a server be reached. */
function exposureOf(options: JsonObject, host: string): Exposure {
  const [cert, key] = [fileOf(options, 'tlsCert'), fileOf(options, 'tlsKey')]
  return {
    host,
    tokens: fileOf(options, 'tokenFile'),
    allowedHosts: textsOf(options, 'allowedHost'),
    allowedOrigins: textsOf(options, 'allowedOrigin'),
    tls: cert && key ? { cert, key } : undefined,
    behindTlsProxy: options.behindTlsProxy === true,
    writes: options.allowWrites === true,
  }
}
