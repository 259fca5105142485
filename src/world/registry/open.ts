import type { Clock } from '../clock/clock.ts'
import type { Http } from '../http/http.ts'
import { registryClient } from './client.ts'
import { RegistryError } from './error.ts'
import { findOras, orasRegistry } from './oras.ts'
import { ambientSignIn } from './docker-config.ts'
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
}

/**
 * Opens registries: look-ups through the native client, one per way of access so that tokens are shared; transfers through the oras CLI where it is
 * there and can do what the access asks. @throws {RegistryError} ORAS_MISSING, ORAS_TOO_OLD when it is required.
 */
export function openRegistries(options: OpenOptions): Registries {
  const opened = new Map<string, Registry>()
  return {
    async open(access, purpose) {
      const cli = purpose === 'transfer' ? await cliFor(access, options) : undefined
      if (cli) return orasRegistry({ program: cli, env: options.env, access })
      const key = JSON.stringify(access)
      const registry =
        opened.get(key) ?? registryClient({ http: options.http, clock: options.clock, access, find: finder(access, options) })
      opened.set(key, registry)
      return registry
    },
  }
}

/** The program to use; `undefined` for the native client. Proxies of one object and client certificates are the native client's. */
async function cliFor({ credentials, proxy, tls }: Access, { oras = 'off', env }: OpenOptions): Promise<string | undefined> {
  if (oras === 'off') return undefined
  const found = await findOras(env)
  if (found && !found.old && !proxy && !tls?.cert && credentials.type !== 'dockerConfigs') return found.program
  if (oras === 'auto') return undefined
  if (!found) throw new RegistryError('ORAS_MISSING', { ref: '', message: 'the oras CLI is not on PATH, and --oras required asks for it' })
  if (found.old) throw new RegistryError('ORAS_TOO_OLD', { ref: '', message: `the oras CLI ${found.version} is older than 1.2` })
  return undefined
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
