import { createCipheriv, createHash, randomBytes } from 'node:crypto'
import { armor, Encrypter } from 'age-encryption'
import { isObject, type Json, type JsonObject } from '../../src/lib/json.ts'
import { printAll } from '../../src/lib/yaml.ts'

/** A key of age: its private part, and what is encrypted for it. */
export interface AgePair {
  readonly identity: string
  readonly recipient: string
}

/** Keys of age for tests; nothing is encrypted with them elsewhere. */
export const [alice, bob]: [AgePair, AgePair] = [
  {
    identity: 'AGE-SECRET-KEY-1FLQFXNXMAZ8ENPJ9AC79GA8657FYZDR9KESRST9ASDDGGPM7W7YS864207',
    recipient: 'age1a077vlnu40w8l5pfm4800uf9wrw88fp52spav3n55l3usrz5ypcqesxl4u',
  },
  {
    identity: 'AGE-SECRET-KEY-1M7876RH59PZUCJ7EP6JYVNDTF5DEL46P675A5A22N8XX07AFWQNQ0GRURT',
    recipient: 'age15xgl6jre0n3erg6f4hmc5lgs4fcl9j0ah2k2p8y6skshqz7e7ecqpa55qv',
  },
]

/** A key of age that holds against quantum computers. */
export const hybridIdentity = 'AGE-SECRET-KEY-PQ-1YZYMCJR473NF9Y6JC0P5GZX2GWA4T49QC37SQ62P07HYJLZ3VRJS6TXGAA'

export interface Seal {
  /** Groups of recipients of age; several groups share the data key. */
  readonly groups: readonly (readonly string[])[]
  readonly dataKey?: Uint8Array
  /** A share for each group. */
  readonly shares?: readonly Uint8Array[]
  readonly metadata?: JsonObject
  /** Whether a value is encrypted; absent: all are. */
  readonly sealed?: (path: readonly string[]) => boolean
}

export async function ageEncrypted(bytes: Uint8Array, recipient: string): Promise<string> {
  const encrypter = new Encrypter()
  encrypter.addRecipient(recipient)
  return armor.encode(await encrypter.encrypt(bytes))
}

/** One value as SOPS writes it. */
export function sealedValue(value: string | number | boolean, key: Uint8Array, about: string, iv: Uint8Array = randomBytes(32)): string {
  const [type, text] =
    typeof value === 'boolean'
      ? ['bool', value ? 'True' : 'False']
      : typeof value === 'number'
        ? [Number.isInteger(value) ? 'int' : 'float', String(value)]
        : ['str', value]
  if (text === '') return ''
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: 16 })
  cipher.setAAD(Buffer.from(about))
  const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]).toString('base64')
  return `ENC[AES256_GCM,data:${data},iv:${Buffer.from(iv).toString('base64')},tag:${cipher.getAuthTag().toString('base64')},type:${type}]`
}

const lastmodified = '2026-01-01T00:00:00Z'

/** A document with its values encrypted and the metadata of SOPS. */
export async function seal(
  document: JsonObject,
  { groups, dataKey = randomBytes(32), shares, metadata = {}, sealed = all }: Seal,
): Promise<JsonObject> {
  const hash = createHash('sha512')
  const walk = (value: Json, path: readonly string[]): Json => {
    if (Array.isArray(value)) return value.map(item => walk(item, path))
    if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, walk(v ?? null, [...path, k])]))
    if (value === null) return null
    hash.update(typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value))
    return sealed(path) ? sealedValue(value, dataKey, `${path.join(':')}:`) : value
  }
  const body = walk(document, []) as JsonObject
  const mac = sealedValue(hash.digest('hex').toUpperCase(), dataKey, lastmodified)
  const keys = await Promise.all(
    groups.map((group, i) =>
      Promise.all(group.map(async recipient => ({ recipient, enc: await ageEncrypted(shares?.[i] ?? dataKey, recipient) }))),
    ),
  )
  const named = shares ? { key_groups: keys.map(age => ({ age })) } : { age: keys.flat() }
  return { ...body, sops: { ...named, lastmodified, mac, version: '3.13.3', ...metadata } }
}

function all(): boolean {
  return true
}

/** A sealed document as SOPS writes it in a format. */
export function written(document: JsonObject, format: 'yaml' | 'json' | 'env' | 'ini'): string {
  const { sops, ...rest } = document
  const about = flat(sops ?? null, '').map(([key, value]) => [key, value.replaceAll('\n', '\\n')] as const)
  switch (format) {
    case 'yaml':
      return printAll([document])
    case 'json':
      return `${JSON.stringify(document, undefined, '\t')}\n`
    case 'env':
      return [...Object.entries(rest), ...about.map(([key, value]) => [`sops_${key}`, value])]
        .map(([key, value]) => `${String(key)}=${String(value)}\n`)
        .join('')
    case 'ini':
      return [...Object.entries(rest), ['sops', Object.fromEntries(about)] as const]
        .map(
          ([name, section]) =>
            `[${name}]\n${Object.entries(section as JsonObject)
              .map(([key, value]) => `${key} = ${String(value)}\n`)
              .join('')}`,
        )
        .join('\n')
  }
}

function flat(value: Json, path: string): [string, string][] {
  if (Array.isArray(value)) return value.flatMap((item, i) => flat(item, `${path}__list_${i}`))
  if (isObject(value)) return Object.entries(value).flatMap(([key, item]) => flat(item ?? null, path === '' ? key : `${path}__map_${key}`))
  return [[path, String(value)]]
}
