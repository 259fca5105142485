import { during, StepError } from '../../engine/outcome.ts'
import type { Run } from '../../engine/reconciler.ts'
import { brokenRule, type BucketObject } from '../../kinds/bucket.ts'
import type { KubeObject } from '../../kinds/manifest.ts'
import { messageOf } from '../../lib/coded-error.ts'
import type { Cloud } from '../../world/auth/provider.ts'
import type { BucketPlace, Credentials, ObjectStore } from '../../world/objects/objects.ts'
import type { Hands } from '../../world/world.ts'
import { cloudIn } from '../../kinds/cloud.ts'
import { signedIn } from '../cloud-reconciler.ts'
import { SourceProblem } from '../problem.ts'
import { type Nearby, secretOf } from '../../engine/nearby.ts'
import { gateClosed } from '../../engine/workload-identity.ts'
import { proxyOf } from '../../kinds/secret.ts'
import { bucketTls, credentialsOf, ldapUser } from './access.ts'

type Spec = BucketObject['spec']
const authenticationFailed = 'AuthenticationFailed'

export interface Step {
  readonly hands: Pick<Hands, 'auth' | 'clock' | 'cluster' | 'objects'>
  readonly run: Pick<Run, 'signal' | 'settings'>
}

/**
 * The bucket of an object, with what signs in to it.
 * @throws {StepError} AuthenticationFailed for Secrets and clouds, ClientError for what no client can be made of; InvalidSTSConfiguration,
 *   InvalidSpec, URLInvalid and FeatureGateDisabled, which no retry can help. Spec: sources 8, 9.
 */
export async function storeOf(bucket: BucketObject, step: Step): Promise<ObjectStore> {
  checkSpec(bucket.spec, step.run.settings)
  const place = await during(authenticationFailed, placeOf(bucket, step))
  try {
    return await step.hands.objects.open(place, step.run.signal)
  } catch (cause) {
    step.run.signal.throwIfAborted()
    throw new StepError('ClientError', `${failing(place, bucket.spec)}${messageOf(cause)}`, { cause })
  }
}

/** What Flux says before the words of a client that cannot be made of a Secret. */
function failing({ credentials: { is } }: BucketPlace, { secretRef }: Spec): string {
  const kind = is === 'accountKey' ? 'shared' : is === 'entra' ? 'token' : undefined
  return kind ? `failed to create ${kind} credential from '${secretRef?.name ?? ''}' Secret${kind === 'shared' ? ' data' : ''}: ` : ''
}

/** What the API server refuses where it judges rules, and what no client can be made of. */
function checkSpec(spec: Spec, { objectLevelWorkloadIdentity: allowed }: Run['settings']): void {
  const broken = brokenRule(spec)
  const stalls = (reason: string, message: string): SourceProblem =>
    new SourceProblem(reason, message, { condition: 'FetchFailed', stalls: true })
  if (broken) throw stalls(broken.field === 'sts' ? 'InvalidSTSConfiguration' : 'InvalidSpec', broken.message)
  if (spec.sts && !URL.canParse(spec.sts.endpoint))
    throw stalls('URLInvalid', `failed to parse STS endpoint '${spec.sts.endpoint}': it is no URL`)
  if (spec.serviceAccountName && !allowed) throw stalls('FeatureGateDisabled', gateClosed('spec.serviceAccountName', 'provider'))
}

async function placeOf(object: BucketObject, step: Step): Promise<BucketPlace> {
  const { metadata, spec } = object
  const { provider = 'generic', bucketName: bucket, endpoint, region, insecure } = spec
  const nearby = { namespace: metadata.namespace, cluster: step.hands.cluster, signal: step.run.signal }
  const secret = await named(spec.secretRef, nearby)
  const proxySecret = await named(spec.proxySecretRef, nearby)
  const proxy = proxySecret && proxyOf(proxySecret)
  const own = credentialsOf(spec, secret)
  const isS3 = provider === 'generic' || provider === 'aws'
  const certSecret = isS3 ? await named(spec.certSecretRef, nearby) : undefined
  const tls = certSecret && !insecure ? inWords('failed to create TLS config', () => bucketTls(certSecret)) : undefined
  const cloud = cloudIn(provider)
  const isOurs = own === undefined || own.is === 'managed' || own.is === 'ambient'
  const azures = {
    managedClientId: own?.is === 'managed' ? own.clientId : undefined,
    authorityHost: own?.is === 'ambient' ? own.authorityHost : undefined,
  }
  const ambient = () => (cloud ? identityOf(cloud, { object, proxy, azures }, step) : ldapOr(spec, nearby))
  const credentials = isOurs ? await ambient() : own
  return {
    provider,
    bucket,
    endpoint,
    ...(region ? { region } : {}),
    ...(insecure ? { insecure } : {}),
    ...(tls ? { tls } : {}),
    ...(proxy ? { proxy } : {}),
    credentials,
  }
}

interface Ambient {
  readonly object: BucketObject
  readonly proxy: string | undefined
  readonly azures: { readonly managedClientId: string | undefined; readonly authorityHost: string | undefined }
}

/** A bucket of a cloud without keys is signed in to as the cloud knows this process, its machine's managed identity, or the service account. */
async function identityOf(cloud: Cloud, { object, proxy, azures }: Ambient, step: Step): Promise<Credentials> {
  const { serviceAccountName, timeout, region, sts } = object.spec
  const wanted = { namespace: object.metadata.namespace, provider: cloud, serviceAccountName, timeout, proxy, asker: object }
  const { auth } = step.hands
  if (cloud !== 'aws') {
    const { token } = await signedIn(wanted, step, who => auth.bucket(cloud, azures, who))
    return { is: 'bearer', token }
  }
  const { accessKeyId, secretAccessKey, sessionToken } = await signedIn(wanted, step, who =>
    auth.bucket(cloud, { region, stsEndpoint: sts?.endpoint }, who),
  )
  return { is: 'keys', keys: { accessKeyId, secretAccessKey, sessionToken } }
}

/** A bucket elsewhere without a Secret is read by the keys that an LDAP user gets, or by nobody's. */
async function ldapOr({ sts }: Spec, nearby: Nearby): Promise<Credentials> {
  if (!sts) return { is: 'anonymous' }
  const user = ldapUser(sts.provider, await named(sts.secretRef, nearby))
  const certSecret = await named(sts.certSecretRef, nearby)
  const tls = certSecret && inWords('failed to get STS TLS config: failed to create TLS config', () => bucketTls(certSecret))
  return { is: 'ldap', endpoint: sts.endpoint, ...user, ...(tls ? { tls } : {}) }
}

async function named(ref: { readonly name: string } | undefined, nearby: Nearby): Promise<KubeObject | undefined> {
  if (!ref) return undefined
  try {
    return await secretOf(ref.name, nearby)
  } catch (cause) {
    nearby.signal.throwIfAborted()
    throw new Error(`failed to get secret '${nearby.namespace ?? ''}/${ref.name}': ${messageOf(cause)}`, { cause })
  }
}

function inWords<T>(what: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw new Error(`${what}: ${messageOf(cause)}`, { cause })
  }
}
