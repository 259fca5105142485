import type { Clock } from '../clock/clock.ts'
import type { Http } from '../http/http.ts'
import { startHere, type StartProgram } from '../programs/program.ts'
import { connected, registryClient } from './client.ts'
import { ambientSignIn } from './docker-config.ts'
import { RegistryError } from './error.ts'
import { orasRegistry } from './oras.ts'
import { isNewEnough, orasFinder, type OrasProgram } from './oras-find.ts'
import { Origins } from './origins.ts'
import { pullSecretSignIn } from './pull-secrets.ts'
import type { Access, Registries, Registry } from './registry.ts'
import type { FindSignIn } from './sign-in.ts'

export interface OpenOptions {
  readonly http: Http
  readonly clock: Clock
  /** Where the user's docker config is. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  /** Whether transfers go through the oras CLI: when it is there, always, never. */
  readonly oras?: 'auto' | 'required' | 'off' | undefined
  /** Starts that CLI; absent: from this process. */
  readonly start?: StartProgram | undefined
}

const mostOpen = 200

/**
 * Opens registries: look-ups through the native client, one per way of access so that tokens are shared; transfers through the oras CLI where it is
 * there. @throws {RegistryError} ORAS_MISSING, ORAS_TOO_OLD when it is required.
 */
export function openRegistries(options: OpenOptions): Registries {
  const opened = new Map<string, Registry>()
  const find = orasFinder(options.env)
  return {
    async open(access, purpose) {
      const cli = purpose === 'transfer' && options.oras !== 'off' ? usable(await find(), options.oras) : undefined
      const key = JSON.stringify([access, cli])
      const registry = opened.get(key) ?? (cli ? throughOras(cli, access, options) : natively(access, options))
      opened.delete(key)
      opened.set(key, registry)
      const [oldest] = opened.keys()
      if (opened.size > mostOpen && oldest !== undefined) opened.delete(oldest)
      return registry
    },
  }
}

function usable(found: OrasProgram | undefined, mode: OpenOptions['oras']): OrasProgram | undefined {
  if (mode === undefined) return undefined
  if (found && isNewEnough(found)) return found
  if (mode === 'auto') return undefined
  if (found)
    throw new RegistryError('ORAS_TOO_OLD', {
      ref: found.program,
      message: `the oras CLI ${found.major}.${found.minor} at ${found.program} is older than 1.2`,
    })
  throw new RegistryError('ORAS_MISSING', { ref: 'oras', message: 'the oras CLI is not on PATH, and --oras required asks for it' })
}

function throughOras(cli: OrasProgram, access: Access, { http, clock, env, home, start = startHere }: OpenOptions): Registry {
  return orasRegistry({
    ...cli,
    start,
    env,
    home,
    clock,
    access,
    origins: new Origins({ http: connected(http, access), insecure: access.insecure ?? false }),
  })
}

function natively(access: Access, options: OpenOptions): Registry {
  return registryClient({ http: options.http, clock: options.clock, access, find: finder(access, options) })
}

function finder({ credentials }: Access, { env, home }: OpenOptions): FindSignIn {
  switch (credentials.type) {
    case 'anonymous':
    case 'basic':
    case 'bearer':
      return async () => credentials
    case 'dockerConfigs':
      return async (registry, repository) => pullSecretSignIn(credentials.documents, registry, repository)
    case 'ambient':
      return (registry, repository, signal) => ambientSignIn({ env, home }, { registry, repository, signal })
  }
}
