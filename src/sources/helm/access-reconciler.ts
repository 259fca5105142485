import type { Settings } from '../../engine/settings.ts'
import type { HelmRepositoryObject } from '../../kinds/helm-repository.ts'
import type { KubeObject } from '../../kinds/manifest.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { durationMs } from '../../lib/duration.ts'
import type { Access as RegistryAccess } from '../../world/registry/registry.ts'
import type { Hands } from '../../world/world.ts'
import { cloudIn } from '../../kinds/cloud.ts'
import { signedIn } from '../cloud-reconciler.ts'
import { type Nearby, secretOf } from '../../engine/nearby.ts'
import { type TlsMaterial, tlsOf } from '../../kinds/secret.ts'
import { dockerConfigFor, isPullSecret, oldTlsOf, type User, userOf } from './secrets.ts'

/** How a repository is reached. `passCredentials`: hosts that its index names are told the credentials too. */
export interface RepositoryAccess {
  readonly user: User | undefined
  readonly tls: TlsMaterial | undefined
  readonly passCredentials: boolean
  readonly timeoutMs: number
}

interface Step {
  readonly hands: Pick<Hands, 'cluster'>
  readonly signal: AbortSignal
}

interface SigningIn extends Step {
  readonly hands: Pick<Hands, 'auth' | 'clock' | 'cluster'>
  readonly settings: Settings
  /** The object that is reconciled; absent: none is. */
  readonly reconciled?: KubeObject | undefined
}

/** How an HTTP repository is reached. @throws Flux's texts. Spec: sources 6. */
export async function accessOf(repository: HelmRepositoryObject, step: Step): Promise<RepositoryAccess> {
  const { spec } = repository
  const nearby = near(repository, step)
  const tls = await certificates(repository, nearby)
  const secret = await authentication(repository, nearby)
  const user = secret && inWords('failed to configure Helm client', () => userOf(secret))
  return {
    user,
    tls: tls ?? (secret && inWords("failed to construct Helm client's TLS config", () => oldTlsOf(secret))),
    passCredentials: spec.passCredentials === true,
    timeoutMs: timeoutOf(repository),
  }
}

/** Milliseconds that one download may take. */
export function timeoutOf({ spec }: HelmRepositoryObject): number {
  return durationMs(spec.timeout ?? '60s')
}

/** How a registry with charts is reached: with its Secret, else as the provider knows this process. @throws Flux's texts. Spec: sources 6. */
export async function registryAccessOf(
  repository: HelmRepositoryObject,
  { host, ...step }: SigningIn & { readonly host: string },
): Promise<RegistryAccess> {
  const { spec } = repository
  const nearby = near(repository, step)
  const tls = await certificates(repository, nearby)
  const secret = await authentication(repository, nearby)
  const credentials = secret
    ? inWords('failed to configure login options', () => credentialsOf(secret, host))
    : await cloudCredentials(repository, step)
  return { credentials, ...(spec.insecure ? { insecure: true } : {}), ...(tls ? { tls } : {}) }
}

async function cloudCredentials(
  { metadata, spec }: HelmRepositoryObject,
  { hands, signal, settings, reconciled }: SigningIn,
): Promise<RegistryAccess['credentials']> {
  const provider = cloudIn(spec.provider)
  if (!provider) return { type: 'anonymous' }
  const wanted = { namespace: metadata.namespace, provider, timeout: spec.timeout, asker: reconciled }
  const place = spec.url.replace(/^oci:\/\//, '')
  try {
    const { username, password } = await signedIn(wanted, { hands, run: { signal, settings } }, who =>
      hands.auth.registry(provider, place, who),
    )
    return { type: 'basic', username, password }
  } catch (cause) {
    signal.throwIfAborted()
    throw new Error(messageOf(cause).replace(`from ${provider}: `, `from '${provider}': `), { cause })
  }
}

function credentialsOf(secret: KubeObject, host: string): RegistryAccess['credentials'] {
  if (isPullSecret(secret)) return { type: 'dockerConfigs', documents: [dockerConfigFor(secret, host)] }
  const user = userOf(secret)
  return user ? { type: 'basic', ...user } : { type: 'anonymous' }
}

function near({ metadata }: HelmRepositoryObject, { hands, signal }: Step): Nearby {
  return { namespace: metadata.namespace, cluster: hands.cluster, signal }
}

async function certificates({ spec, metadata }: HelmRepositoryObject, nearby: Nearby): Promise<TlsMaterial | undefined> {
  if (!spec.certSecretRef) return undefined
  const secret = await named(
    `failed to get TLS authentication secret '${metadata.namespace ?? ''}/${spec.certSecretRef.name}'`,
    spec.certSecretRef.name,
    nearby,
  )
  const tls = inWords("failed to construct Helm client's TLS config", () => tlsOf(secret))
  return tls.ca || tls.cert ? tls : undefined
}

async function authentication({ spec, metadata }: HelmRepositoryObject, nearby: Nearby): Promise<KubeObject | undefined> {
  if (!spec.secretRef) return undefined
  return named(`failed to get authentication secret '${metadata.namespace ?? ''}/${spec.secretRef.name}'`, spec.secretRef.name, nearby)
}

async function named(what: string, name: string, nearby: Nearby): Promise<KubeObject> {
  try {
    return await secretOf(name, nearby)
  } catch (cause) {
    nearby.signal.throwIfAborted()
    throw new Error(`${what}: ${messageOf(cause)}`, { cause })
  }
}

function inWords<T>(what: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw new Error(`${what}: ${messageOf(cause)}`, { cause })
  }
}
