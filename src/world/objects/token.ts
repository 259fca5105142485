import { stringAt, jsonIn } from '../../lib/json.ts'
import { codeOf, ObjectStoreError } from './error.ts'
import { errorText, exchange, redirected, textOf, type Wire, wordsOf } from './transport.ts'

const mostTokenBytes = 1024 * 1024

/** Posts a form to a token endpoint and gives the access token of its answer. @throws {ObjectStoreError} with the words of the endpoint, never those of the form. */
export async function tokenFrom(
  endpoint: string,
  form: () => Readonly<Record<string, string>>,
  { wire, signal }: { wire: Wire; signal: AbortSignal },
): Promise<string> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }
  const make = async () => ({ method: 'POST', url: endpoint, headers, body: new URLSearchParams(form()).toString() })
  const answer = await exchange(wire, make, signal)
  const { host } = new URL(endpoint)
  const away = redirected(endpoint, answer)
  if (away) {
    await answer.body.cancel()
    throw away
  }
  if (answer.status !== 200) throw refusal(answer.status, { host, text: await errorText(answer, host, signal) })
  const token = stringAt(jsonIn(await textOf(answer, host, mostTokenBytes)), 'access_token')
  if (!token || /[^\x21-\x7e]/.test(token))
    throw new ObjectStoreError('BAD_ANSWER', { message: `${host} answered without an access token` })
  return token
}

function refusal(status: number, { host, text }: { host: string; text: string }): ObjectStoreError {
  const document = jsonIn(text)
  const [reason, said] = [stringAt(document, 'error'), stringAt(document, 'error_description')]
  const message = wordsOf(said || reason || `unexpected status code ${status}`)
  return new ObjectStoreError(codeOf(status === 400 ? 401 : status), {
    message: `${host} gave no token: ${message}`,
    status,
    ...(reason ? { reason } : {}),
  })
}

/** Asks once and remembers; a failure is asked again. */
export function once<T>(ask: (signal: AbortSignal) => Promise<T>): (signal: AbortSignal) => Promise<T> {
  let known: Promise<T> | undefined
  return signal => {
    known ??= ask(signal).catch((thrown: unknown) => {
      known = undefined
      throw thrown
    })
    return known
  }
}
