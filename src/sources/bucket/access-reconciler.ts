import { during, StepError } from '../../engine/outcome.ts'
import { brokenRule, type BucketObject } from '../../kinds/bucket.ts'
import type { KubeObject } from '../../kinds/manifest.ts'
import { messageOf } from '../../lib/coded-error.ts'
import type { BucketPlace, Credentials, ObjectStore } from '../../world/objects/objects.ts'
import type { Hands } from '../../world/world.ts'
import { SourceProblem } from '../problem.ts'
import { type Nearby, secretOf } from '../secret-reconciler.ts'
import { proxyOf } from '../secrets.ts'
import { bucketTls, credentialsOf, ldapUser } from './access.ts'

type Spec = BucketObject['spec']
const authenticationFailed = 'AuthenticationFailed'

/**
 * The bucket of an object, with what signs in to it.
 * @throws {StepError} AuthenticationFailed for Secrets, ClientError for what no client can be made of; InvalidSTSConfiguration, InvalidSpec,
 *   URLInvalid and FeatureGateDisabled, which no retry can help. Spec: sources 8.
 */
export async function storeOf(
  { metadata, spec }: BucketObject,
  { hands, signal }: { hands: Pick<Hands, 'cluster' | 'objects'>; signal: AbortSignal },
): Promise<ObjectStore> {
  checkSpec(spec)
  const nearby = { namespace: metadata.namespace, cluster: hands.cluster, signal }
  const place = await during(authenticationFailed, placeOf(spec, nearby))
  try {
    return hands.objects.open(place)
  } catch (cause) {
    const prefix =
      place.credentials.is === 'accountKey' ? `failed to create shared credential from '${spec.secretRef?.name ?? ''}' Secret data: ` : ''
    throw new StepError('ClientError', `${prefix}${messageOf(cause)}`, { cause })
  }
}

/** What the API server refuses where it judges rules, and what no client can be made of. */
function checkSpec(spec: Spec): void {
  const broken = brokenRule(spec)
  const stalls = (reason: string, message: string): SourceProblem =>
    new SourceProblem(reason, message, { condition: 'FetchFailed', stalls: true })
  if (broken) throw stalls(broken.field === 'sts' ? 'InvalidSTSConfiguration' : 'InvalidSpec', broken.message)
  if (spec.sts && !URL.canParse(spec.sts.endpoint))
    throw stalls('URLInvalid', `failed to parse STS endpoint '${spec.sts.endpoint}': it is no URL`)
  if (!spec.serviceAccountName) return
  throw stalls(
    'FeatureGateDisabled',
    'to use spec.serviceAccountName for provider authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller',
  )
}

async function placeOf(spec: Spec, nearby: Nearby): Promise<BucketPlace> {
  const { provider = 'generic', bucketName: bucket, endpoint, region, insecure } = spec
  const secret = await named(spec.secretRef, nearby)
  const proxySecret = await named(spec.proxySecretRef, nearby)
  const proxy = proxySecret && proxyOf(proxySecret)
  const own = credentialsOf(spec, secret)
  const isS3 = provider === 'generic' || provider === 'aws'
  const certSecret = isS3 ? await named(spec.certSecretRef, nearby) : undefined
  const tls = certSecret && !insecure ? inWords('failed to create TLS config', () => bucketTls(certSecret)) : undefined
  if (own?.is === 'managed' || (own === undefined && provider !== 'generic')) throw unsupported(spec)
  const credentials = own ?? (await ambient(spec, nearby))
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

function unsupported({ provider = 'generic' }: Spec): SourceProblem {
  const message = `spec.provider '${provider}' without keys in a Secret is not supported by this engine: use a Secret, or let Flux's controller handle this object`
  return new SourceProblem('Unsupported', message, { stalls: true })
}

/** How a bucket without a Secret is signed in to. */
async function ambient({ provider = 'generic', sts }: Spec, nearby: Nearby): Promise<Credentials> {
  if (provider !== 'generic' || !sts) return { is: 'anonymous' }
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
