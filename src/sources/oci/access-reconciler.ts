import type { EventDraft } from '../../engine/events.ts'
import { StepError } from '../../engine/outcome.ts'
import type { Run } from '../../engine/reconciler.ts'
import type { KubeObject } from '../../kinds/manifest.ts'
import type { OCIRepositoryObject } from '../../kinds/oci-repository.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { listAt, stringAt } from '../../lib/json.ts'
import type { Access } from '../../world/registry/registry.ts'
import type { Hands } from '../../world/world.ts'
import { SourceProblem } from '../problem.ts'
import { dockerConfigs, proxyOf, type TlsMaterial, tlsOf } from './access.ts'

interface Step {
  readonly hands: Pick<Hands, 'cluster'>
  readonly run: Pick<Run, 'signal'>
  /** Where to tell of a pull secret that is not there. */
  readonly tell?: ((event: EventDraft) => Promise<void>) | undefined
}

const authenticationFailed = 'AuthenticationFailed'

/**
 * How an object reaches its registry: pull secrets, proxy, certificates.
 * @throws {StepError} AuthenticationFailed; FeatureGateDisabled for a provider that would sign in as a service account. Spec: sources 3.2, 3.5, 3.7.
 */
export async function accessOf(repository: OCIRepositoryObject, step: Step): Promise<Access> {
  const { spec } = repository
  const documents = await during('failed to get credential', () => pullSecrets(repository, step))
  const proxy = await during('failed to get proxy address', async () =>
    spec.proxySecretRef?.name ? proxyOf(await secretOf(spec.proxySecretRef.name, { repository, step })) : undefined,
  )
  if (documents === undefined && (spec.provider ?? 'generic') !== 'generic' && spec.serviceAccountName) throw gateDisabled()
  const tls = await during(`failed to generate transport for '${spec.url}'`, async (): Promise<TlsMaterial | undefined> =>
    spec.certSecretRef?.name ? tlsOf(await secretOf(spec.certSecretRef.name, { repository, step })) : undefined,
  )
  return {
    credentials: documents ? { type: 'dockerConfigs', documents } : { type: 'anonymous' },
    ...(spec.insecure ? { insecure: true } : {}),
    ...(tls ? { tls } : {}),
    ...(proxy ? { proxy } : {}),
  }
}

function gateDisabled(): StepError {
  return new SourceProblem(
    'FeatureGateDisabled',
    'to use spec.serviceAccountName for provider authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller',
    { stalls: true },
  )
}

/** `undefined` without any pull secret: then the request is anonymous. */
async function pullSecrets(repository: OCIRepositoryObject, step: Step): Promise<string[] | undefined> {
  const { secretRef, serviceAccountName } = repository.spec
  const account = serviceAccountName ? await accountOf(serviceAccountName, { repository, step }) : undefined
  const fromAccount = listAt(account, 'imagePullSecrets').map(s => stringAt(s, 'name') ?? '')
  const names = [...new Set([...(secretRef ? [secretRef.name] : []), ...fromAccount])].toSorted()
  if (names.length === 0) return undefined
  const secrets: KubeObject[] = []
  for (const name of names) secrets.push(await pullSecretOf(name, { repository, step }))
  return dockerConfigs(secrets)
}

async function pullSecretOf(name: string, of: { repository: OCIRepositoryObject; step: Step }): Promise<KubeObject> {
  try {
    return await secretOf(name, of)
  } catch (thrown) {
    of.step.run.signal.throwIfAborted()
    await of.step.tell?.({ severity: 'trace', reason: authenticationFailed, message: `auth secret '${name}' not found` })
    throw thrown
  }
}

async function accountOf(name: string, { repository, step }: { repository: OCIRepositoryObject; step: Step }): Promise<KubeObject> {
  const { namespace } = repository.metadata
  const found = await step.hands.cluster.get({ group: '', version: 'v1', kind: 'ServiceAccount', name, namespace }, step.run.signal)
  if (!found) throw new Error(`ServiceAccount "${name}" not found`)
  return found
}

async function secretOf(name: string, { repository, step }: { repository: OCIRepositoryObject; step: Step }): Promise<KubeObject> {
  if (name === '') throw new Error('resource name may not be empty')
  const { namespace } = repository.metadata
  const found = await step.hands.cluster.get({ group: '', version: 'v1', kind: 'Secret', name, namespace }, step.run.signal)
  if (!found) throw new Error(`secrets "${name}" not found`)
  return found
}

async function during<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    throw new StepError(authenticationFailed, `${what}: ${messageOf(thrown)}`, { cause: thrown })
  }
}
