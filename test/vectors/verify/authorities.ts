import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { initializeCA, initializeCTLog, initializeTLog, rekorHandler } from '@sigstore/mock'
import { startHostile } from '../../support/hostile.ts'

/** Who signs a vector without a key. */
export const signer = { issuer: 'https://issuer.example.com', subject: 'https://example.com/app/.github/workflows/release.yml@refs/heads/main' }

const pair = (): { publicKey: KeyObject; privateKey: KeyObject } => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = (der: Uint8Array): string => createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' }).export({ type: 'spki', format: 'pem' }).toString()

/** Plays Fulcio and Rekor for the cosign CLI. `trustedRoot` is what trusts them, `env` makes cosign trust them too. */
export async function startAuthorities(folder: string) {
  const ctlog = await initializeCTLog(pair() as never)
  const authority = pair()
  const ca = await initializeCA(authority as never, ctlog)
  const tlog = await initializeTLog('https://rekor.example.com', pair() as never)
  const rekor = rekorHandler(tlog)
  const root = Buffer.from(ca.rootCertificate as Uint8Array)
  const server = await startHostile((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const body = Buffer.concat(parts).toString('utf8')
      const answer = request.url?.startsWith(rekor.path) ? rekor.fn(body) : issued(body)
      answer.then(
        ({ statusCode, response: text, contentType }) =>
          void response
            .writeHead(statusCode, { 'content-type': contentType ?? 'text/plain', location: `${rekor.path}/${Object.keys(idOf(text))[0] ?? ''}` })
            .end(text),
        (thrown: unknown) => void response.writeHead(500).end(String(thrown)),
      )
    })
  })
  async function issued(body: string) {
    const { publicKey } = JSON.parse(body) as { publicKey: { content: string } }
    const leaf = await ca.issueCertificate({
      publicKey: createPublicKey(Buffer.from(publicKey.content, 'base64').toString()).export({ type: 'spki', format: 'der' }),
      subjectAltName: signer.subject,
      extensions: [
        { oid: '1.3.6.1.4.1.57264.1.1', value: signer.issuer, legacy: true },
        { oid: '1.3.6.1.4.1.57264.1.8', value: signer.issuer },
      ],
    })
    const chain = [leaf as Uint8Array, root].map(der => new X509Certificate(Buffer.from(der)).toString()).join('')
    return { statusCode: 201, response: chain, contentType: 'application/pem-certificate-chain' }
  }
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  return {
    url: server.url,
    close: () => server.close(),
    trustedRoot: trustedRoot({ root, ctlog: Buffer.from(ctlog.publicKey), tlog: Buffer.from(tlog.publicKey) }),
    env: {
      SIGSTORE_REKOR_PUBLIC_KEY: file('rekor.pub', pem(tlog.publicKey)),
      SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: file('ctlog.pub', pem(ctlog.publicKey)),
      SIGSTORE_ROOT_FILE: file('root.pem', new X509Certificate(root).toString()),
    },
    token: file('token', [{ alg: 'ES256' }, { iss: signer.issuer, sub: signer.subject, aud: 'sigstore', exp: 4_102_444_800 }].map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.') + '.eA'),
  }
}

function idOf(text: unknown): object {
  try {
    return JSON.parse(String(text)) as object
  } catch {
    return {}
  }
}


function trustedRoot({ root, ctlog, tlog }: { root: Buffer; ctlog: Buffer; tlog: Buffer }): object {
  const validFor = { start: '2020-01-01T00:00:00Z' }
  const log = (key: Buffer): object => ({
    baseUrl: 'https://log.example.com',
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: key.toString('base64'), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor },
    logId: { keyId: createHash('sha256').update(key).digest('base64') },
  })
  return {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [log(tlog)],
    certificateAuthorities: [
      { subject: { organization: 'sigstore.mock', commonName: 'sigstore' }, uri: 'https://fulcio.example.com', certChain: { certificates: [{ rawBytes: root.toString('base64') }] }, validFor },
    ],
    ctlogs: [log(ctlog)],
    timestampAuthorities: [],
  }
}
