import { gzipSync } from 'node:zlib'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { archive, end, entry, record, type Said } from '../support/archives.ts'
import { signedVector } from '../support/signed.ts'
import { certificateAuthority } from '../support/certificates.ts'
import { secretObject } from '../support/secrets.ts'
import { type Scenario, source, sourceRef, type Step } from './scenarios.ts'

const client = certificateAuthority().issue('client')
const tree = {
  'a.yaml': 'a: 1\n',
  'b/c.yaml': 'c: 1\n',
  'b/.sourceignore': 'd.yaml\n',
  'b/d.yaml': 'd: 1\n',
  'e.txt': 'e\n',
  'f.jpg': 'f\n',
  '.github/g.yaml': 'g: 1\n',
  'ü/日本.yaml': 'h: 1\n',
  [`${'long/'.repeat(30)}i.yaml`]: 'i: 1\n',
}

const f = (name: string, content = name, more: Said = {}): Buffer => entry(name, { content, ...more })
const ignored = (patterns: string, ...names: string[]): Buffer => archive(f('.sourceignore', patterns), ...names.map(name => f(name)))
/** Few enough a scenario that client-go does not fold their events. */
const unpacked = [
  archive(
    f('run', 'x', { mode: '0000755\0' }),
    f('plain'),
    f('secret', 'x', { mode: '0000600\0' }),
    f('setuid', 'x', { mode: '0004711\0' }),
    f('others', 'x', { mode: '0000645\0' }),
    entry('empty/', { flag: '5', mode: '0000777\0' }),
    entry('deep/er/', { flag: '5', mode: '0000700\0' }),
  ),
  archive(f('a', '1', { mode: '0000755\0' }), f('./a', '2'), f('b//c'), f('./d/./e')),
  archive(entry('link', { flag: '2', link: '/etc/passwd' }), f('a')),
  archive(entry('pax_global_header', { flag: 'g', content: record('comment', 'x') }), f('a')),
  archive(entry('././@LongLink', { flag: 'L', content: `${'l'.repeat(200)}\0` }), f('cut')),
  archive(entry('x', { flag: 'x', content: record('path', 'ünï/çödé.yaml') }), f('cut'), f('z'), f('Z'), f('a-b'), f('a.b'), f('a/b')),
  archive(f('a'), end, f('after')),
  archive(),
]
const filtered = [
  ignored('*.yaml\n!b.yaml\n', 'a.yaml', 'b.yaml', 'c.txt', 'd/a.yaml', 'd/b.yaml'),
  ignored(
    '/a\nb/\n!b/keep\nc/**/d\n[!x].md\n[^y].txt\n',
    'a',
    'x/a',
    'b/keep',
    'b/lose',
    'c/d',
    'c/e/d',
    'c/e/f/d',
    'x.md',
    '!.md',
    'y.txt',
    'z.txt',
  ),
  ignored('# only a comment\n\n   \n', 'a.jpg', '.github/x', 'b.yaml'),
  ignored('\\#x\n\\!y\nz\\ \n  w\n?q\n', '#x', '!y', 'z ', 'z', '  w', 'w', 'aq', 'q'),
  ignored('**/v\n**.w\nx/**\n/y/*/z\n', 'v', 'a/v', 'a.w', 'b/c.w', 'x/a', 'x/b/c', 'y/a/z', 'y/a/b/z', 'y/z'),
]
const refused = [
  archive(f('../escape')),
  archive(f('/absolute')),
  archive(f('a\\b')),
  archive(entry('device', { flag: '3' })),
  archive(entry('pipe', { flag: '6' })),
  archive(f('a')).subarray(0, 40),
  gzipSync('x'.repeat(1000)),
  Buffer.from('no gzip, and long enough for a header'),
  archive(f('a', 'x', { mode: '000zzzz\0' })),
]

interface Story {
  readonly name: string
  readonly steps: (namespace: string, url: string) => Step[]
}

const secret = (namespace: string, name: string, type: string, data: Record<string, string>): KubeObject =>
  secretObject({ namespace, name, type }, data)
const keysOf = (namespace: string, name: string, vector: string): KubeObject =>
  secret(namespace, name, 'Opaque', signedVector(vector).secret)
const byCosign = (name: string): JsonObject => ({ provider: 'cosign', secretRef: { name } })
const byNotation = (name: string): JsonObject => ({ provider: 'notation', secretRef: { name } })

/** A policy for everything, of the level of its name, else strict; the authority is that of the vector. */
function policyOf(namespace: string, name: string, vector = 'notation-cose-ecdsa-p256'): KubeObject {
  const level = name === 'foreign' ? 'strict' : name
  const statement = { name, registryScopes: ['*'], signatureVerification: { level }, trustStores: ['ca:any'], trustedIdentities: ['*'] }
  const policy = JSON.stringify({ version: '1.0', trustPolicies: [statement] })
  return secret(namespace, name, 'Opaque', { ...signedVector(vector).secret, 'trustpolicy.json': policy })
}

const account = (namespace: string, name: string, secrets: string[]): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, namespace },
  imagePullSecrets: secrets.map(one => ({ name: one })),
})

/** One step a spec, each with what must be there before. */
const specs = (namespace: string, url: string, list: readonly (readonly [spec: JsonObject, ...before: KubeObject[]])[]): Step[] =>
  list.map(([spec, ...before]) => ({ apply: [...before, source(namespace, { url, ...spec })] }))

/** One step a layer. */
const layers = (namespace: string, url: string, list: readonly Buffer[]): Step[] =>
  list.map((layer, i) => ({ layer, ...(i === 0 ? { apply: [source(namespace, { url })] } : {}) }))

const stories: readonly Story[] = [
  {
    name: 'sources-content',
    steps: (n, url) => [
      { push: tree, apply: [source(n, { url })] },
      {},
      { push: { ...tree, 'a.yaml': 'a: 2\n' } },
      ...specs(n, url, [
        [{ ignore: '*.txt\n!/b/d.yaml\n' }],
        [{ ignore: '# nothing\n' }],
        [{ ignore: '' }],
        [{ ignore: '/*\n!/b\n' }],
        [{ layerSelector: {} }],
        [{ layerSelector: { operation: 'copy' } }],
        [{ layerSelector: { mediaType: 'application/vnd.cncf.flux.content.v1.tar+gzip', operation: 'extract' } }],
        [{ layerSelector: { mediaType: 'application/other' } }],
        [{}],
      ]),
      { remove: [sourceRef(n)], run: [sourceRef(n)] },
    ],
  },
  {
    name: 'sources-references',
    steps: (n, url) => [
      { push: tree, tags: ['latest', '1.0.0', 'v1.1.0', '1.2.0-rc.1', 'other'], apply: [source(n, { url })] },
      ...specs(n, url, [
        [{ ref: { tag: 'other' } }],
        [{ ref: { semver: '1.x' } }],
        [{ ref: { semver: '>=1.0.0-0', semverFilter: '.*-rc.*' } }],
        [{ ref: { semver: '>= 2' } }],
        [{ ref: { semver: 'one' } }],
        [{ ref: { semver: '1.x', semverFilter: '(' } }],
        [{ ref: { tag: 'absent' } }],
        [{ ref: { digest: 'invalid' } }],
        [{ ref: { digest: 'sha256:xyz' } }],
        [{ ref: { digest: 'md5:abc' } }],
        [{ ref: { digest: 'sha256:abc' } }],
        [{ ref: { digest: `sha256:${'0'.repeat(64)}` } }],
        [{}],
      ]),
      { apply: [source(n, { url: `${url}:v1` })] },
      { apply: [source(n, { url: `${url}:v1`, suspend: true })] },
      { apply: [source(n, { url: `${url}/not/there` })] },
      { apply: [source(n, { url: `${url.toUpperCase().replace('OCI://', 'oci://')}` })] },
      { apply: [source(n, { url })] },
    ],
  },
  {
    name: 'sources-unpacked',
    steps: (n, url) => [...layers(n, url, unpacked), { apply: [source(n, { url, ignore: '*\r\n!a\r\n' })] }],
  },
  { name: 'sources-filtered', steps: (n, url) => [...layers(n, url, filtered), { apply: [source(n, { url, ignore: '!*\n' })] }] },
  { name: 'sources-refused', steps: (n, url) => layers(n, url, refused) },
  {
    name: 'sources-first-failure',
    steps: (n, url) => [{ apply: [source(n, { url, ref: { tag: 'absent' } })] }, {}, { apply: [source(n, { url: `${url}:v1` })] }],
  },
  {
    name: 'sources-verified',
    steps: (n, url) => [
      { signed: 'cosign-ecdsa-p256', apply: [keysOf(n, 'keys', 'cosign-ecdsa-p256'), source(n, { url, verify: byCosign('keys') })] },
      { apply: [keysOf(n, 'others', 'cosign-rsa-2048'), source(n, { url, verify: byCosign('others') })] },
      { apply: [source(n, { url, verify: byCosign('absent') })] },
      { apply: [secret(n, 'junk', 'Opaque', { 'a.pub': 'junk' }), source(n, { url, verify: byCosign('junk') })] },
      { apply: [source(n, { url, verify: byCosign('keys') })] },
      { apply: [source(n, { url })] },
    ],
  },
  {
    name: 'sources-notation',
    steps: (n, url) => [
      {
        signed: 'notation-cose-ecdsa-p256',
        apply: [policyOf(n, 'strict'), source(n, { url, insecure: true, verify: byNotation('strict') })],
      },
      { apply: [policyOf(n, 'skip'), source(n, { url, insecure: true, verify: byNotation('skip') })] },
      { apply: [policyOf(n, 'audit', 'notation-jws-rsa-2048'), source(n, { url, insecure: true, verify: byNotation('audit') })] },
      { apply: [policyOf(n, 'foreign', 'notation-jws-rsa-2048'), source(n, { url, insecure: true, verify: byNotation('foreign') })] },
      { apply: [keysOf(n, 'bare', 'notation-jws-rsa-2048'), source(n, { url, insecure: true, verify: byNotation('bare') })] },
      { apply: [source(n, { url, insecure: true, verify: { provider: 'notation' } })] },
      { apply: [source(n, { url })] },
    ],
  },
  {
    name: 'sources-access',
    steps: (n, url) => [
      { push: tree, apply: [source(n, { url })] },
      ...specs(n, url, [
        [{ secretRef: { name: 'absent' } }],
        [{ serviceAccountName: 'absent' }],
        [{ serviceAccountName: 'bare' }, account(n, 'bare', [])],
        [{ serviceAccountName: 'bare', provider: 'aws' }],
        [{ serviceAccountName: 'dangling' }, account(n, 'dangling', ['absent'])],
        [
          { secretRef: { name: 'elsewhere' } },
          secret(n, 'elsewhere', 'kubernetes.io/dockerconfigjson', { '.dockerconfigjson': '{"auths":{}}' }),
        ],
        [{ secretRef: { name: 'plain' }, provider: 'gcp' }, secret(n, 'plain', 'Opaque', { a: 'b' })],
        [{ certSecretRef: { name: 'absent' } }],
        [{ certSecretRef: { name: 'bad-ca' } }, secret(n, 'bad-ca', 'Opaque', { 'ca.crt': 'junk' })],
        [{ certSecretRef: { name: 'bad-key' } }, secret(n, 'bad-key', 'Opaque', { 'tls.crt': client.cert, 'tls.key': 'junk' })],
        [{ certSecretRef: { name: 'half' } }, secret(n, 'half', 'Opaque', { 'tls.crt': client.cert })],
        [{ certSecretRef: { name: 'elsewhere' } }],
        [{ proxySecretRef: { name: 'absent' } }],
        [{ proxySecretRef: { name: 'no-address' } }, secret(n, 'no-address', 'Opaque', { username: 'user' })],
        [{}],
      ]),
    ],
  },
]

/** What sources alone do, on a registry at `host:port`. */
export function sourceScenarios(registry: string): Scenario[] {
  return stories.map(({ name, steps }) => ({ name, watched: [sourceRef(name)], steps: steps(name, `oci://${registry}/${name}`) }))
}
