import type { Run } from '../engine/reconciler.ts'
import type { KustomizationObject } from '../kinds/kustomization.ts'
import type { KubeObject, ObjectRef } from '../kinds/manifest.ts'
import { CodedError, messageOf } from '../lib/coded-error.ts'
import type { Who } from '../world/auth/provider.ts'
import type { Hands } from '../world/world.ts'
import { accountOf, describedIn, elsewhere, IdentityError, kubeconfigIn, userOf } from './identity.ts'

export type TargetHands = Pick<Hands, 'cluster' | 'remotes' | 'auth'>
type Task = Pick<Run, 'settings' | 'signal'>

/**
 * The cluster that an object's manifests go to, as the service account that it names: all that is built is read, written and deleted through it,
 * and nothing else is. What describes it is read with this process' own rights.
 * @throws {IdentityError} with Flux's words. Spec: kustomization 11.
 */
export async function targetOf(ks: KustomizationObject, hands: TargetHands, run: Task): Promise<Hands['cluster']> {
  const cluster = await clusterOf(ks, hands, run)
  const account = accountOf(ks, run.settings)
  return account ? cluster.as(userOf(account)) : cluster
}

async function clusterOf(ks: KustomizationObject, hands: TargetHands, run: Task): Promise<Hands['cluster']> {
  if (!ks.spec.kubeConfig) return hands.cluster
  try {
    return await (ks.spec.kubeConfig.secretRef ? bySecret(ks, hands, run) : byConfigMap(ks, hands, run))
  } catch (thrown) {
    run.signal.throwIfAborted()
    throw thrown instanceof IdentityError ? thrown : new IdentityError(messageOf(thrown), { cause: thrown })
  }
}

async function bySecret(ks: KustomizationObject, { cluster, remotes }: TargetHands, { settings, signal }: Task): Promise<Hands['cluster']> {
  const { name = '', key } = ks.spec.kubeConfig?.secretRef ?? {}
  const ref = { group: '', version: 'v1', kind: 'Secret', namespace: ks.metadata.namespace, name }
  const failed = (why: string): string => `unable to read KubeConfig secret '${ref.namespace ?? ''}/${name}' error: ${why}`
  const secret = await found(ref, { cluster, signal, failed })
  const at = { name: elsewhere(ks) ?? '', exec: settings.insecureKubeconfigExec, insecureTls: settings.insecureKubeconfigTls }
  return remotes.ofKubeconfig(kubeconfigIn(secret, key), at)
}

async function byConfigMap(ks: KustomizationObject, hands: TargetHands, { settings, signal }: Task): Promise<Hands['cluster']> {
  const { cluster, remotes, auth } = hands
  const namespace = ks.metadata.namespace ?? ''
  const ref = { group: '', version: 'v1', kind: 'ConfigMap', namespace, name: ks.spec.kubeConfig?.configMapRef?.name ?? '' }
  const map = await found(ref, { cluster, signal, failed: why => `failed to get configmap ${namespace}/${ref.name}: ${why}` })
  const { account: name, ...described } = describedIn(map, settings)
  const account = name ? { cluster, namespace, name, allowed: settings.objectLevelWorkloadIdentity } : undefined
  const enter = (who: Pick<Who, 'asker' | 'signal'>): ReturnType<typeof auth.cluster> =>
    auth.cluster({ ...described, issuer: cluster }, { serviceAccount: account, ...who })
  const { server, ca } = await enter({ asker: { object: ks, operation: 'fetch_kubeconfig' }, signal })
  const identity = JSON.stringify([cluster.server, described, name])
  return remotes.withTokens({ name: elsewhere(ks) ?? '', server, ca, identity }, async own => (await enter({ signal: own })).token)
}

async function found(
  ref: ObjectRef & { readonly namespace?: string | undefined },
  { cluster, signal, failed }: Pick<TargetHands, 'cluster'> & { signal: AbortSignal; failed(why: string): string },
): Promise<KubeObject> {
  const object = await cluster.get(ref, signal).catch((thrown: unknown) => {
    throw thrown instanceof CodedError ? new IdentityError(failed(thrown.message), { cause: thrown }) : thrown
  })
  if (object) return object
  throw new IdentityError(failed(`${ref.kind.toLowerCase()}s "${ref.name}" not found`))
}
