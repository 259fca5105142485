import type { ScalarTag } from 'yaml'
import { isTime, numberOf, wholeDigits } from '../../lib/yaml-scalars.ts'
import { type Leaf, Time } from './tree.ts'

/** What a plain scalar is to SOPS' reader of YAML: `yes` and `on` are texts, times are times. */
export function plainLeaf(text: string): Leaf {
  if (/^(?:~|null|Null|NULL)?$/.test(text)) return null
  if (/^(?:true|True|TRUE)$/.test(text)) return true
  if (/^(?:false|False|FALSE)$/.test(text)) return false
  const digits = wholeDigits(text)
  if (digits !== undefined) return whole(digits)
  const number = numberOf(text)
  if (number !== undefined) return number
  return isTime(text) ? (timeOf(text) ?? text) : text
}

function whole(digits: string): number | bigint {
  return Number.isSafeInteger(Number(digits)) ? Number(digits) : BigInt(digits)
}

/** A date is its midnight. */
function timeOf(text: string): Time | undefined {
  const [, date = '', time = '00:00:00', fraction = '', zone = 'Z'] =
    /^(\d{4}-\d{1,2}-\d{1,2})(?:[Tt ](\d{1,2}:\d{1,2}:\d{1,2})(?:[.,](\d+))?(Z|[-+]\d\d:\d\d)?)?$/.exec(text) ?? []
  if (date === '') return undefined
  const two = (part: string): string => part.padStart(2, '0')
  const day = date.split('-').map(two).join('-')
  const kept = fraction.replace(/0+$/, '')
  return new Time(`${day}T${time.split(':').map(two).join(':')}${kept === '' ? '' : `.${kept}`}${zone === '+00:00' ? 'Z' : zone}`)
}

const prefix = 'tag:yaml.org,2002:'

/** What stands behind a tag. */
export const tags: ScalarTag[] = [
  { tag: `${prefix}str`, resolve: text => text },
  ...['null', 'bool', 'int', 'float', 'timestamp'].map((name): ScalarTag => ({ tag: prefix + name, resolve: text => plainLeaf(text) })),
  { tag: `${prefix}binary`, resolve: text => Buffer.from(text, 'base64').toString('utf8') },
  { tag: `${prefix}plain`, default: true, test: /^/, resolve: text => plainLeaf(text) },
]
