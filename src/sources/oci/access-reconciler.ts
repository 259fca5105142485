import type { EventDraft } from '../../engine/events.ts'
import { StepError } from '../../engine/outcome.ts'
import type { Run } from '../../engine/reconciler.ts'
import type { KubeObject } from '../../kinds/manifest.ts'
import type { OCIRepositoryObject } from '../../kinds/oci-repository.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { listAt, stringAt } from '../../lib/json.ts'
import type { Access, Credentials } from '../../world/registry/registry.ts'
import type { Hands } from '../../world/world.ts'
import { cloudIn } from '../../kinds/cloud.ts'
import { signedIn } from '../cloud-reconciler.ts'
import { accountOf, type Nearby, secretOf } from '../../engine/nearby.ts'
import { proxyOf, type TlsMaterial, tlsOf } from '../../kinds/secret.ts'
import { dockerConfigs } from '../../kinds/docker-config.ts'

interface Step {
  readonly hands: Pick<Hands, 'auth' | 'clock' | 'cluster'>
  readonly run: Pick<Run, 'signal' | 'settings'>
  /** Where to tell of a pull secret that is not there. */
  readonly tell?: ((event: EventDraft) => Promise<void>) | undefined
}

const authenticationFailed = 'AuthenticationFailed'

/**
 * How an object reaches its registry: pull secrets, proxy, certificates.
 * @throws {StepError} AuthenticationFailed; FeatureGateDisabled for a provider that would sign in as a service account. Spec: sources 3.2, 3.5, 3.7.
 */
export async function accessOf(repository: OCIRepositoryObject, step: Step): Promise<Access> {
  const { metadata, spec } = repository
  const { hands, run, tell } = step
  const nearby = { namespace: metadata.namespace, cluster: hands.cluster, signal: run.signal }
  const documents = await during('failed to get credential', () => pullSecrets(spec, { nearby, tell }))
  const proxy = await during('failed to get proxy address', async () =>
    spec.proxySecretRef?.name ? proxyOf(await secretOf(spec.proxySecretRef.name, nearby)) : undefined,
  )
  const credentials = await credentialsOf(repository, { documents, proxy }, step)
  const tls = await during(`failed to generate transport for '${spec.url}'`, async (): Promise<TlsMaterial | undefined> =>
    spec.certSecretRef?.name ? tlsOf(await secretOf(spec.certSecretRef.name, nearby)) : undefined,
  )
  return {
    credentials,
    ...(spec.insecure ? { insecure: true } : {}),
    ...(tls ? { tls } : {}),
    ...(proxy ? { proxy } : {}),
  }
}

/** Without pull secrets the provider is asked; with any, even of no use, it is not. */
async function credentialsOf(
  repository: OCIRepositoryObject,
  { documents, proxy }: { documents: readonly string[] | undefined; proxy: string | undefined },
  step: Step,
): Promise<Credentials> {
  const { metadata, spec } = repository
  if (documents) return { type: 'dockerConfigs', documents }
  const provider = cloudIn(spec.provider)
  if (!provider) return { type: 'anonymous' }
  const { serviceAccountName, timeout } = spec
  const wanted = { namespace: metadata.namespace, provider, serviceAccountName, timeout, proxy, asker: repository }
  const { username, password } = await signedIn(wanted, step, who =>
    step.hands.auth.registry(provider, spec.url.replace(/^oci:\/\//, ''), who),
  )
  return { type: 'basic', username, password }
}

interface Search {
  readonly nearby: Nearby
  readonly tell: Step['tell']
}

/** `undefined` without any pull secret: then the request is anonymous. */
async function pullSecrets({ secretRef, serviceAccountName }: OCIRepositoryObject['spec'], search: Search): Promise<string[] | undefined> {
  const account = serviceAccountName ? await accountOf(serviceAccountName, search.nearby) : undefined
  const fromAccount = listAt(account, 'imagePullSecrets').map(s => stringAt(s, 'name') ?? '')
  const names = [...new Set([...(secretRef ? [secretRef.name] : []), ...fromAccount])].toSorted()
  if (names.length === 0) return undefined
  const secrets: KubeObject[] = []
  for (const name of names) secrets.push(await pullSecretOf(name, search))
  return dockerConfigs(secrets)
}

async function pullSecretOf(name: string, { nearby, tell }: Search): Promise<KubeObject> {
  try {
    return await secretOf(name, nearby)
  } catch (thrown) {
    nearby.signal.throwIfAborted()
    await tell?.({ severity: 'trace', reason: authenticationFailed, message: `auth secret '${name}' not found` })
    throw thrown
  }
}

async function during<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    throw new StepError(authenticationFailed, `${what}: ${messageOf(thrown)}`, { cause: thrown })
  }
}
