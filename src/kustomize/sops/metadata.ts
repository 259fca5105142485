import type { MasterKey, Wrapped } from '../../kinds/master-key.ts'
import { isObject, type Json, type JsonObject, listAt, objectAt } from '../../lib/json.ts'
import { malformed } from './error.ts'
import type { Rule } from './rules.ts'
import { Branch, jsonOf } from './tree.ts'

/** What a SOPS file says of itself. */
export interface Metadata {
  /** Of one group each key gives the data key; of several each group gives a share. */
  readonly groups: readonly (readonly Wrapped[])[]
  /** Shares that are needed; 0 is what files without it have. */
  readonly threshold: number
  readonly rule: Rule
  /** Encrypted. */
  readonly mac: string
  readonly macOnlyEncrypted: boolean
  /** RFC 3339 in whole seconds. */
  readonly lastModified: string
}

/** The metadata of a file: what stands at `sops`. @throws {SopsError} MALFORMED. Spec: kustomization 6.3. */
export function metadataOf(branch: Branch | undefined): Metadata {
  if (!branch) throw malformed('sops metadata not found')
  const found = jsonOf(branch) as JsonObject
  return {
    lastModified: timeIn(found, 'lastmodified'),
    groups: groupsIn(found),
    threshold: Number(textIn(found, 'shamir_threshold')) || 0,
    rule: ruleIn(found),
    mac: textIn(found, 'mac'),
    macOnlyEncrypted: /^(?:1|t|true)$/i.test(textIn(found, 'mac_only_encrypted')),
  }
}

/** A scalar as text: some stores know nothing else. Empty for what is not there. */
function textIn(object: Json, name: string): string {
  const value = isObject(object) ? object[name] : undefined
  if (value === undefined || value === null || Array.isArray(value) || isObject(value)) return ''
  return String(value)
}

function timeIn(object: Json, name: string): string {
  const text = textIn(object, name)
  const [, seconds, zone] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,]\d+)?(Z|[+-]\d\d:\d\d)$/.exec(text) ?? []
  if (!seconds || !zone || Number.isNaN(Date.parse(seconds + zone)))
    throw malformed(`parsing time ${JSON.stringify(text.slice(0, 40))} as "2006-01-02T15:04:05Z07:00" of ${name}`)
  return seconds + zone
}

/** The rules that a file may name; at most one. */
const rules: readonly [name: string, is: Rule['is'], encrypts: boolean][] = [
  ['unencrypted_suffix', 'suffix', false],
  ['encrypted_suffix', 'suffix', true],
  ['unencrypted_regex', 'regex', false],
  ['encrypted_regex', 'regex', true],
  ['unencrypted_comment_regex', 'comment', false],
  ['encrypted_comment_regex', 'comment', true],
]

function ruleIn(found: JsonObject): Rule {
  const given = rules.flatMap(([name, is, encrypts]): Rule[] => {
    const pattern = textIn(found, name)
    return pattern === '' ? [] : [{ is, encrypts, pattern }]
  })
  if (given.length > 1)
    throw malformed(
      'Cannot use more than one of encrypted_suffix, unencrypted_suffix, encrypted_regex, unencrypted_regex, encrypted_comment_regex, or unencrypted_comment_regex in the same file',
    )
  return given[0] ?? { is: 'suffix', encrypts: false, pattern: '_unencrypted' }
}

const mostKeys = 200

/** Keys beside `sops` win over groups. */
function groupsIn(found: JsonObject): (readonly Wrapped[])[] {
  const flat = keysIn(found)
  const groups = flat.length > 0 ? [flat] : listAt(found, 'key_groups').map(keysIn)
  if (groups.length === 0) throw malformed('No keys found in file')
  if (groups.flat().length > mostKeys) throw malformed(`more than ${mostKeys} keys`)
  return groups
}

/** How each kind of key is written, in the order in which they are tried. */
const kinds: readonly [name: string, read: (key: Json) => MasterKey][] = [
  ['age', key => ({ is: 'age', recipient: textIn(key, 'recipient') })],
  ['pgp', key => ({ is: 'pgp', fingerprint: textIn(key, 'fp') })],
  [
    'kms',
    key => ({ is: 'aws', arn: textIn(key, 'arn'), context: contextIn(key), ...(textIn(key, 'role') ? { role: textIn(key, 'role') } : {}) }),
  ],
  ['gcp_kms', key => ({ is: 'gcp', resourceId: textIn(key, 'resource_id') })],
  ['azure_kv', key => ({ is: 'azure', vaultUrl: textIn(key, 'vault_url'), name: textIn(key, 'name'), version: textIn(key, 'version') })],
  [
    'hc_vault',
    key => ({
      is: 'vault',
      address: textIn(key, 'vault_address'),
      enginePath: textIn(key, 'engine_path'),
      keyName: textIn(key, 'key_name'),
    }),
  ],
]

function keysIn(group: Json): Wrapped[] {
  return kinds.flatMap(([name, read]) =>
    listAt(group, name).map(key => {
      if (name !== 'age') timeIn(key, 'created_at')
      return { key: read(key), enc: textIn(key, 'enc') }
    }),
  )
}

function contextIn(key: Json): Record<string, string> {
  const context = objectAt(key, 'context')
  return Object.fromEntries(Object.keys(context).map(name => [name, textIn(context, name)]))
}

/** How SOPS calls a key. */
export function nameOf(key: MasterKey): string {
  switch (key.is) {
    case 'age':
      return key.recipient
    case 'pgp':
      return key.fingerprint
    case 'aws': {
      const context = Object.entries(key.context)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(pair => pair.join(':'))
      return `${key.arn}${key.role ? `+${key.role}` : ''}${context.length > 0 ? `|${context.join(',')}` : ''}`
    }
    case 'gcp':
      return key.resourceId
    case 'azure':
      return `${key.vaultUrl}/keys/${key.name}/${key.version}`
    case 'vault':
      return `${key.address}/v1/${key.enginePath}/keys/${key.keyName}`
  }
}
