// Makes the vectors of this folder with the real tools: node test/vectors/verify/make.ts [name…]
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findProgram } from '../../../scripts/refs/cache.ts'
import { listenRegistry } from '../../../src/sandbox/registry.ts'
import { openAdapter } from '../../support/registries.ts'
import { dumpOf, pushSubject } from '../../support/signed.ts'
import { startAuthorities } from './authorities.ts'

const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-vectors-'))
const server = await listenRegistry({ port: 0 })
const { registry, close } = await openAdapter('builtin')
const env = { PATH: process.env.PATH, HOME: folder, COSIGN_PASSWORD: '', SIGSTORE_NO_CACHE: 'true' }

async function run(program: string, ...args: string[]): Promise<void> {
  await promisify(execFile)(findProgram(program) ?? program, args, { cwd: folder, env, timeout: 20_000 })
}
const file = (name: string): string => readFileSync(join(folder, name), 'utf8')

const keys: Readonly<Record<string, readonly string[]>> = {
  'ecdsa-p256': ['ecparam', '-name', 'prime256v1', '-genkey', '-noout'],
  'ecdsa-p384': ['ecparam', '-name', 'secp384r1', '-genkey', '-noout'],
  'ecdsa-p521': ['ecparam', '-name', 'secp521r1', '-genkey', '-noout'],
  'rsa-2048': ['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  'rsa-3072': ['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:3072'],
  ed25519: ['genpkey', '-algorithm', 'ed25519'],
}

async function cosignKey(name: string): Promise<void> {
  await run('openssl', ...(keys[name] ?? []), '-out', `${name}.pem`)
  await run('openssl', 'pkcs8', '-topk8', '-nocrypt', '-in', `${name}.pem`, '-out', `${name}.p8`)
  await run('cosign', 'import-key-pair', '--key', `${name}.p8`, '--output-key-prefix', name, '--yes')
}

const offline = ['--tlog-upload=false', '--yes']
type Maker = (at: string) => Promise<Record<string, string>>

function cosigned(...names: string[]): Maker {
  return async at => {
    for (const name of names) await run('cosign', 'sign', '--key', `${name}.key`, ...offline, at)
    return Object.fromEntries(names.map(name => [`${name}.pub`, file(`${name}.pub`)]))
  }
}

/** Signs as older versions of cosign did: with SHA-256 whatever the key, and Ed25519 without a hash before it. */
function attached(name: string): Maker {
  return async at => {
    const { stdout } = await promisify(execFile)(findProgram('cosign') ?? 'cosign', ['generate', at], { cwd: folder, env, timeout: 20_000 })
    writeFileSync(join(folder, 'payload'), stdout)
    const how = name === 'ed25519' ? ['pkeyutl', '-rawin', '-in', 'payload', '-inkey'] : ['dgst', '-sha256', '-sign']
    await run('openssl', ...how, `${name}.p8`, ...(name === 'ed25519' ? ['-sign'] : []), '-out', 'raw', ...(name === 'ed25519' ? [] : ['payload']))
    writeFileSync(join(folder, 'signature'), readFileSync(join(folder, 'raw')).toString('base64'))
    await run('cosign', 'attach', 'signature', '--payload', 'payload', '--signature', 'signature', at)
    return { [`${name}.pub`]: file(`${name}.pub`) }
  }
}

/** Signs without a key. The Secret has the trusted root: no product reads it from there. */
const keyless: Maker = async at => {
  const authorities = await startAuthorities(folder)
  Object.assign(env, authorities.env)
  const { url, token } = authorities
  await run('cosign', 'sign', '--fulcio-url', url, '--rekor-url', url, '--identity-token', token, '--yes', at)
  await authorities.close()
  return { 'trusted_root.json': JSON.stringify(authorities.trustedRoot) }
}

const usage = 'keyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\n'
writeFileSync(join(folder, 'leaf.cnf'), usage)
const subject = (name: string): string => `/C=DE/ST=Berlin/O=Example/CN=${name}`

async function certificates(name: string, key: string): Promise<void> {
  const days = ['-days', '36500']
  await run('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', subject('authority'), ...days, '-addext', 'keyUsage=critical,keyCertSign')
  await run('openssl', ...(keys[key] ?? []), '-out', `${name}.raw`)
  await run('openssl', 'pkcs8', '-topk8', '-nocrypt', '-in', `${name}.raw`, '-out', `${name}.key`)
  await run('openssl', 'req', '-new', '-key', `${name}.key`, '-subj', subject('signer'), '-out', `${name}.csr`)
  await run('openssl', 'x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'leaf.cnf', '-out', `${name}.leaf`, ...days)
  writeFileSync(join(folder, `${name}.chain`), file(`${name}.leaf`) + file('ca.crt'))
}

function notated(format: 'jws' | 'cose', key: string, expiry: string[] = []): Maker {
  return async at => {
    await certificates('notation', key)
    await run('notation', at, 'notation.key', 'notation.chain', format, ...expiry)
    return { 'ca.crt': file('ca.crt') }
  }
}

const makers: Readonly<Record<string, Maker>> = {
  ...Object.fromEntries(Object.keys(keys).map(name => [`cosign-${name}`, cosigned(name)])),
  'cosign-ed25519': attached('ed25519'),
  'cosign-ecdsa-p384-sha256': attached('ecdsa-p384'),
  'cosign-several': cosigned('ecdsa-p256', 'rsa-2048'),
  'cosign3-bundle': async at => {
    await run('cosign3', 'sign', '--key', 'ecdsa-p256.key', '--use-signing-config=false', ...offline, at)
    return { 'ecdsa-p256.pub': file('ecdsa-p256.pub') }
  },
  'cosign3-as-before': async at => {
    await run('cosign3', 'sign', '--key', 'ecdsa-p256.key', '--use-signing-config=false', '--new-bundle-format=false', ...offline, at)
    return { 'ecdsa-p256.pub': file('ecdsa-p256.pub') }
  },
  'cosign-keyless': keyless,
  'notation-jws-rsa-2048': notated('jws', 'rsa-2048'),
  'notation-jws-ecdsa-p384': notated('jws', 'ecdsa-p384'),
  'notation-cose-ecdsa-p256': notated('cose', 'ecdsa-p256'),
  'notation-cose-rsa-3072': notated('cose', 'rsa-3072'),
  'notation-jws-expires': notated('jws', 'ecdsa-p256', ['24h']),
  'notation-cose-expires': notated('cose', 'ecdsa-p521', ['24h']),
}

const wanted = process.argv.slice(2)
for (const name of Object.keys(keys)) await cosignKey(name)
for (const [name, make] of Object.entries(makers)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const place = { registry: server.address, repository: `vectors/${name}` }
  const digest = await pushSubject(registry, place)
  const secret = await make(`${server.address}/vectors/${name}@${digest}`)
  writeFileSync(join(import.meta.dirname, `${name}.json`), `${JSON.stringify({ secret, ...(await dumpOf(registry, place, digest)) }, null, 1)}\n`)
  console.log(name)
}
await close()
await server.close()
rmSync(folder, { recursive: true, force: true })
