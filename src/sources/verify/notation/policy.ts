import { isObject, type Json, jsonIn, listAt, stringAt } from '../../../lib/json.ts'
import { parseStatements, type Statement } from './statement.ts'

/**
 * The statements of a `trustpolicy.json`. A statement that skips loses its stores and identities, as Flux lets it have some.
 * Throws the texts of Flux and of notation for a document that is none, or that contradicts itself. Spec: sources 3.6.
 */
export function parsePolicy(bytes: Uint8Array): readonly Statement[] {
  const document = jsonIn(bytes)
  if (!isObject(document)) throw new Error('error occurred while parsing trustpolicy.json: it is no JSON object')
  const version = stringAt(document, 'version') ?? ''
  if (version === '') throw new Error('oci trust policy document has empty version, version must be specified')
  if (version !== '1.0') throw new Error(`oci trust policy document uses unsupported version ${JSON.stringify(version)}`)
  const statements: Json[] = listAt(document, 'trustPolicies')
  if (statements.length === 0) throw new Error('oci trust policy document can not have zero trust policy statements')
  const parsed = parseStatements(statements)
  checkScopes(parsed)
  return parsed
}

function checkScopes(statements: readonly Statement[]): void {
  const seen = new Set<string>()
  for (const { name, registryScopes } of statements) {
    const said = JSON.stringify(name)
    if (registryScopes.length === 0)
      throw new Error(
        `oci trust policy statement ${said} has zero registry scopes, it must specify registry scopes with at least one value`,
      )
    if (registryScopes.length > 1 && registryScopes.includes('*'))
      throw new Error(
        `oci trust policy statement ${said} uses wildcard registry scope '*', a wildcard scope cannot be used in conjunction with other scope values`,
      )
    for (const scope of registryScopes) {
      if (scope !== '*') checkScope(scope)
      if (seen.has(scope))
        throw new Error(
          `registry scope ${JSON.stringify(scope)} is present in multiple oci trust policy statements, one registry scope value can only be associated with one statement`,
        )
      seen.add(scope)
    }
  }
}

const domain = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::[0-9]+)?$/
const component = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/

function checkScope(scope: string): void {
  const said = JSON.stringify(scope)
  const how =
    'make sure it is a fully qualified repository without the scheme, protocol or tag. For example domain.com/my/repository or a local scope like local/myOCILayout'
  if (scope.length > 1 && scope.includes('*')) throw new Error(`registry scope ${said} with wild card(s) is not valid, ${how}`)
  const [host = '', ...path] = scope.split('/')
  if (path.length === 0 || !domain.test(host) || !path.every(part => component.test(part)))
    throw new Error(`registry scope ${said} is not valid, ${how}`)
}

/** The statement for an artifact `host/repository@digest`: that of its scope, else the one for all. Throws notation's text without any. */
export function statementFor(statements: readonly Statement[], artifact: string): Statement {
  const scope = artifact.slice(0, artifact.lastIndexOf('@'))
  const found = statements.find(s => s.registryScopes.includes(scope)) ?? statements.find(s => s.registryScopes.includes('*'))
  if (found) return found
  throw new Error(
    `artifact ${JSON.stringify(artifact)} has no applicable oci trust policy statement. Trust policy applicability for a given artifact is determined by registryScopes. To create a trust policy, see: https://notaryproject.dev/docs/quickstart/#create-a-trust-policy`,
  )
}
