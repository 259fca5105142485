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

/** Whether an object's manifests go to this process' cluster with its own rights. */
export function isOwn(ks: KustomizationObject, settings: Pick<Settings, 'defaultServiceAccount'>): boolean {
  return ks.spec.kubeConfig === undefined && accountOf(ks, settings) === undefined
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

/** Another cluster as a ConfigMap describes it. */
export interface Described {
  readonly provider: 'aws' | 'azure' | 'gcp' | 'generic'
  readonly cluster?: string | undefined
  readonly address?: string | undefined
  readonly ca?: string | undefined
  readonly audiences: readonly string[]
  /** Who signs in. */
  readonly account?: string | undefined
}

const providers = ['aws', 'azure', 'gcp', 'generic'] as const

/** What a ConfigMap says of another cluster; without an account it is the default one. @throws {IdentityError} Of Flux 2.7. */
export function describedIn(
  map: KubeObject,
  { defaultKubeconfigServiceAccount }: Pick<Settings, 'defaultKubeconfigServiceAccount'>,
): Described {
  const text = (key: string): string | undefined => stringAt(map, 'data', key) || undefined
  const named = text('provider') ?? ''
  const provider = providers.find(p => p === named)
  if (!provider) throw new IdentityError(`provider '${named}' not supported: it is one of ${providers.join(', ')}`)
  const audiences = (text('audiences') ?? '').split('\n').map(line => line.trim())
  return {
    provider,
    cluster: text('cluster'),
    address: text('address'),
    ca: text('ca.crt'),
    audiences: audiences.filter(Boolean),
    account: text('serviceAccountName') ?? defaultKubeconfigServiceAccount,
  }
}

/** Names the cluster that an object's manifests go to, by what describes it. `undefined` for its own cluster. */
export function elsewhere(object: KubeObject): string | undefined {
  const { namespace = '' } = object.metadata
  const [secret, map] = ['secretRef', 'configMapRef'].map(ref => stringAt(object, 'spec', 'kubeConfig', ref, 'name'))
  const key = stringAt(object, 'spec', 'kubeConfig', 'secretRef', 'key')
  if (secret) return `Secret/${namespace}/${secret}${key ? `#${key}` : ''}`
  return map && `ConfigMap/${namespace}/${map}`
}
