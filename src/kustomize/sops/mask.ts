import type { KubeObject } from '../../kinds/manifest.ts'
import { isObject, type Json, type JsonObject } from '../../lib/json.ts'
import { fromBase64 } from './base64.ts'
import { detected } from './formats.ts'

const mask = '**SOPS**'
const dockerMask = JSON.stringify({ mask })
const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** Whether a value is what {@link maskEncrypted} puts for one: no secret. */
export function isMask(value: string): boolean {
  return value === mask || value === dockerMask
}

/** An object as it is shown where nothing is decrypted: a mask for what is encrypted, and nothing of what SOPS says of it. Spec: kustomization 13. */
export function maskEncrypted(object: KubeObject): KubeObject {
  const { sops, ...rest } = object
  const bare = sops === undefined ? object : (masked(rest) as KubeObject)
  return object.kind === 'Secret' ? { ...bare, ...(isObject(bare.data) ? { data: maskData(bare.data, object) } : {}) } : bare
}

function masked(value: Json): Json {
  if (typeof value === 'string') return value.startsWith('ENC[AES256_GCM,') ? mask : value
  if (Array.isArray(value)) return value.map(masked)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, masked(item ?? null)]))
}

/** Values that are documents of SOPS, and those of a dotenv file that was read as it is. */
function maskData(data: JsonObject, { type }: KubeObject): JsonObject {
  const ofDotenv = Object.hasOwn(data, 'sops_mac')
  const entries = Object.entries(data).filter(([key]) => !ofDotenv || !key.startsWith('sops_'))
  const hidden = base64(type === 'kubernetes.io/dockerconfigjson' ? dockerMask : mask)
  return Object.fromEntries(
    entries.map(([key, value]) => {
      const content = typeof value === 'string' ? fromBase64(value) : undefined
      const isSealed = content && (detected(content) !== undefined || content.toString('latin1').startsWith('ENC[AES256_GCM,'))
      return [key, isSealed || value === mask ? hidden : value]
    }),
  )
}
