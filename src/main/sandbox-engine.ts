import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { gatedSettings } from '../cli/feature-gates.ts'
import { tokenCache } from '../cli/options.ts'
import { tenancyOf } from '../cli/tenancy.ts'
import { holdLease } from '../engine/lease.ts'
import { fluxDefaults, type Settings } from '../engine/settings.ts'
import { type JsonObject, stringAt } from '../lib/json.ts'
import { ListenError } from '../lib/listen.ts'
import { opening } from '../lib/opened.ts'
import { RecentSecrets } from '../lib/recent-secrets.ts'
import { Redactor } from '../lib/safe.ts'
import type { Sandbox, SandboxOptions } from '../sandbox/sandbox.ts'
import { controllersOf, reconcilers } from '../tools/run/reconcilers.ts'
import { lazyAuth } from '../world/auth/lazy.ts'
import { realClock } from '../world/clock/real.ts'
import { observedClusters } from '../world/cluster/observe.ts'
import { openRemotes } from '../world/cluster/remote.ts'
import { lazyGit } from '../world/git/lazy.ts'
import type { Http } from '../world/http/http.ts'
import { lazyHttp } from '../world/http/lazy.ts'
import { lazyKms } from '../world/kms/lazy.ts'
import { openKernel } from '../world/kernel/pool.ts'
import { pinoLog } from '../world/log/pino.ts'
import { openObjects } from '../world/objects/open.ts'
import { openRegistries } from '../world/registry/open.ts'
import { diskScratch } from '../world/storage/disk-scratch.ts'
import { artifactFetcher } from '../world/storage/fetch.ts'
import type { Hands } from '../world/world.ts'
import { assets } from './assets.ts'
import { startProgram } from './programs.ts'
import { learning, openSandbox, openStorage } from './compose.ts'
import { startEngine } from './engine.ts'

/** How many objects of a kind run at a time, as with Flux's controllers. */
const concurrency = 4

interface SandboxAbout {
  readonly env: NodeJS.ProcessEnv
  /** The options of every command. */
  readonly common: JsonObject
  /** Ends the start. */
  readonly signal: AbortSignal
}

/** What signs in to clouds and asks key services. */
function keyHands({ http, env, common, learn }: { http: Http; env: NodeJS.ProcessEnv; common: JsonObject; learn(secret: string): void }) {
  const own = { http, clock: realClock, env, home: homedir(), learn }
  const auth = lazyAuth({ ...own, cache: tokenCache(common) })
  return { auth, kms: lazyKms({ ...own, auth }) }
}

/** A sandbox that stands alone: with an engine that reconciles what is in it. */
export function composeSandbox(
  options: Pick<SandboxOptions, 'port' | 'registryPort' | 'gitPort' | 'data'>,
  { env, common, signal }: SandboxAbout,
): Promise<{ sandbox: Sandbox; close(): Promise<void> }> {
  return opening(async opened => {
    const http = opened.keep(lazyHttp({}), h => h.close())
    const kernel = opened.keep(openKernel(assets), k => k.close())
    const sandbox = opened.keep(await openSandbox({ kernel, http }, { ...options, signal }), s => s.close())
    const { artifacts, tags } = opened.keep(await storageFor(common, options.data), s => s.close())
    const hands = handsFor(sandbox, { env, common, http, kernel, artifacts, tags })
    const settings = { ...fluxDefaults, ...gatedSettings(stringAt(common, 'featureGates')), ...tenancyOf(common) }
    opened.keep(startControllers(hands, settings), c => c.stop())
    return { sandbox, close: () => opened.close() }
  }, signal)
}

interface Parts extends Pick<Hands, 'http' | 'kernel' | 'artifacts' | 'tags'> {
  readonly env: NodeJS.ProcessEnv
  readonly common: JsonObject
}

function handsFor(sandbox: Sandbox, { env, common, http, kernel, artifacts, tags }: Parts): Hands {
  const redactor = new Redactor(randomBytes(32))
  const recent = new RecentSecrets(redactor)
  const seen = observedClusters({ names: ['sandbox'], named: () => sandbox.cluster }, learning(redactor))
  return {
    cluster: seen.named(),
    remotes: openRemotes({ http, clock: realClock, learn: s => recent.learn(s), seen: learning(redactor) }),
    http,
    kernel,
    clock: realClock,
    log: pinoLog({ level: 'warn', censor: line => redactor.censor(line) }),
    artifacts,
    tags,
    scratch: diskScratch(),
    ...keyHands({ http, env, common, learn: s => recent.learn(s) }),
    objects: openObjects({ http, clock: realClock, env }),
    git: lazyGit({ http, env, tunnel: assets.tunnel, start: startProgram }),
    fetcher: artifactFetcher({ http, clock: realClock, own: artifacts }),
    registries: openRegistries({ http, clock: realClock, env, home: homedir(), oras: 'off' }),
  }
}

/** In a folder that is kept, artifacts are served at the port of the last time, so that their addresses stay good; at another where that is taken. */
async function storageFor(common: JsonObject, data: string | undefined): ReturnType<typeof openStorage> {
  if (data === undefined) return openStorage(common)
  const file = join(data, 'artifacts-port')
  const open = (port: string): ReturnType<typeof openStorage> =>
    openStorage({ storagePath: join(data, 'artifacts'), storageAddr: `127.0.0.1:${port}`, ...common })
  const storage = await open(existsSync(file) ? readFileSync(file, 'utf8').trim() : '0').catch((thrown: unknown) => {
    if (thrown instanceof ListenError && common.storageAddr === undefined) return open('0')
    throw thrown
  })
  writeFileSync(file, storage.artifacts.advertised.split(':').at(-1) ?? '0')
  return storage
}

/** The engine, and the leases of the controllers that it stands for, so that others see who acts. */
function startControllers(hands: Hands, settings: Settings): { stop(): Promise<void> } {
  const ended = new AbortController()
  const { cluster, clock } = hands
  const engine = startEngine(hands, { reconcilers, settings, concurrency })
  const leases = controllersOf(reconcilers).map(controller =>
    holdLease(cluster, controller, { holder: 'fluxpilot-sandbox', clock, signal: ended.signal }),
  )
  return {
    async stop() {
      ended.abort(new Error('the sandbox ends'))
      await Promise.all([engine.stop(), ...leases])
    },
  }
}
