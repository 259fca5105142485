import { parseReference } from '../../lib/reference.ts'
import { AuthError } from './error.ts'

/** The registry of an artifact repository, by the rules of Go's library: a name alone is Docker Hub's, also `localhost`. Spec: sources 9.3. */
export function registryHost(repository: string): string {
  const bare = repository.replace(/\/$/, '')
  if (!bare.includes('/')) return bare
  return bare.startsWith('localhost/') ? 'index.docker.io' : parseReference(bare).registry
}

/**
 * The registry, if it is one of the cloud's. `shown` is the pattern that Flux 2.6 shows; ours must fit the whole host, as
 * `….dkr.ecr.us-east-1.amazonaws.com.example.com` would get the cloud's credentials otherwise.
 * @throws {AuthError} WRONG_INPUT with Flux's text.
 */
export function cloudRegistry(repository: string, { name, shown, whole }: { name: string; shown: string; whole: RegExp }): RegExpExecArray {
  const host = registryHost(repository)
  const found = whole.exec(host)
  if (found) return found
  throw new AuthError('WRONG_INPUT', `invalid ${name} registry: '${host}'. must match ${shown}`)
}
