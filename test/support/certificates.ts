import { generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'

/** A certificate with its key, PEM. */
export interface Issued {
  readonly cert: string
  readonly key: string
}

interface Authority extends Issued {
  /** A certificate for names and addresses, good for servers and clients. */
  issue(commonName: string, names?: readonly string[]): Issued
}

/** A certificate authority of its own, good for the life of a test. */
export function certificateAuthority(commonName = 'test authority'): Authority {
  const own = keys()
  const issuer = { commonName, key: own.privateKey }
  const authority = certificate({ commonName, publicKey: own.publicKey, issuer, extensions: [basicConstraints] })
  return {
    ...pem(authority, own.privateKey),
    issue(subject, names = []) {
      const pair = keys()
      const made = certificate({
        commonName: subject,
        publicKey: pair.publicKey,
        issuer,
        extensions: names.length > 0 ? [alternativeNames(names)] : [],
      })
      return pem(made, pair.privateKey)
    },
  }
}

function keys(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

function pem(der: Buffer, key: KeyObject): Issued {
  return { cert: new X509Certificate(der).toString(), key: key.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

function node(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  const size = body.length < 128 ? [body.length] : body.length < 256 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 255]
  return Buffer.concat([Buffer.from([tag, ...size]), body])
}
const sequence = (...parts: readonly Uint8Array[]): Buffer => node(0x30, ...parts)
const oid = (hex: string): Buffer => node(0x06, Buffer.from(hex, 'hex'))
const name = (commonName: string): Buffer => sequence(node(0x31, sequence(oid('550403'), node(0x0c, Buffer.from(commonName)))))
const time = (text: string): Buffer => node(0x18, Buffer.from(text))
const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'))
const basicConstraints = sequence(oid('551d13'), node(0x01, Buffer.from([0xff])), node(0x04, sequence(node(0x01, Buffer.from([0xff])))))

function alternativeNames(names: readonly string[]): Buffer {
  const entries = names.map(n => (isIP(n) === 4 ? node(0x87, Buffer.from(n.split('.').map(Number))) : node(0x82, Buffer.from(n))))
  return sequence(oid('551d11'), node(0x04, sequence(...entries)))
}

interface Wanted {
  readonly commonName: string
  readonly publicKey: KeyObject
  readonly issuer: { readonly commonName: string; readonly key: KeyObject }
  readonly extensions: readonly Buffer[]
}

let serial = 0
function certificate({ commonName, publicKey, issuer, extensions }: Wanted): Buffer {
  const body = sequence(
    node(0xa0, node(0x02, Buffer.from([2]))),
    node(0x02, Buffer.from([0x40, ++serial >> 8, serial & 255])),
    ecdsaWithSha256,
    name(issuer.commonName),
    sequence(time('20200101000000Z'), time('20991231235959Z')),
    name(commonName),
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length > 0 ? [node(0xa3, sequence(...extensions))] : []),
  )
  return sequence(body, ecdsaWithSha256, node(0x03, Buffer.from([0]), sign('sha256', body, issuer.key)))
}
