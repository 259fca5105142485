import type { KubeObject } from './manifest.ts'
import { isObject, type Json, stringAt } from '../lib/json.ts'
import { secretData } from './secret.ts'

/** The docker config documents of pull secrets; other types contribute nothing. Throws text for one that is no JSON object. Spec: sources 3.5. */
export function dockerConfigs(secrets: readonly KubeObject[]): string[] {
  return secrets.flatMap(secret => {
    const data = secretData(secret)
    const type = stringAt(secret, 'type')
    if (type === 'kubernetes.io/dockerconfigjson') return documentIn(secret, '.dockerconfigjson', data) ?? []
    const auths = type === 'kubernetes.io/dockercfg' ? documentIn(secret, '.dockercfg', data) : undefined
    return auths ? `{"auths":${auths}}` : []
  })
}

function documentIn({ metadata }: KubeObject, key: string, data: Readonly<Record<string, string>>): string | undefined {
  const text = data[key]
  if (!text) return undefined
  if (isObject(jsonOf(text))) return text
  throw new Error(`invalid '${metadata.name}' secret data: '${key}' is no JSON object`)
}

function jsonOf(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}
