import type { AwsKeys } from '../../../lib/aws-signature.ts'
import { textAt } from '../../../lib/xml.ts'
import { codeOf, ObjectStoreError } from '../error.ts'
import type { Credentials } from '../objects.ts'
import { errorText, exchange, redirected, textOf, type Wire, wordsOf } from '../transport.ts'
import { documentOf, keysOf } from './answers.ts'

/** The keys to sign with, asked for once; `undefined` for requests that nobody signs. */
export function keysFor(credentials: Credentials, wire: Wire): (signal: AbortSignal) => Promise<AwsKeys | undefined> {
  let known: Promise<AwsKeys | undefined> | undefined
  return signal => {
    known ??= asked(credentials, wire, signal).catch((thrown: unknown) => {
      known = undefined
      throw thrown
    })
    return known
  }
}

async function asked(credentials: Credentials, wire: Wire, signal: AbortSignal): Promise<AwsKeys | undefined> {
  if (credentials.is === 'keys') return credentials.keys
  if (credentials.is === 'ldap') return ldapKeys(credentials, wire, signal)
  return undefined
}

/** Temporary keys of a MinIO-like token service for an LDAP user. @throws {ObjectStoreError} */
async function ldapKeys(
  { endpoint, username, password, tls }: Extract<Credentials, { is: 'ldap' }>,
  { http, clock }: Wire,
  signal: AbortSignal,
): Promise<AwsKeys> {
  const form = { Action: 'AssumeRoleWithLDAPIdentity', Version: '2011-06-15', LDAPUsername: username, LDAPPassword: password }
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const request = { method: 'POST', url: endpoint, headers, body: new URLSearchParams(form).toString() }
  // The bucket's certificates are for the bucket: a token service gets its own, or none.
  const wire = { http: http.with({ tls }), clock }
  const answer = await exchange(wire, async () => request, signal)
  const { host } = new URL(endpoint)
  const elsewhere = redirected(endpoint, answer)
  if (elsewhere) {
    await answer.body.cancel()
    throw elsewhere
  }
  if (answer.status === 200) return keysOf(await textOf(answer, host))
  throw refusal(answer.status, await errorText(answer, host, signal))
}

/** STS has its error within an envelope. */
function refusal(status: number, text: string): ObjectStoreError {
  const said = (path: string): string | undefined => {
    try {
      const document = documentOf(text, 'the answer')
      return textAt(document, 'Error', path) ?? textAt(document, path)
    } catch {
      return undefined
    }
  }
  const reason = wordsOf(said('Code') ?? String(status))
  return new ObjectStoreError(codeOf(status), {
    message: wordsOf(said('Message') ?? '') || `Error response code ${reason}.`,
    status,
    reason,
  })
}
