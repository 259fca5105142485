import { addAbortSignal } from 'node:stream'
import { assets } from './main/assets.ts'
import type { ControllerFlags } from './cli/controller.ts'
import { runProgram } from './cli/run-program.ts'
import { exitCodes } from './cli/usage.ts'
import { compose, type Mode } from './main/compose.ts'
import { gitLine, sandboxLines } from './main/sandbox-lines.ts'
import { keyFileOf, personAt, terminalOf } from './main/terminal.ts'
import { aborted, overNow } from './lib/aborted.ts'
import type { Kind } from './kinds/kind.ts'
import type { JsonObject } from './lib/json.ts'
import { catalogueFor, loadSoon } from './main/catalogue.ts'
import { resources } from './resources/index.ts'
import { Watches } from './resources/watches.ts'
import { makeLean } from './main/lean.ts'
import { realClock } from './world/clock/real.ts'

const interrupted = new AbortController()
const terminal: Mode = { files: true, planChanges: false, personDestroys: false, isApproved: () => false, signal: interrupted.signal }

/** Options of a command: without a key file, handles hold by a key of the user's own. */
function kept(options: JsonObject, env: NodeJS.ProcessEnv): JsonObject {
  const keyFile = options.keyFile ?? keyFileOf(env)
  return { ...options, ...(keyFile === undefined ? {} : { keyFile }) }
}

async function kinds(): Promise<readonly Kind[]> {
  return (await import('./tools/run/reconcilers.ts')).kinds
}

/** Runs a command line. */
export async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort(new Error(`stopped by ${signal}`)))
  for (const stream of [process.stdout, process.stderr]) stream.on('error', closedPipe)
  process.exitCode = await runProgram(argv, {
    version: assets.version(),
    tools: async () => (await import('./tools/index.ts')).allTools({ gates: { key: new Uint8Array(32) }, readOnly: false }),
    kinds,
    signal: interrupted.signal,
    open: options => compose(kept(options, env), env, { ...terminal, vendorTools: true }),
    terminal: terminalOf(env),
    ask: personAt(interrupted.signal),
    out: text => void process.stdout.write(text),
    err: text => void process.stderr.write(text),
    input: () => addAbortSignal(interrupted.signal, process.stdin),
    serveMcp: options => serveMcp(options, env),
    serveSandbox: options => serveSandbox(options, env),
    serveController: (flags, options) => serveController(flags, options, env),
    approve: approveHandle,
    check: options => check(options, env),
    installCrds: options => installCrds(options, env),
  })
}

/** Whoever read our output has seen enough. */
function closedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
  process.exit(exitCodes.done)
}

async function serveMcp(options: JsonObject, env: NodeJS.ProcessEnv): Promise<void> {
  if (typeof options.http === 'string') {
    const { serveHttp } = await import('./main/serve-http.ts')
    return serveHttp(options, { address: options.http, env, stopped: interrupted.signal })
  }
  const approving = options.approve === true
  const composed = await compose(options, env, {
    files: true,
    vendorTools: true,
    planChanges: approving,
    personDestroys: approving,
    isApproved: () => false,
    signal: interrupted.signal,
  })
  const { listenStdio } = await import('./transports/stdio.ts')
  const catalogue = await catalogueFor(composed.service.gates, { readOnly: options.readOnly === true, files: true })
  const server = listenStdio({
    service: composed.service,
    engine: composed.engine,
    watches: new Watches(resources, composed.service.world),
    catalogue,
    callerOf: () => ({ key: 'stdio', user: env.USER ?? 'stdio', scopes: [], via: 'stdio' }),
  })
  if (composed.sandbox) process.stderr.write(sandboxLines(composed.sandbox))
  const over = new AbortController()
  void loadSoon(catalogue, over.signal)
  await ended()
  over.abort(overNow)
  await server.close()
  await composed.close()
}

/** Resolves when the client closed its end, or the process is told to stop. */
function ended(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  process.stdin.once('end', resolve)
  process.stdin.once('close', resolve)
  return Promise.race([promise, aborted(interrupted.signal)])
}

async function serveSandbox(options: JsonObject, env: NodeJS.ProcessEnv): Promise<void> {
  const { port, registryPort, gitPort, data } = options
  const { composeSandbox } = await import('./main/sandbox-engine.ts')
  const composed = await composeSandbox(
    { port: Number(port), registryPort: Number(registryPort), gitPort: Number(gitPort), ...(typeof data === 'string' ? { data } : {}) },
    { env, common: options, signal: interrupted.signal },
  )
  const { sandbox } = composed
  process.stdout.write(sandbox.kubeconfig)
  process.stderr.write(
    `✔ Kubernetes API at ${sandbox.apiUrl}, OCI registry at ${sandbox.registry}\n► ${gitLine(sandbox)}\n► the kubeconfig went to standard output; stop with Ctrl-C\n`,
  )
  await aborted(interrupted.signal)
  await composed.close()
}

async function serveController(flags: ControllerFlags, options: JsonObject, env: NodeJS.ProcessEnv): Promise<void> {
  const [{ runController }, { Metrics }] = await Promise.all([import('./main/controller.ts'), import('./main/metrics/metrics.ts')])
  const metrics = new Metrics(realClock)
  const composed = await compose(options, env, { ...terminal, told: { tokens: metrics.tokens, sent: sent => metrics.calls.sent(sent) } })
  try {
    await runController(composed, flags, { env, stopped: interrupted.signal, metrics })
  } finally {
    await composed.close()
  }
}

async function approveHandle(handle: string, { server, tokenFile }: JsonObject): Promise<void> {
  const { approve, tokenFrom } = await import('./cli/approve.ts')
  const token = tokenFrom(String(tokenFile))
  process.stdout.write(await approve({ handle, server: String(server), token }, interrupted.signal))
}

async function check(options: JsonObject, env: NodeJS.ProcessEnv): Promise<boolean> {
  const composed = await compose(options, env, terminal)
  try {
    const { checkClusters } = await import('./cli/check.ts')
    const about = { version: assets.version(), kinds: await kinds(), engine: composed.engine, signal: interrupted.signal }
    const { lines, ok } = await checkClusters(composed.service.world, about)
    process.stdout.write(`${lines.join('\n')}\n`)
    return ok
  } finally {
    await composed.close()
  }
}

async function installCrds(options: JsonObject, env: NodeJS.ProcessEnv): Promise<void> {
  const composed = await compose(options, env, terminal)
  try {
    const cluster = composed.service.world.clusters.named(composed.cluster)
    const { installOwn } = await import('./cli/install.ts')
    process.stdout.write(await installOwn(cluster, await kinds(), { clock: realClock, signal: interrupted.signal }))
  } finally {
    await composed.close()
  }
}

/** Resolves when what was written is with its reader, or has none any more. */
async function flushed(): Promise<void> {
  await Promise.all([process.stdout, process.stderr].map(stream => new Promise(resolve => stream.write('', resolve))))
}

/** The program as a process: it ends when its command has, whatever is still open. */
export async function start(): Promise<never> {
  if (process.argv.includes('controller')) makeLean()
  await main(process.argv.slice(2), process.env)
  await flushed()
  process.exit()
}

if (import.meta.main) await start()
