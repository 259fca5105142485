import { constants, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import { mediaTypes, type Reference } from '../../src/kinds/oci.ts'
import { type Digest, sha256 } from '../../src/lib/digest.ts'
import { judge } from '../../src/sources/verify/notation/judge.ts'
import { parsePolicy, statementFor } from '../../src/sources/verify/notation/policy.ts'
import { certificatesIn } from '../../src/sources/verify/notation/certificate.ts'
import { verifierOf, VerificationError } from '../../src/sources/verify/verify-reconciler.ts'
import { listenRegistry } from '../../src/sandbox/registry.ts'
import { realClock } from '../../src/world/clock/real.ts'
import { createHttp } from '../../src/world/http/client.ts'
import { openRegistries } from '../../src/world/registry/open.ts'
import type { Registry } from '../../src/world/registry/registry.ts'
import { noHttp } from '../support/no-http.ts'
import { pushBytes, pushSubject, signedVector } from '../support/signed.ts'
import { unending } from '../support/unending.ts'
import type { HostileCase, HostileClass } from './table.ts'

const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const strangers = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const publicKey = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString()
const payloadOf = (digest: string, type = 'cosign container image signature'): Buffer =>
  Buffer.from(JSON.stringify({ critical: { identity: {}, image: { 'docker-manifest-digest': digest }, type }, optional: null }))
const signed = (payload: Buffer, key = keys.privateKey): string => sign('sha256', payload, key).toString('base64')
const annotated = (signature: string): Record<string, string> => ({ 'dev.cosignproject.cosign/signature': signature })

interface Layer {
  readonly payload: Buffer
  readonly signature: string
}
type Manifest = (layers: readonly object[]) => Buffer
const plain: Manifest = layers =>
  Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.manifest, config: layers[0] ?? {}, layers }))

/** An artifact with signatures beside it as the case has them, held against the key. */
function beside(says: string, make: (digest: Digest) => { layers: readonly Layer[]; manifest?: Manifest }): HostileCase {
  return {
    says,
    code: 'VerificationError',
    async attack(room) {
      const server = await listenRegistry({ port: 0 })
      const http = createHttp({})
      const registry = await openRegistries({ http, clock: realClock, env: {}, home: room.root }).open(
        { credentials: { type: 'anonymous' } },
        'transfer',
      )
      try {
        const place = { registry: server.address, repository: 'x' }
        const digest = await pushSubject(registry, place)
        await pushSignatures(registry, { ...place, tag: `${digest.replace(':', '-')}.sig` }, make(digest))
        return await verdict(registry, { ...place, digest })
      } finally {
        await http.close()
        await server.close()
      }
    },
  }
}

async function pushSignatures(
  registry: Registry,
  at: Reference,
  { layers, manifest = plain }: { layers: readonly Layer[]; manifest?: Manifest },
): Promise<void> {
  const descriptors: object[] = []
  for (const { payload, signature } of layers) {
    const descriptor = { mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json', digest: sha256(payload), size: payload.length }
    await pushBytes(registry, at, { descriptor, bytes: payload })
    descriptors.push({ ...descriptor, annotations: annotated(signature) })
  }
  await registry.pushManifest(at, { mediaType: mediaTypes.manifest, bytes: manifest(descriptors) }, unending)
}

function verdict(registry: Registry, target: Reference & { digest: Digest }): Promise<string> {
  const data = { 'a.pub': Buffer.from(publicKey).toString('base64') }
  const cluster = { get: async () => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys' }, data }) } as never
  const hands = { clock: realClock, cluster, http: noHttp }
  return verifierOf(
    { provider: 'cosign', secretRef: { name: 'keys' } },
    { hands, registry, namespace: 'x', timeoutMs: 9000, signal: unending },
  )({ target, printed: 'x' })
}

const one = (payload: Buffer, signature = signed(payload)): { layers: Layer[] } => ({ layers: [{ payload, signature }] })
const good = (digest: Digest): Layer => ({ payload: payloadOf(digest), signature: signed(payloadOf(digest)) })
const other = sha256('another artifact')

const cosign: HostileClass = {
  name: 'signatures of cosign',
  cases: [
    beside('a payload that names another digest', () => one(payloadOf(other))),
    beside('a signature with its payload swapped', digest => one(payloadOf(digest), signed(payloadOf(other)))),
    beside('a signature by a stranger', digest => one(payloadOf(digest), signed(payloadOf(digest), strangers.privateKey))),
    beside('a signature that is cut', digest => one(payloadOf(digest), signed(payloadOf(digest)).slice(0, 20))),
    beside('no signature in the annotation', digest => one(payloadOf(digest), '')),
    beside('a signed payload of another type', digest => one(payloadOf(digest, 'atomic container signature'))),
    beside('a signed payload that is no JSON', () => one(Buffer.from('not JSON'))),
    beside('a signed payload that is nested without end', () => one(Buffer.from('['.repeat(60_000)))),
    beside('ten thousand layers', digest => ({
      layers: [good(digest)],
      manifest: ([layer = {}]) => plain(Array.from({ length: 10_000 }, () => layer)),
    })),
    beside('a payload that is told to be huge', digest => ({
      layers: [good(digest)],
      manifest: ([layer = {}]) => plain([{ ...layer, size: 2 ** 40 }]),
    })),
    beside('layers that are no list', digest => ({
      layers: [good(digest)],
      manifest: layers => Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.manifest, config: layers[0], layers: {} })),
    })),
  ],
}

const jws = signedVector('notation-jws-rsa-2048')
const cose = signedVector('notation-cose-ecdsa-p256')
const root = jws.secret['ca.crt'] ?? ''
const everything = {
  name: 'all',
  registryScopes: ['*'],
  signatureVerification: { level: 'strict' },
  trustStores: ['ca:any'],
  trustedIdentities: ['*'],
}

function blobOf(vector: typeof jws): Buffer {
  const text = vector.manifests[0]?.text ?? ''
  const { layers } = JSON.parse(text) as { layers: { digest: string }[] }
  return Buffer.from(vector.blobs[layers[0]?.digest ?? ''] ?? '', 'base64')
}

type Parts = { payload: string; protected: string; signature: string; header: { x5c: string[] } }
const parts = (): Parts => JSON.parse(blobOf(jws).toString()) as Parts
const protectedOf = (more: object): string => {
  const own = JSON.parse(Buffer.from(parts().protected, 'base64url').toString()) as object
  return Buffer.from(JSON.stringify({ ...own, ...more })).toString('base64url')
}
const text = (value: object): Buffer => Buffer.from(JSON.stringify(value))

/** An envelope, judged strictly with the authority of the vector trusted. */
function envelope(
  says: string,
  mediaType: 'application/jose+json' | 'application/cose',
  bytes: () => Buffer,
  now = Date.now(),
): HostileCase {
  return {
    says,
    code: 'failed',
    async attack() {
      const statement = statementFor(parsePolicy(text({ version: '1.0', trustPolicies: [everything] })), `x.io/x@${jws.digest}`)
      const artifact = { digest: jws.digest, mediaType: mediaTypes.manifest, size: sizeOf() }
      const verdict = await judge(
        { mediaType, bytes: bytes() },
        { statement, trusted: certificatesIn(Buffer.from(root), 'ca'), artifact, now },
      )
      return verdict.is
    },
  }
}

function sizeOf(): number {
  const { targetArtifact } = JSON.parse(Buffer.from(parts().payload, 'base64url').toString()) as { targetArtifact: { size: number } }
  return targetArtifact.size
}

/** Signs what a stranger says with a key of the stranger's own, below the certificates of the vector. */
function forged(header: object): Buffer {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const own = protectedOf(header)
  const pss = {
    key: createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: 32,
  }
  const signature = sign('sha256', Buffer.from(`${own}.${parts().payload}`), pss).toString('base64url')
  return text({ ...parts(), protected: own, signature })
}

const envelopes: HostileClass = {
  name: 'envelopes of notation',
  cases: [
    envelope('the algorithm none', 'application/jose+json', () =>
      text({ ...parts(), protected: protectedOf({ alg: 'none' }), signature: '' }),
    ),
    envelope('the algorithm HS256, keyed with the certificate', 'application/jose+json', () => forged({ alg: 'HS256' })),
    envelope('the algorithm of another key', 'application/jose+json', () => forged({ alg: 'ES256' })),
    envelope('a signature by a stranger below a good chain', 'application/jose+json', () => forged({})),
    envelope('a payload that was changed', 'application/jose+json', () =>
      text({ ...parts(), payload: text({ targetArtifact: { digest: other } }).toString('base64url') }),
    ),
    envelope('a chain without its root', 'application/jose+json', () =>
      text({ ...parts(), header: { x5c: parts().header.x5c.slice(0, 1) } }),
    ),
    envelope('a chain of thousands', 'application/jose+json', () =>
      text({ ...parts(), header: { x5c: Array.from({ length: 5000 }, () => parts().header.x5c[0]) } }),
    ),
    envelope('an authority of its own making', 'application/cose', () => blobOf(cose)),
    envelope('certificates that expired', 'application/jose+json', () => blobOf(jws), Date.now() + 200 * 365 * 86_400_000),
    envelope('critical headers that nobody knows', 'application/jose+json', () => forged({ crit: ['io.cncf.notary.signingScheme', 'x'] })),
    envelope('CBOR that is nested without end', 'application/cose', () =>
      Buffer.concat([Buffer.from([0xd2]), Buffer.alloc(1_000_000, 0x81)]),
    ),
    envelope('CBOR of a list of billions', 'application/cose', () => Buffer.from([0xd2, 0x9a, 0xff, 0xff, 0xff, 0xff])),
    envelope('CBOR with bytes of a terabyte', 'application/cose', () => Buffer.from([0xd2, 0x84, 0x5b, 0, 0, 1, 0, 0, 0, 0, 0])),
    envelope('CBOR with a length that comes later', 'application/cose', () => Buffer.from([0xd2, 0x9f, 0xff])),
    envelope('a COSE message that is cut', 'application/cose', () => blobOf(cose).subarray(0, 200)),
    envelope('JSON sent as COSE', 'application/cose', () => blobOf(jws)),
  ],
}

/** A trust policy that must not be taken. */
function refusedPolicy(says: string, document: unknown): HostileCase {
  return {
    says,
    code: 'refused',
    async attack() {
      try {
        statementFor(parsePolicy(Buffer.from(typeof document === 'string' ? document : JSON.stringify(document))), `x.io/x@${jws.digest}`)
        return 'taken'
      } catch (thrown) {
        if (thrown instanceof VerificationError || !(thrown instanceof Error)) throw thrown
        return thrown instanceof TypeError || thrown instanceof RangeError ? thrown.name : 'refused'
      }
    },
  }
}
const statements = (...list: object[]): object => ({
  version: '1.0',
  trustPolicies: list.map((s, i) => ({ ...everything, name: `s${i}`, ...s })),
})

const policies: HostileClass = {
  name: 'trust policies of notation',
  cases: [
    refusedPolicy('no JSON', '{'),
    refusedPolicy('JSON that is nested without end', '['.repeat(500_000)),
    refusedPolicy('a version of tomorrow', { ...statements({}), version: '9.0' }),
    refusedPolicy('statements that are no objects', { version: '1.0', trustPolicies: [1, null, 'x'] }),
    refusedPolicy('two statements for everything', statements({}, {})),
    refusedPolicy('everything beside one repository', statements({ registryScopes: ['*', 'x.io/x'] })),
    refusedPolicy('a wildcard inside a scope', statements({ registryScopes: ['x.io/*'] })),
    refusedPolicy('a level named after a method', statements({ signatureVerification: { level: 'toString' } })),
    refusedPolicy('integrity that is skipped', statements({ signatureVerification: { level: 'strict', override: { integrity: 'skip' } } })),
    refusedPolicy(
      'authenticity that is skipped',
      statements({ signatureVerification: { level: 'strict', override: { authenticity: 'skip' } } }),
    ),
    refusedPolicy('a store that climbs', statements({ trustStores: ['ca:../../etc'] })),
    refusedPolicy('any identity beside one', statements({ trustedIdentities: ['*', 'x509.subject:C=DE,ST=B,O=E'] })),
    refusedPolicy(
      'names that overlap',
      statements({ trustedIdentities: ['x509.subject:C=DE,ST=B,O=E', 'x509.subject:C=DE,ST=B,O=E,CN=x'] }),
    ),
    refusedPolicy('a name of escapes', statements({ trustedIdentities: [`x509.subject:${'\\'.repeat(10_001)}`] })),
  ],
}

export const classes: readonly HostileClass[] = [cosign, envelopes, policies]
