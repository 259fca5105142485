import { withDeadline } from '../../lib/deadline.ts'
import { gathered } from '../../lib/gathered.ts'
import type { HttpRequest } from '../../world/http/http.ts'
import type { Hands } from '../../world/world.ts'
import type { Certificate } from './notation/certificate.ts'
import type { Asked, Status } from './notation/revocation.ts'

interface At {
  readonly hands: Pick<Hands, 'clock' | 'http'>
  readonly signal: AbortSignal
}

/** As Flux has it for answers and waits; of a list it takes 32 MiB, which would hold up this process while it is read. */
const bounds = { answerBytes: 20_480, listBytes: 4 * 1024 * 1024, ocspMs: 2_000, listMs: 5_000 } as const

/**
 * What is wrong with the certificates of a chain, the leaf first, by what their issuers say over OCSP or in a list; `undefined` when nothing is.
 * A responder that cannot be reached makes the status unknown. Spec: sources 3.6.
 */
export async function revocationProblem(chain: readonly Certificate[], signedAt: number | undefined, at: At): Promise<string | undefined> {
  const found: { subject: string; status: Status }[] = []
  for (const [i, certificate] of chain.slice(0, -1).entries()) {
    const issuer = chain[i + 1]
    if (issuer)
      found.push({ subject: certificate.subject, status: await statusOf({ certificate, issuer, signedAt, now: at.hands.clock.now() }, at) })
  }
  const worst = found.find(({ status }) => status === 'revoked') ?? found.find(({ status }) => status === 'unknown')
  if (!worst) return undefined
  const said = `signing certificate with subject ${JSON.stringify(worst.subject)}`
  return worst.status === 'revoked' ? `${said} is revoked` : `${said} revocation status is unknown`
}

async function statusOf(asked: Asked, at: At): Promise<Status> {
  const { askedAt } = await import('./notation/revocation.ts')
  const { ocsp, lists, newestList } = askedAt(asked.certificate)
  const answered = ocsp.length > 0 ? await firstAnswer(ocsp, asked, at) : undefined
  if (answered === 'good' || answered === 'revoked') return answered
  if (lists.length > 0) return newestList ? 'unknown' : allLists(lists, asked, at)
  return answered ?? 'good'
}

async function firstAnswer(servers: readonly string[], asked: Asked, at: At): Promise<Status> {
  const { ocspRequest, ocspStatus } = await import('./notation/revocation.ts')
  for (const server of servers) {
    const status = await believed(at, async () => ocspStatus(await ask(server, await ocspRequest(asked), at), asked))
    if (status !== undefined) return status
  }
  return 'unknown'
}

async function allLists(urls: readonly string[], asked: Asked, at: At): Promise<Status> {
  const { listedStatus } = await import('./notation/revocation.ts')
  for (const url of urls) {
    const request = { method: 'GET', url }
    const status = await believed(at, async () =>
      listedStatus(await answer(request, { ms: bounds.listMs, limit: bounds.listBytes }, at), asked),
    )
    if (status !== 'good') return status ?? 'unknown'
  }
  return 'good'
}

/** `undefined` for what cannot be had or believed. */
async function believed(at: At, work: () => Promise<Status>): Promise<Status | undefined> {
  try {
    return await work()
  } catch {
    at.signal.throwIfAborted()
    return undefined
  }
}

/** A short request is part of the address, as responders cache it. */
function ask(server: string, body: Uint8Array, at: At): Promise<Uint8Array> {
  const text = encodeURIComponent(Buffer.from(body).toString('base64'))
  const request: HttpRequest =
    text.length < 255
      ? { method: 'GET', url: `${server.replace(/\/$/, '')}/${text}` }
      : { method: 'POST', url: server, headers: { 'content-type': 'application/ocsp-request' }, body }
  return answer(request, { ms: bounds.ocspMs, limit: bounds.answerBytes }, at)
}

async function answer(
  request: HttpRequest,
  { ms, limit }: { ms: number; limit: number },
  { hands: { http, clock }, signal }: At,
): Promise<Uint8Array> {
  const { protocol } = new URL(request.url)
  if (protocol !== 'http:') throw new Error(`${protocol} is not supported`)
  return withDeadline({ clock, ms, what: 'asking for revocation', signal }, async bound => {
    const found = await http.with({ timeoutMs: ms }).send(request, bound)
    if (found.status === 200) return gathered(found.body, { limit, tooLarge: () => new Error(`the answer has more than ${limit} bytes`) })
    await found.body.cancel()
    throw new Error(`it answered ${found.status}`)
  })
}
