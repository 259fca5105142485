import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { certificatesIn } from '../../../src/sources/verify/notation/certificate.ts'
import { type Against, judge } from '../../../src/sources/verify/notation/judge.ts'
import { parsePolicy, statementFor } from '../../../src/sources/verify/notation/policy.ts'
import { listedStatus, ocspStatus } from '../../../src/sources/verify/notation/revocation.ts'
import { revocationProblem } from '../../../src/sources/verify/revocation-reconciler.ts'
import { realClock } from '../../../src/world/clock/real.ts'
import type { Http, HttpRequest } from '../../../src/world/http/http.ts'
import { type BehaviourId, verifies } from '../../conformance/verifies.ts'
import { fc } from '../../support/laws.ts'
import { unending as signal } from '../../support/unending.ts'
import { policy } from './notation-suite.ts'

type Texts = Readonly<Record<string, string>>
const file = readFileSync(join(import.meta.dirname, '../../vectors/verify/revocation.json'), 'utf8')
const vector = JSON.parse(file) as { certificates: Texts; envelopes: Texts; answers: Texts; lists: Texts }
const certificate = (name: string) => {
  const [found] = certificatesIn(Buffer.from(vector.certificates[name] ?? ''), name)
  assert.ok(found)
  return found
}
const bytes = (base64: string | undefined): Uint8Array => Buffer.from(base64 ?? '', 'base64')
const decade = 10 * 365 * 86_400_000

/** Responders that answer with what stands below their host; any other gives no answer. */
function responders(answers: Readonly<Record<string, Uint8Array | number>>, asked: HttpRequest[] = []): Http {
  const http: Http = {
    async send(request) {
      asked.push(request)
      const found = answers[new URL(request.url).host]
      if (found === undefined) throw new Error('no answer')
      const body = async function* () {
        if (typeof found !== 'number') yield found
      }
      return { status: typeof found === 'number' ? found : 200, headers: {}, body: Object.assign(body(), { cancel: async () => {} }) }
    },
    with: () => http,
    close: async () => {},
  }
  return http
}
const at = (http: Http, now = Date.now()) => ({ hands: { clock: { ...realClock, now: () => now }, http }, signal })
const chainOf = (name: string) => [certificate(name), certificate('ca')]
const [ocsp, lists] = ['ocsp.example.com', 'lists.example.com']
const unknown = (name: string): string =>
  `signing certificate with subject "CN=${name},O=Example,ST=Berlin,C=DE" revocation status is unknown`

const { answers: a, lists: l } = vector
const rows: [
  id: BehaviourId,
  says: string,
  certificate: string,
  answers: Readonly<Record<string, Uint8Array | number>>,
  problem: string | undefined,
  now?: number,
][] = [
  ['sources/170.1', 'the issuer says over OCSP that it is good', 'leaf', { [ocsp]: bytes(a.good) }, undefined],
  ['sources/170.1', 'whom the issuer lets sign says so', 'leaf', { [ocsp]: bytes(a['good-delegated']) }, undefined],
  [
    'sources/170.2',
    'it is revoked',
    'revoked',
    { [ocsp]: bytes(a.revoked) },
    'signing certificate with subject "CN=revoked,O=Example,ST=Berlin,C=DE" is revoked',
  ],
  ['sources/170.3', 'nobody answers', 'leaf', {}, unknown('leaf')],
  ['sources/170.3', 'the responder does not know it, and there is no list', 'leaf', { [ocsp]: bytes(a.unknown) }, unknown('leaf')],
  ['sources/170.3', 'whom the issuer does not let sign', 'leaf', { [ocsp]: bytes(a['good-stranger']) }, unknown('leaf')],
  ['sources/170.3', 'an answer about another certificate', 'leaf', { [ocsp]: bytes(a.revoked) }, unknown('leaf')],
  ['sources/170.3', 'an answer of too long ago', 'leaf', { [ocsp]: bytes(a.short) }, unknown('leaf'), Date.now() + decade],
  ['sources/170.3', 'an error of the responder', 'leaf', { [ocsp]: 500 }, unknown('leaf')],
  ['sources/170.3', 'no answer but one of HTTP', 'leaf', { [ocsp]: Buffer.from('<html>') }, unknown('leaf')],
  ['sources/170.4', 'nobody answers over OCSP, and the list does not have it', 'leaf', { [lists]: bytes(l.full) }, undefined],
  ['sources/170.4', 'a list does not have it', 'listed', { [lists]: bytes(l.full) }, undefined],
  ['sources/170.4', 'an empty list', 'listed', { [lists]: bytes(l.empty) }, undefined],
  [
    'sources/170.5',
    'a list has it',
    'listed-revoked',
    { [lists]: bytes(l.full) },
    'signing certificate with subject "CN=listed-revoked,O=Example,ST=Berlin,C=DE" is revoked',
  ],
  ['sources/170.6', 'no list', 'listed', { [lists]: 404 }, unknown('listed')],
  ['sources/170.6', 'a list of too long ago', 'listed', { [lists]: bytes(l.short) }, unknown('listed'), Date.now() + decade],
  ['sources/170.6', 'a list that is none', 'listed', { [lists]: Buffer.from('0') }, unknown('listed')],
]
for (const [id, says, name, answers, problem, now] of rows)
  verifies(id, `whether a certificate is revoked: ${says}`, async () => {
    assert.equal(await revocationProblem(chainOf(name), undefined, at(responders(answers), now)), problem)
  })

test('a list by another authority is not believed, and a request goes to HTTP alone', async () => {
  const asked = { certificate: certificate('listed'), issuer: certificate('leaf'), now: Date.now() }
  assert.throws(() => listedStatus(bytes(l.full), asked), /^Error: CRL is not signed by CA CN=leaf/)
  const requests: HttpRequest[] = []
  await revocationProblem(chainOf('leaf'), undefined, at(responders({}, requests)))
  assert.deepEqual(
    requests.map(({ method, url }) => `${method} ${url.replace(/[^/]+$/, '…')}`),
    ['GET http://ocsp.example.com/…', 'GET http://lists.example.com/…'],
  )
})

const levels: [
  id: BehaviourId,
  says: string,
  signer: string,
  level: string,
  answers: Readonly<Record<string, Uint8Array>>,
  verdict: string,
  asked: boolean,
][] = [
  ['sources/171.1', 'strict, and nobody answers', 'leaf', 'strict', {}, unknown('leaf'), true],
  ['sources/171.2', 'strict, and it is good', 'leaf', 'strict', { [ocsp]: bytes(a.good) }, 'verified', true],
  [
    'sources/171.3',
    'strict, and it is revoked',
    'revoked',
    'strict',
    { [ocsp]: bytes(a.revoked) },
    'signing certificate with subject "CN=revoked,O=Example,ST=Berlin,C=DE" is revoked',
    true,
  ],
  ['sources/171.4', 'permissive, and it is revoked', 'revoked', 'permissive', { [ocsp]: bytes(a.revoked) }, 'verified', false],
  ['sources/171.5', 'strict, and it says of nobody whom to ask', 'plain', 'strict', {}, 'verified', false],
]
for (const [id, says, signer, level, answers, wanted, isAsked] of levels)
  verifies(id, `a signature by a certificate that may be revoked: ${says}`, async () => {
    const requests: HttpRequest[] = []
    const statement = statementFor(parsePolicy(Buffer.from(policy({ signatureVerification: { level } }))), 'x.io/x@sha256:0')
    const against: Against = {
      statement,
      trusted: [certificate('ca')],
      artifact: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: `sha256:${'0'.repeat(64)}`, size: 2 },
      now: Date.now(),
      revocation: (chain, signedAt) => revocationProblem(chain, signedAt, at(responders(answers, requests))),
    }
    const verdict = await judge({ mediaType: 'application/jose+json', bytes: Buffer.from(vector.envelopes[signer] ?? '') }, against)
    assert.equal(verdict.is === 'failed' ? verdict.why : verdict.is, wanted)
    assert.equal(requests.length > 0, isAsked)
  })

test('bytes that are no answer never make a certificate good', () => {
  const asked = { certificate: certificate('leaf'), issuer: certificate('ca'), now: Date.now() }
  const flipped = (whole: Uint8Array) =>
    fc
      .tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }))
      .map(([i, by]) => Uint8Array.from(whole, (byte, at) => (at === i ? byte ^ by : byte)))
  return fc.assert(
    fc.asyncProperty(flipped(bytes(a.revoked)), flipped(bytes(l.full)), async (answer, list) => {
      const status = await ocspStatus(answer, { ...asked, certificate: certificate('revoked') }).catch(() => 'none')
      assert.notEqual(status, 'good')
      const listed = ((): string => {
        try {
          return listedStatus(list, { ...asked, certificate: certificate('listed-revoked') })
        } catch {
          return 'none'
        }
      })()
      assert.notEqual(listed, 'good')
    }),
    { numRuns: 60 },
  )
})
