import { type Json, listAt, objectAt, stringAt } from '../../../lib/json.ts'
import { isPartOf, parseName } from './names.ts'

/** What a failed check means. */
export type Action = 'enforce' | 'log' | 'skip'
export const checks = ['integrity', 'authenticity', 'authenticTimestamp', 'expiry', 'revocation'] as const
export type Check = (typeof checks)[number]

/** One statement of a trust policy. */
export interface Statement {
  readonly name: string
  /** `undefined`: signatures are not looked at. */
  readonly actions: Readonly<Record<Check, Action>> | undefined
  readonly trustStores: readonly string[]
  readonly trustedIdentities: readonly string[]
  readonly registryScopes: readonly string[]
  readonly verifyTimestamp: string
}

const actions: readonly Action[] = ['enforce', 'log', 'skip']

function level(authenticity: Action, rest: Action): Record<Check, Action> {
  return { integrity: 'enforce', authenticity, authenticTimestamp: rest, expiry: rest, revocation: rest }
}

const levels: Readonly<Record<string, Readonly<Record<Check, Action>> | undefined>> = {
  strict: level('enforce', 'enforce'),
  permissive: level('enforce', 'log'),
  audit: level('log', 'log'),
  skip: undefined,
}

/** Statements, each checked for itself; their scopes are checked together. Throws notation's texts. */
export function parseStatements(list: readonly Json[]): Statement[] {
  const names = new Set<string>()
  return list.map(json => {
    const name = stringAt(json, 'name') ?? ''
    if (names.has(name))
      throw new Error(`multiple oci trust policy statements use the same name ${JSON.stringify(name)}, statement names must be unique`)
    names.add(name)
    try {
      return statement(json, name)
    } catch (thrown) {
      throw new Error(`oci trust policy: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown })
    }
  })
}

function statement(json: Json, name: string): Statement {
  if (name === '') throw new Error('a trust policy statement is missing a name, every statement requires a name')
  const said = `trust policy statement ${JSON.stringify(name)}`
  const wanted = actionsOf(json, said)
  const verifyTimestamp = stringAt(json, 'signatureVerification', 'verifyTimestamp') ?? ''
  if (!['', 'always', 'afterCertExpiry'].includes(verifyTimestamp))
    throw new Error(
      `${said} has invalid signatureVerification: verifyTimestamp must be "always" or "afterCertExpiry", but got ${JSON.stringify(verifyTimestamp)}`,
    )
  const [trustStores, trustedIdentities] = wanted ? [texts(json, 'trustStores'), texts(json, 'trustedIdentities')] : [[], []]
  if (wanted && (trustStores.length === 0 || trustedIdentities.length === 0))
    throw new Error(`${said} is either missing trust stores or trusted identities, both must be specified`)
  checkStores(trustStores, said)
  checkIdentities(trustedIdentities, said)
  return { name, actions: wanted, trustStores, trustedIdentities, registryScopes: texts(json, 'registryScopes'), verifyTimestamp }
}

function texts(json: Json, field: string): string[] {
  return listAt(json, field).map(value => (typeof value === 'string' ? value : ''))
}

function actionsOf(json: Json, said: string): Record<Check, Action> | undefined {
  const bad = (why: string): Error => new Error(`${said} has invalid signatureVerification: ${why}`)
  const name = stringAt(json, 'signatureVerification', 'level') ?? ''
  if (name === '') throw bad('signature verification level is empty or missing in the trust policy statement')
  if (!Object.hasOwn(levels, name)) throw bad(`invalid signature verification level ${JSON.stringify(name)}`)
  const overrides = Object.entries(objectAt(json, 'signatureVerification', 'override'))
  const base = levels[name]
  if (overrides.length === 0) return base && { ...base }
  if (!base) throw bad(`signature verification level "${name}" can't be used to customize signature verification`)
  const own = { ...base }
  for (const [key, value] of overrides) {
    const check = checks.find(c => c === key)
    const action = actions.find(a => a === value)
    if (!check)
      throw bad(`verification type "${key}" in custom signature verification is not supported, supported values are ${list(checks)}`)
    if (!action)
      throw bad(
        `verification action ${JSON.stringify(value)} in custom signature verification is not supported, supported values are ${list(actions)}`,
      )
    if (check === 'integrity') throw bad(`"${key}" verification can not be overridden in custom signature verification`)
    if (check !== 'revocation' && action === 'skip') throw bad(`"${key}" verification can not be skipped in custom signature verification`)
    own[check] = action
  }
  return own
}

function list(values: readonly string[]): string {
  return `[${values.map(value => `"${value}"`).join(' ')}]`
}

function checkStores(stores: readonly string[], said: string): void {
  for (const store of stores) {
    const value = `trust store value ${JSON.stringify(store)}`
    const colon = store.indexOf(':')
    const [type, name] = [store.slice(0, colon), store.slice(colon + 1)]
    if (colon < 0) throw new Error(`${said} has malformed ${value}. The required format is <TrustStoreType>:<TrustStoreName>`)
    if (!['ca', 'signingAuthority', 'tsa'].includes(type))
      throw new Error(`${said} uses an unsupported trust store type ${JSON.stringify(type)} in ${value}`)
    if (!/^[a-zA-Z0-9_.-]+$/.test(name))
      throw new Error(
        `${said} uses an unsupported trust store name ${JSON.stringify(name)} in ${value}. Named store name needs to follow [a-zA-Z0-9_.-]+ format`,
      )
  }
}

const subjectPrefix = 'x509.subject'

/** The names that identities pin. Other kinds of identity are for plugins, and there are none. */
export function pinnedNames(identities: readonly string[]): { text: string; name: ReadonlyMap<string, string> }[] {
  return identities
    .filter(text => text.startsWith(`${subjectPrefix}:`))
    .map(text => ({ text, name: parseName(text.slice(subjectPrefix.length + 1)) }))
}

function checkIdentities(identities: readonly string[], said: string): void {
  if (identities.length > 1 && identities.includes('*'))
    throw new Error(`${said} uses a wildcard trusted identity '*', a wildcard identity cannot be used in conjunction with other values`)
  for (const identity of identities) {
    const named = `${said} has trusted identity ${JSON.stringify(identity)}`
    if (identity === '') throw new Error(`${said} has an empty trusted identity`)
    if (identity !== '*' && !identity.includes(':')) throw new Error(`${named} missing separator`)
    if (identity === `${subjectPrefix}:`) throw new Error(`${named} without an identity value`)
    try {
      pinnedNames([identity])
    } catch (thrown) {
      throw new Error(`${named} with invalid identity value: ${thrown instanceof Error ? thrown.message : ''}`, { cause: thrown })
    }
  }
  const names = pinnedNames(identities)
  for (const one of names)
    for (const other of names)
      if (one !== other && isPartOf(one.name, other.name))
        throw new Error(
          `${said} has overlapping x509 trustedIdentities, ${JSON.stringify(one.text)} overlaps with ${JSON.stringify(other.text)}`,
        )
}
