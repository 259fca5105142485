import type { Clock } from '../clock/clock.ts'
import type { Http } from '../http/http.ts'
import { registryClient } from './client.ts'
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
}

/** Opens registries through the native client; one client per way of access, so that tokens are shared. */
export function openRegistries(options: OpenOptions): Registries {
  const opened = new Map<string, Registry>()
  return {
    async open(access) {
      const key = JSON.stringify(access)
      const registry = opened.get(key) ?? registryClient({ http: options.http, clock: options.clock, access, find: finder(access, options) })
      opened.set(key, registry)
      return registry
    },
  }
}

function finder({ credentials }: Access, { env, home }: OpenOptions): FindSignIn {
  switch (credentials.type) {
    case 'anonymous': case 'basic': case 'bearer': return async () => credentials
    case 'dockerConfigs': return async (registry, repository) => pullSecretSignIn(credentials.documents, registry, repository)
    case 'ambient': return (registry, repository, signal) => ambientSignIn({ env, home }, { registry, repository, signal })
  }
}
