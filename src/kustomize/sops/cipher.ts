import { isUtf8 } from 'node:buffer'
import { createDecipheriv } from 'node:crypto'
import { fromBase64 } from './base64.ts'
import { malformed, SopsError } from './error.ts'
import { Comment, type Leaf, Time } from './tree.ts'

const begin = 'ENC[AES256_GCM,data:'
const tagBytes = 16

/** What an encrypted value carries. */
interface Sealed {
  readonly data: Buffer
  readonly iv: Buffer
  readonly tag: Buffer
  readonly type: string
}

/**
 * What a value of a SOPS document stands for. An empty text stays one. @param about Additional data: the keys to it, each with a colon.
 * @throws {SopsError} MALFORMED, TAMPERED; no message has the value. Spec: kustomization 6.3.
 */
export function decrypted(text: string, key: Uint8Array, about: string): Leaf | Comment {
  if (text === '') return ''
  const sealed = parse(text)
  return typed(opened(sealed, key, about), sealed.type)
}

/** Each part reaches as far as it can, as the expression of SOPS has it. */
function parse(text: string): Sealed {
  const [line = ''] = text.split('\n', 1)
  const close = line.lastIndexOf(']')
  const typeAt = line.lastIndexOf(',type:', close - 7)
  const tagAt = line.lastIndexOf(',tag:', typeAt - 6)
  const ivAt = line.lastIndexOf(',iv:', tagAt - 5)
  if (!line.startsWith(begin) || Math.min(close - 7, typeAt - 6, tagAt - 5) < 0 || ivAt <= begin.length)
    throw malformed("Input string <redacted> does not match sops' data format")
  return {
    data: part('data', line.slice(begin.length, ivAt)),
    iv: part('iv', line.slice(ivAt + 4, tagAt)),
    tag: part('tag', line.slice(tagAt + 5, typeAt)),
    type: line.slice(typeAt + 6, close),
  }
}

function part(name: string, text: string): Buffer {
  const bytes = fromBase64(text)
  if (!bytes) throw malformed(`Error base64-decoding ${name}: illegal base64 data`)
  return bytes
}

/** The tag is whatever the last 16 bytes of data and tag are. */
function opened({ data, iv, tag }: Sealed, key: Uint8Array, about: string): Buffer {
  const name = ({ 16: 'aes-128-gcm', 24: 'aes-192-gcm', 32: 'aes-256-gcm' } as const)[key.length]
  if (!name) throw new SopsError('NO_KEY', `crypto/aes: invalid key size ${key.length}`)
  const all = Buffer.concat([data, tag])
  try {
    const decipher = createDecipheriv(name, key, iv, { authTagLength: tagBytes })
    decipher.setAAD(Buffer.from(about))
    decipher.setAuthTag(all.subarray(-tagBytes))
    return Buffer.concat([decipher.update(all.subarray(0, -tagBytes)), decipher.final()])
  } catch (cause) {
    throw new SopsError('TAMPERED', 'Could not decrypt with AES_GCM: cipher: message authentication failed', { cause })
  }
}

const bools: Readonly<Record<string, boolean>> = {
  ...Object.fromEntries(['1', 't', 'T', 'TRUE', 'true', 'True'].map(word => [word, true])),
  ...Object.fromEntries(['0', 'f', 'F', 'FALSE', 'false', 'False'].map(word => [word, false])),
}

function typed(bytes: Buffer, type: string): Leaf | Comment {
  const text = bytes.toString('utf8')
  switch (type) {
    case 'str':
    case 'bytes':
      return isUtf8(bytes) ? text : new Uint8Array(bytes)
    case 'int':
      return integer(text)
    case 'float':
      return float(text)
    case 'bool':
      return need(Object.hasOwn(bools, text) ? bools[text] : undefined, 'ParseBool')
    case 'time':
      return new Time(need(/^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/.test(text) ? text : undefined, 'Time.UnmarshalText'))
    case 'comment':
      return new Comment(text)
    default:
      throw malformed(`Unknown datatype: ${type.slice(0, 40)}`)
  }
}

function integer(text: string): number | bigint {
  const value = need(/^[+-]?\d{1,20}$/.test(text) ? BigInt(text.replace(/^\+/, '')) : undefined, 'Atoi')
  need(BigInt.asIntN(64, value) === value ? value : undefined, 'Atoi')
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}

function float(text: string): number {
  const value = Number(text)
  return need(text.trim() === text && text !== '' && Number.isFinite(value) ? value : undefined, 'ParseFloat')
}

function need<T>(value: T | undefined, reader: string): T {
  if (value === undefined) throw malformed(`strconv.${reader}: parsing <redacted>: invalid syntax`)
  return value
}
