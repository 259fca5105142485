// Makes revocation.json of this folder with OpenSSL: certificates that say where to ask, and what is answered there.
import { execFileSync } from 'node:child_process'
import { sign, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-vectors-'))
const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
const text = (name: string): string => readFileSync(join(folder, name), 'utf8')
const base64 = (name: string): string => readFileSync(join(folder, name)).toString('base64')
const write = (name: string, content: string): void => writeFileSync(join(folder, name), content)

write('index', '')
write('number', '01')
write(
  'ca.cnf',
  `[ca]
default_ca=own
[own]
database=${folder}/index
new_certs_dir=${folder}
serial=${folder}/serial
crlnumber=${folder}/number
default_md=sha256
default_days=36500
default_crl_days=36500
policy=any
unique_subject=no
[any]
countryName=optional
stateOrProvinceName=optional
organizationName=optional
commonName=supplied
[leaf]
keyUsage=critical,digitalSignature
extendedKeyUsage=codeSigning
authorityInfoAccess=OCSP;URI:http://ocsp.example.com
crlDistributionPoints=URI:http://lists.example.com/ca.crl
[listed]
keyUsage=critical,digitalSignature
extendedKeyUsage=codeSigning
crlDistributionPoints=URI:http://lists.example.com/ca.crl
[responder]
keyUsage=critical,digitalSignature
extendedKeyUsage=OCSPSigning
[plain]
keyUsage=critical,digitalSignature
`,
)
const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
const subject = (name: string): string => `/C=DE/ST=Berlin/O=Example/CN=${name}`
openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', subject('authority'), '-days', '36500', '-addext', 'keyUsage=critical,keyCertSign,cRLSign')
write('serial', '1000')
for (const [name, extensions] of [['leaf', 'leaf'], ['revoked', 'leaf'], ['listed', 'listed'], ['listed-revoked', 'listed'], ['responder', 'responder'], ['plain', 'plain']] as const) {
  openssl('req', '-new', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject(name))
  openssl('ca', '-batch', '-config', 'ca.cnf', '-cert', 'ca.crt', '-keyfile', 'ca.key', '-notext', '-in', `${name}.csr`, '-out', `${name}.crt`, '-extensions', extensions)
}
openssl('ca', '-config', 'ca.cnf', '-cert', 'ca.crt', '-keyfile', 'ca.key', '-gencrl', '-out', 'empty.crl')
for (const name of ['revoked', 'listed-revoked']) openssl('ca', '-config', 'ca.cnf', '-cert', 'ca.crt', '-keyfile', 'ca.key', '-revoke', `${name}.crt`, '-crl_reason', 'keyCompromise')
openssl('ca', '-config', 'ca.cnf', '-cert', 'ca.crt', '-keyfile', 'ca.key', '-gencrl', '-out', 'full.crl')
openssl('ca', '-config', 'ca.cnf', '-cert', 'ca.crt', '-keyfile', 'ca.key', '-gencrl', '-crldays', '1', '-out', 'short.crl')
for (const name of ['empty', 'full', 'short']) openssl('crl', '-in', `${name}.crl`, '-outform', 'DER', '-out', `${name}.der`)

function answered(name: string, { of, by, days = 36_500, index = 'index' }: { of: string; by: string; days?: number; index?: string }): void {
  openssl('ocsp', '-issuer', 'ca.crt', '-cert', `${of}.crt`, '-reqout', 'request', '-no_nonce')
  openssl('ocsp', '-index', index, '-CA', 'ca.crt', '-rsigner', `${by}.crt`, '-rkey', `${by}.key`, '-reqin', 'request', '-respout', name, '-ndays', String(days), ...(by === 'ca' ? ['-resp_no_certs'] : []))
}
write('none', '')
answered('good', { of: 'leaf', by: 'ca' })
answered('good-delegated', { of: 'leaf', by: 'responder' })
answered('good-stranger', { of: 'leaf', by: 'plain' })
answered('revoked', { of: 'revoked', by: 'responder' })
answered('unknown', { of: 'leaf', by: 'ca', index: 'none' })
answered('short', { of: 'leaf', by: 'ca', days: 1 })

const certificates = Object.fromEntries(['ca', 'leaf', 'revoked', 'listed', 'listed-revoked'].map(name => [name, text(`${name}.crt`)]))
const answers = Object.fromEntries(['good', 'good-delegated', 'good-stranger', 'revoked', 'unknown', 'short'].map(name => [name, base64(name)]))
const lists = Object.fromEntries(['empty', 'full', 'short'].map(name => [name, base64(`${name}.der`)]))

/** A signature as notation writes it, of an artifact that is nowhere. */
function envelope(name: string): string {
  const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const scheme = 'io.cncf.notary.signingScheme'
  const header = { alg: 'ES256', crit: [scheme], cty: 'application/vnd.cncf.notary.payload.v1+json', 'io.cncf.notary.signingTime': new Date().toISOString().replace(/\.\d+/, ''), [scheme]: 'notary.x509' }
  const target = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: `sha256:${'0'.repeat(64)}`, size: 2 }
  const [own, payload] = [base64url(header), base64url({ targetArtifact: target })]
  const signature = sign('sha256', Buffer.from(`${own}.${payload}`), { key: text(`${name}.key`), dsaEncoding: 'ieee-p1363' }).toString('base64url')
  const x5c = [name, 'ca'].map(certificate => new X509Certificate(text(`${certificate}.crt`)).raw.toString('base64'))
  return JSON.stringify({ payload, protected: own, header: { 'io.cncf.notary.signingAgent': 'test', x5c }, signature })
}

const envelopes = Object.fromEntries(['leaf', 'revoked', 'plain'].map(name => [name, envelope(name)]))
writeFileSync(join(import.meta.dirname, 'revocation.json'), `${JSON.stringify({ certificates, envelopes, answers, lists }, null, 1)}\n`)
rmSync(folder, { recursive: true, force: true })
