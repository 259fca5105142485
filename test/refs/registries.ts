import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram } from '../../scripts/refs/cache.ts'
import { freePort, ready, start } from './processes.ts'

/** A registry that nobody here wrote, on loopback. */
export interface RunningRegistry {
  /** `host:port` */
  readonly address: string
  stop(): Promise<void>
}

/** How Debian's docker-registry asks who is there: by password, or by the tokens of a service whose certificate it trusts. */
export type RegistryAuth =
  | { readonly type: 'basic' }
  | { readonly type: 'token'; readonly realm: string; readonly service: string; readonly certificate: string }

/** The one user of a registry with basic authentication. */
export const user = { username: 'flux', password: 's3cret-pass' } as const
const passwords = 'flux:$2y$05$abcdefghijklmnopqrstuuV7fpPozvyqJfnY19y0802WTlXUm6Rjy\n'

/** Starts Debian's docker-registry, which has no referrers API. */
export async function startDockerRegistry(auth?: RegistryAuth): Promise<RunningRegistry> {
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-registry-'))
  const address = `127.0.0.1:${await freePort()}`
  const config = {
    version: '0.1',
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
    http: { addr: address, relativeurls: true, secret: 'of-a-test' },
    ...(auth ? { auth: settingsOf(auth, folder) } : {}),
  }
  writeFileSync(join(folder, 'config.yml'), JSON.stringify(config))
  return started(address, start(program('docker-registry'), ['serve', join(folder, 'config.yml')]), () =>
    rmSync(folder, { recursive: true, force: true }),
  )
}

function settingsOf(auth: RegistryAuth, folder: string): object {
  if (auth.type === 'basic') {
    writeFileSync(join(folder, 'htpasswd'), passwords)
    return { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } }
  }
  writeFileSync(join(folder, 'issuer.pem'), auth.certificate)
  return { token: { realm: auth.realm, service: auth.service, issuer: 'test', rootcertbundle: join(folder, 'issuer.pem') } }
}

/** Starts go-containerregistry's registry, which has the referrers API and checks no missing blobs. */
export async function startGcRegistry(): Promise<RunningRegistry> {
  const address = `127.0.0.1:${await freePort()}`
  return started(address, start(program('gcregistry'), [address]), () => {})
}

async function started(address: string, child: ReturnType<typeof start>, clean: () => void): Promise<RunningRegistry> {
  const stop = async (): Promise<void> => {
    await child.stop()
    clean()
  }
  try {
    await ready(child, async () => [200, 401].includes((await fetch(`http://${address}/v2/`)).status))
  } catch (thrown) {
    await stop()
    throw thrown
  }
  return { address, stop }
}

function program(name: string): string {
  const found = findProgram(name)
  if (!found) throw new Error(`${name} is not there: npm run build:refs`)
  return found
}
