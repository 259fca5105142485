import { listenRegistry } from '../../src/sandbox/registry.ts'
import { startDockerRegistry, user } from '../refs/registries.ts'
import { service, startTokenService, type TokenService } from './token-service.ts'

/** A registry that asks who is there. Its one user is {@link user}. */
export interface Guarded {
  readonly address: string
  readonly tokens?: TokenService
  stop(): Promise<void>
}

export async function sandboxByPassword(): Promise<Guarded> {
  const { address, close } = await listenRegistry({ port: 0, basic: user })
  return { address, stop: close }
}

export function dockerByPassword(): Promise<Guarded> {
  return startDockerRegistry({ type: 'basic' })
}

export async function dockerByToken(): Promise<Guarded> {
  const tokens = await startTokenService(user)
  const registry = await startDockerRegistry({ type: 'token', realm: tokens.realm, service, certificate: tokens.certificate })
  const stop = async (): Promise<void> => {
    await registry.stop()
    await tokens.close()
  }
  return { address: registry.address, tokens, stop }
}
