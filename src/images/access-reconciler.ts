import { accountOf, secretOf } from '../engine/nearby.ts'
import type { Run } from '../engine/reconciler.ts'
import { gateClosed, whoOf } from '../engine/workload-identity.ts'
import { cloudIn } from '../kinds/cloud.ts'
import { dockerConfigs } from '../kinds/docker-config.ts'
import type { ImageRepositoryObject } from '../kinds/image-repository.ts'
import type { KubeObject } from '../kinds/manifest.ts'
import { proxyOf, tlsOf } from '../kinds/secret.ts'
import { messageOf } from '../lib/coded-error.ts'
import { withDeadline } from '../lib/deadline.ts'
import { durationMs } from '../lib/duration.ts'
import { listAt, stringAt } from '../lib/json.ts'
import type { Access, Credentials } from '../world/registry/registry.ts'
import type { Hands } from '../world/world.ts'
import { repositoryOf } from './image.ts'
import { dockerConfigOf } from './pull-secret.ts'

export type AccessHands = Pick<Hands, 'auth' | 'clock' | 'cluster'>
export interface Asking {
  readonly hands: AccessHands
  readonly run: Pick<Run, 'signal' | 'settings'>
  /** The object whose pass it is; absent: none is. */
  readonly asker?: KubeObject | undefined
}

const leastTimeoutMs = 1000

/** How long a scan, a sign-in or a look-up may take: the timeout, else the interval, and at least a second. Spec: image-helm-notification A.1.1. */
export function timeoutOf({ spec }: ImageRepositoryObject): number {
  return Math.max(leastTimeoutMs, durationMs(spec.timeout ?? spec.interval))
}

/** How an ImageRepository reaches its registry. Throws Flux's texts. Spec: image-helm-notification A.1.4. */
export async function accessOf(repository: ImageRepositoryObject, asking: Asking): Promise<Access> {
  const { hands, run } = asking
  const deadline = { clock: hands.clock, ms: timeoutOf(repository), what: 'signing in', signal: run.signal }
  try {
    return await withDeadline(deadline, signal => accessIn(repository, { ...asking, run: { ...run, signal } }))
  } catch (cause) {
    run.signal.throwIfAborted()
    throw new Error(`failed to configure authentication options: ${messageOf(cause)}`, { cause })
  }
}

async function accessIn(repository: ImageRepositoryObject, asking: Asking): Promise<Access> {
  const { spec, metadata } = repository
  const nearby = { namespace: metadata.namespace, cluster: asking.hands.cluster, signal: asking.run.signal }
  const proxy = spec.proxySecretRef?.name ? proxyOf(await secretOf(spec.proxySecretRef.name, nearby)) : undefined
  const credentials = await credentialsOf(repository, { proxy, asking, nearby })
  const tls = spec.certSecretRef ? tlsOf(await secretOf(spec.certSecretRef.name, nearby)) : undefined
  return {
    credentials: credentials ?? (await accountCredentials(spec.serviceAccountName, nearby)),
    ...(spec.insecure ? { insecure: true } : {}),
    ...(tls ? { tls } : {}),
    ...(proxy ? { proxy } : {}),
  }
}

type Nearby = Parameters<typeof secretOf>[1]

/** Of the Secret, else of the cloud; `undefined` for neither. */
async function credentialsOf(
  { spec, metadata }: ImageRepositoryObject,
  { proxy, asking, nearby }: { proxy: string | undefined; asking: Asking; nearby: Nearby },
): Promise<Credentials | undefined> {
  const { hands, run, asker } = asking
  if (spec.secretRef) {
    const secret = await secretOf(spec.secretRef.name, nearby)
    return { type: 'dockerConfigs', documents: [dockerConfigOf(secret, repositoryOf(spec.image).registry)] }
  }
  const cloud = cloudIn(spec.provider)
  if (!cloud) return undefined
  const identity = { namespace: metadata.namespace, serviceAccountName: spec.serviceAccountName, proxy, asker }
  const who = whoOf(identity, { cluster: hands.cluster, run })
  const { username, password } = await hands.auth.registry(cloud, spec.image, who)
  return { type: 'basic', username, password }
}

async function accountCredentials(name: string | undefined, nearby: Nearby): Promise<Credentials> {
  const names = name ? listAt(await accountOf(name, nearby), 'imagePullSecrets').map(secret => stringAt(secret, 'name') ?? '') : []
  const secrets: KubeObject[] = []
  for (const secret of names) secrets.push(await secretOf(secret, nearby))
  return secrets.length > 0 ? { type: 'dockerConfigs', documents: dockerConfigs(secrets) } : { type: 'anonymous' }
}

/** Why a repository may not sign in as its service account names; `undefined` when it may. Spec: image-helm-notification A.1.3 step 3. */
export function gateProblem(
  { spec }: ImageRepositoryObject,
  { settings }: Pick<Run, 'settings'>,
  where: '' | ' in the ImageRepository',
): string | undefined {
  return cloudIn(spec.provider) && spec.serviceAccountName && !settings.objectLevelWorkloadIdentity
    ? gateClosed(`spec.serviceAccountName${where}`, 'provider')
    : undefined
}
