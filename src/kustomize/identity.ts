import type { Settings } from '../engine/settings.ts'
import type { KustomizationObject } from '../kinds/kustomization.ts'
import type { KubeObject, ObjectRef } from '../kinds/manifest.ts'
import { CodedError } from '../lib/coded-error.ts'
import { stringAt } from '../lib/json.ts'

/** Where an object's manifests go, or as whom, cannot be had. The text is Flux's. */
export class IdentityError extends CodedError<'NO_KUBECONFIG'> {
  override readonly name = 'IdentityError'
  constructor(message: string, options?: ErrorOptions) {
    super('NO_KUBECONFIG', message, options)
  }
}

/** The service account that an object acts as. `undefined` for this process. Spec: kustomization 11. */
export function accountOf(
  ks: KustomizationObject,
  { defaultServiceAccount }: Pick<Settings, 'defaultServiceAccount'>,
): ObjectRef | undefined {
  const name = ks.spec.serviceAccountName || defaultServiceAccount
  return name ? { group: '', version: 'v1', kind: 'ServiceAccount', namespace: ks.metadata.namespace, name } : undefined
}

/** The user that a service account is. */
export function userOf({ namespace = '', name }: ObjectRef): string {
  return `system:serviceaccount:${namespace}:${name}`
}

/** The kubeconfig in a Secret: of the key that the object names, else of `value`, else of `value.yaml`. @throws {IdentityError} */
export function kubeconfigIn(secret: KubeObject, key: string | undefined): string {
  const { namespace = '', name } = secret.metadata
  const found = (key ? [key] : ['value', 'value.yaml']).map(k => stringAt(secret, 'data', k)).find(data => data !== undefined)
  if (found !== undefined) return Buffer.from(found, 'base64').toString('utf8')
  throw new IdentityError(`KubeConfig secret '${namespace}/${name}' does not contain a '${key || 'value'}' key with a kubeconfig`)
}

/** Names the cluster that an object's manifests go to. `undefined` for its own. */
export function elsewhere({ spec, metadata: { namespace = '' } }: Pick<KustomizationObject, 'spec' | 'metadata'>): string | undefined {
  const { secretRef, configMapRef } = spec.kubeConfig ?? {}
  if (secretRef) return `Secret/${namespace}/${secretRef.name}${secretRef.key ? `#${secretRef.key}` : ''}`
  return configMapRef && `ConfigMap/${namespace}/${configMapRef.name}`
}
