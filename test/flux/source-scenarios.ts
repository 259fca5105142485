import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { certificateAuthority } from '../support/certificates.ts'
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

interface Story {
  readonly name: string
  readonly steps: (namespace: string, url: string) => Step[]
}

const secret = (namespace: string, name: string, type: string, data: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace },
  type,
  data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
})
const account = (namespace: string, name: string, secrets: string[]): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, namespace },
  imagePullSecrets: secrets.map(one => ({ name: one })),
})

/** One step a spec, each with what must be there before. */
const specs = (namespace: string, url: string, list: readonly (readonly [spec: JsonObject, ...before: KubeObject[]])[]): Step[] =>
  list.map(([spec, ...before]) => ({ apply: [...before, source(namespace, { url, ...spec })] }))

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
    name: 'sources-first-failure',
    steps: (n, url) => [{ apply: [source(n, { url, ref: { tag: 'absent' } })] }, {}, { apply: [source(n, { url: `${url}:v1` })] }],
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
