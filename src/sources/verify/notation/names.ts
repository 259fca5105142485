import type { ASN1Obj } from '@sigstore/core'

/** Attributes of a distinguished name by their short names, as Go prints them. */
const shortNames: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'SERIALNUMBER',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.17': 'POSTALCODE',
}

/** A distinguished name of a certificate as Go prints it: the last part first. */
export function printedName(name: ASN1Obj): string {
  const parts = name.subs.map(set =>
    set.subs.map(attribute => {
      const [type, value] = attribute.subs
      const oid = type?.toOID() ?? ''
      const short = shortNames[oid]
      return short ? `${short}=${escaped(value?.value.toString('utf8') ?? '')}` : `${oid}=#${value?.toDER().toString('hex') ?? ''}`
    }),
  )
  return parts
    .toReversed()
    .map(attributes => attributes.join('+'))
    .join(',')
}

function escaped(text: string): string {
  return text.replaceAll(/[,+"\\<>;]|^#|^ | $/g, found => `\\${found}`)
}

/** A distinguished name as a trust policy takes it: each attribute once, with C, ST and O. Throws notation's texts. */
export function parseName(text: string): ReadonlyMap<string, string> {
  const said = JSON.stringify(text)
  if (text.includes('=#'))
    throw new Error(`unsupported distinguished name (DN) ${said}: notation does not support x509.subject identities containing "=#"`)
  const found = new Map<string, string>()
  for (const part of split(text, ',;')) {
    const attributes = split(part, '+')
    if (attributes.length > 1)
      throw new Error(
        `distinguished name (DN) ${said} has multi-valued RDN attributes, remove multi-valued RDN attributes as they are not supported`,
      )
    const [type, value] = attributeIn(part, said)
    if (found.get(type))
      throw new Error(`distinguished name (DN) ${said} has duplicate RDN attribute for "${type}", DN can only have unique RDN attributes`)
    found.set(type, value)
  }
  const missing = ['C', 'ST', 'O'].find(field => !found.get(field))
  if (missing) throw new Error(`distinguished name (DN) ${said} has no mandatory RDN attribute for "${missing}", ${least}`)
  return found
}

const least = "it must contain 'C', 'ST' or 'S', and 'O' RDN attributes at a minimum"

function attributeIn(part: string, said: string): [type: string, value: string] {
  const equals = part.indexOf('=')
  const type = part.slice(0, equals).trim()
  if (equals < 0 || type === '')
    throw new Error(
      `parsing distinguished name (DN) ${said} failed with err: DN ended with incomplete type, value pair. A valid DN must contain 'C', 'ST' or 'S', and 'O' RDN attributes at a minimum, and follow RFC 4514 standard`,
    )
  const value = part
    .slice(equals + 1)
    .replace(/^ +/, '')
    .replace(/(?<!\\) +$/, '')
  return [type === 'S' ? 'ST' : type, unescaped(value)]
}

/** Splits where one of the characters is not escaped. */
function split(text: string, at: string): string[] {
  const parts = ['']
  for (let i = 0; i < text.length; i++) {
    const [c = '', last] = [text[i], parts.length - 1]
    if (at.includes(c)) parts.push('')
    else parts[last] += c === '\\' ? c + (text[++i] ?? '') : c
  }
  return parts
}

function unescaped(value: string): string {
  const bytes = value.replaceAll(/(?:\\[0-9a-fA-F]{2})+/g, run => Buffer.from(run.replaceAll('\\', ''), 'hex').toString('utf8'))
  return bytes.replaceAll(/\\(.)/g, '$1')
}

/** True when every attribute of one name is in the other, with the same value. */
export function isPartOf(name: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  return [...name].every(([type, value]) => other.get(type) === value)
}
