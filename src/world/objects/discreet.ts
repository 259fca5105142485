import { ObjectStoreError } from './error.ts'
import type { Credentials, ObjectStore } from './objects.ts'

/** A store whose errors never have what it is signed in to with: a server may say back what it was sent. */
export function discreet(store: ObjectStore, credentials: Credentials): ObjectStore {
  const secrets = secretsOf(credentials).filter(secret => secret.length >= shortest)
  if (secrets.length === 0) return store
  const told = (thrown: unknown): unknown => {
    if (!(thrown instanceof ObjectStoreError) || !secrets.some(secret => thrown.message.includes(secret))) return thrown
    const message = secrets.reduce((text, secret) => text.replaceAll(secret, '***'), thrown.message)
    const { status, reason } = thrown
    return new ObjectStoreError(thrown.code, { message, status, reason })
  }
  const quietly = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (thrown) {
      throw told(thrown)
    }
  }
  return {
    exists: signal => quietly(store.exists(signal)),
    fetch: (key, signal) => quietly(store.fetch(key, signal)),
    async *list(prefix, signal) {
      try {
        yield* store.list(prefix, signal)
      } catch (thrown) {
        throw told(thrown)
      }
    },
  }
}

/** Shorter ones are part of many words, and nobody keeps a secret with them. */
const shortest = 4

function secretsOf(credentials: Credentials): string[] {
  switch (credentials.is) {
    case 'anonymous':
      return []
    case 'keys':
      return [credentials.keys.secretAccessKey, credentials.keys.sessionToken ?? '']
    case 'ldap':
      return [credentials.password]
    case 'serviceAccount':
      return [credentials.key.privateKey]
    case 'accountKey':
      return [credentials.key]
    case 'sas':
      return [credentials.query, ...signatures(credentials.query)]
    case 'entra':
      return [credentials.client.proof.is === 'secret' ? credentials.client.proof.secret : credentials.client.proof.password]
    case 'bearer':
      return [credentials.token]
  }
}

/** The signature of a query as it is, and as it was encoded. */
function signatures(query: string): string[] {
  const sig = new URLSearchParams(query).get('sig') ?? ''
  return [sig, encodeURIComponent(sig)]
}
