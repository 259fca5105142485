import type { Run } from '../engine/reconciler.ts'
import type { KustomizationObject } from '../kinds/kustomization.ts'
import { CodedError, messageOf } from '../lib/coded-error.ts'
import type { Hands } from '../world/world.ts'
import { accountOf, elsewhere, IdentityError, kubeconfigIn, userOf } from './identity.ts'

export type TargetHands = Pick<Hands, 'cluster' | 'remotes'>

/**
 * The cluster that an object's manifests go to, as the service account that it names: all that is built is read, written and deleted through it,
 * and nothing else is. The kubeconfig is read with this process' own rights.
 * @throws {IdentityError} with Flux's words. Spec: kustomization 11.
 */
export async function targetOf(
  ks: KustomizationObject,
  hands: TargetHands,
  run: Pick<Run, 'settings' | 'signal'>,
): Promise<Hands['cluster']> {
  const cluster = ks.spec.kubeConfig ? await remoteOf(ks, hands, run) : hands.cluster
  const account = accountOf(ks, run.settings)
  return account ? cluster.as(userOf(account)) : cluster
}

async function remoteOf(
  ks: KustomizationObject,
  { cluster, remotes }: TargetHands,
  { settings, signal }: Pick<Run, 'settings' | 'signal'>,
): Promise<Hands['cluster']> {
  const { name = '', key } = ks.spec.kubeConfig?.secretRef ?? {}
  const { namespace = '' } = ks.metadata
  const unread = (why: string, cause?: unknown): IdentityError =>
    new IdentityError(`unable to read KubeConfig secret '${namespace}/${name}' error: ${why}`, { cause })
  const secret = await cluster.get({ group: '', version: 'v1', kind: 'Secret', namespace, name }, signal).catch((thrown: unknown) => {
    throw thrown instanceof CodedError ? unread(thrown.message, thrown) : thrown
  })
  if (!secret) throw unread(`secrets "${name}" not found`)
  const at = { name: elsewhere(ks) ?? '', exec: settings.insecureKubeconfigExec, insecureTls: settings.insecureKubeconfigTls }
  try {
    return remotes.ofKubeconfig(kubeconfigIn(secret, key), at)
  } catch (thrown) {
    throw thrown instanceof IdentityError ? thrown : new IdentityError(messageOf(thrown), { cause: thrown })
  }
}
