import { StepError } from '../../engine/outcome.ts'
import type { Run } from '../../engine/reconciler.ts'
import type { KubeObject } from '../../kinds/manifest.ts'
import type { OCIRepositoryObject } from '../../kinds/oci-repository.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { listAt, stringAt } from '../../lib/json.ts'
import type { Hands } from '../../world/world.ts'
import type { Access } from '../../world/registry/registry.ts'
import { dockerConfigs, proxyOf, type TlsMaterial, tlsOf } from './access.ts'

interface Step {
  readonly hands: Pick<Hands, 'cluster'>
  readonly run: Pick<Run, 'signal'>
}

/** How an object reaches its registry: pull secrets, proxy, certificates. @throws {StepError} AuthenticationFailed, in Flux's words. Spec: sources 3.5, 3.7. */
export async function accessOf(repository: OCIRepositoryObject, step: Step): Promise<Access> {
  const { spec } = repository
  const documents = await during('failed to get credential', () => pullSecrets(repository, step))
  const proxy = await during('failed to get proxy address', async () =>
    spec.proxySecretRef ? proxyOf(await required('proxy', spec.proxySecretRef.name, { repository, step })) : undefined,
  )
  const tls = await during(`failed to generate transport for '${spec.url}'`, async (): Promise<TlsMaterial | undefined> =>
    spec.certSecretRef ? tlsOf(await required('certificate', spec.certSecretRef.name, { repository, step })) : undefined,
  )
  return {
    credentials: documents ? { type: 'dockerConfigs', documents } : { type: 'anonymous' },
    ...(spec.insecure ? { insecure: true } : {}),
    ...(tls ? { tls } : {}),
    ...(proxy ? { proxy } : {}),
  }
}

/** `undefined` without any pull secret: then the request is anonymous. */
async function pullSecrets(repository: OCIRepositoryObject, step: Step): Promise<string[] | undefined> {
  const { spec } = repository
  const fromAccount = spec.serviceAccountName
    ? listAt(await accountOf(spec.serviceAccountName, { repository, step }), 'imagePullSecrets').map(s => stringAt(s, 'name') ?? '')
    : []
  const names = [...new Set([...(spec.secretRef ? [spec.secretRef.name] : []), ...fromAccount])].toSorted()
  if (names.length === 0) return undefined
  return dockerConfigs(await Promise.all(names.map(name => required('auth', name, { repository, step }))))
}

async function accountOf(name: string, { repository, step }: { repository: OCIRepositoryObject; step: Step }): Promise<KubeObject> {
  const found = await step.hands.cluster.get(
    { group: '', version: 'v1', kind: 'ServiceAccount', name, namespace: repository.metadata.namespace },
    step.run.signal,
  )
  if (!found) throw new Error(`serviceaccounts "${name}" not found`)
  return found
}

async function required(
  what: string,
  name: string,
  { repository, step }: { repository: OCIRepositoryObject; step: Step },
): Promise<KubeObject> {
  const { namespace } = repository.metadata
  const found = await step.hands.cluster.get({ group: '', version: 'v1', kind: 'Secret', name, namespace }, step.run.signal)
  if (!found) throw new Error(`${what} secret '${namespace ?? ''}/${name}' not found`)
  return found
}

async function during<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    throw new StepError('AuthenticationFailed', `${what}: ${messageOf(thrown)}`, { cause: thrown })
  }
}
