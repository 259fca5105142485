import type { KubeObject } from '../kinds/manifest.ts'
import { secretData } from '../kinds/secret.ts'
import { isObject, jsonIn, objectAt, stringAt } from '../lib/json.ts'

/** The docker config of a Secret, cut down to the entry for a registry. Throws Flux's texts. Spec: image-helm-notification A.1.4. */
export function dockerConfigOf(secret: KubeObject, registry: string): string {
  const type = stringAt(secret, 'type') ?? ''
  if (type !== 'kubernetes.io/dockerconfigjson') throw new Error(`unknown secret type ${JSON.stringify(type)}`)
  const { namespace = '', name } = secret.metadata
  const config = jsonIn(secretData(secret)['.dockerconfigjson'] ?? '')
  if (!isObject(config)) throw new Error(`secret ${namespace}/${name} has no JSON object in '.dockerconfigjson'`)
  const entry = Object.entries(objectAt(config, 'auths')).findLast(([key]) => hostOf(key) === registry)?.[1]
  if (!isObject(entry)) throw new Error(`auth for ${JSON.stringify(registry)} not found in secret ${namespace}/${name}`)
  return JSON.stringify({ auths: { [registry]: entry } })
}

/** The host of a key, which may have a scheme and a path. */
function hostOf(key: string): string {
  const authority = key.replace(/^https?:\/\//, '').split(/[/?#]/)[0] ?? ''
  return authority.slice(authority.lastIndexOf('@') + 1)
}
