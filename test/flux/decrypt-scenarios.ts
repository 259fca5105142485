import { createMessage, encrypt, generateKey, readKey } from 'openpgp'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { alice, bob, seal, written } from '../support/sops.ts'
import { kustomization, type Scenario, type Story, told } from './scenarios.ts'

const dataKey = Buffer.alloc(32, 3)
const rule = { encrypted_regex: '^(data|stringData)$' }
const how = {
  groups: [[alice.recipient]],
  dataKey,
  sealed: (path: readonly string[]): boolean => /^(?:data|stringData)$/.test(path[0] ?? ''),
}

const secret = (name: string, stringData: JsonObject): JsonObject => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData })
const whole = await seal(secret('whole', { user: 'root', pass: 'hunter22' }), { ...how, metadata: rule })
const raw = await seal(
  { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'raw' }, data: { pass: 'hunter22' } },
  { ...how, metadata: rule },
)
const config = await seal(
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { level: 'high', empty: '' } },
  { ...how, metadata: rule },
)
const patch = await seal(secret('patched', { more: 'value' }), { ...how, metadata: rule })
const env = written(await seal({ word: 'swordfish', lines: 'a\nb' }, { groups: how.groups }), 'env')
const ini = written(await seal({ config: { key: 'value', longer: 'more' } }, { groups: how.groups }), 'ini')
const document = written(
  await seal({ user: 'root', list: [1, true, 1.5, null], nested: { text: 'a\nb\n' } }, { groups: how.groups }),
  'yaml',
)
const binary = written(await seal({ data: 'some bytes' }, { groups: how.groups }), 'json')

const pgp = await generateKey({ userIDs: [{ name: 'flux' }] })
const publicKey = await readKey({ armoredKey: pgp.publicKey })
const enc = String(await encrypt({ message: await createMessage({ binary: dataKey }), encryptionKeys: publicKey }))
const fp = publicKey.getFingerprint().toUpperCase()
const forPgp = await seal(secret('whole', { pass: 'hunter22' }), {
  ...how,
  groups: [],
  metadata: { ...rule, pgp: [{ fp, created_at: '2026-01-01T00:00:00Z', enc }] },
})

const keys = (namespace: string, stringData: JsonObject): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'keys', namespace },
  stringData,
})
const decryption = { decryption: { provider: 'sops', secretRef: { name: 'keys' } } }
const tree = (resources: Record<string, JsonObject>, more: JsonObject = {}): ((namespace: string) => Record<string, string>) => {
  const files = Object.fromEntries(Object.entries(resources).map(([name, object]) => [name, JSON.stringify(object)]))
  return namespace => ({ 'kustomization.yaml': JSON.stringify({ namespace, resources: Object.keys(files), ...more }), ...files })
}

const everything = (namespace: string): Record<string, string> => ({
  ...tree(
    { 'whole.json': whole, 'settings.json': config, 'patched.json': secret('patched', { key: 'plain' }) },
    {
      patches: [{ path: 'patch.yaml' }],
      generatorOptions: { disableNameSuffixHash: true },
      secretGenerator: [
        { name: 'env', envs: ['a.env'] },
        { name: 'files', files: ['key.yaml=document.yaml', 'app.ini', 'bytes=a.bin', 'ini.yaml=app.ini'] },
      ],
      configMapGenerator: [{ name: 'env', envs: ['a.env'] }],
    },
  )(namespace),
  'patch.yaml': written(patch, 'yaml'),
  'a.env': env,
  'app.ini': ini,
  'document.yaml': document,
  'a.bin': binary,
})

const stories: readonly Story[] = [
  {
    name: 'sops-age',
    ks: decryption,
    files: everything,
    more: n => [
      { apply: [keys(n, { 'a.agekey': `# a comment\n\n${alice.identity}\n`, 'other.txt': 'passed over' })] },
      { apply: [keys(n, { 'a.agekey': bob.identity })] },
      { apply: [keys(n, { 'a.agekey': 'garbage' })] },
      {
        apply: [keys(n, { 'a.agekey': alice.identity }), kustomization(n, { decryption: { provider: 'sops', serviceAccountName: 'foo' } })],
      },
    ],
  },
  {
    name: 'sops-pgp',
    ks: decryption,
    files: tree({ 'whole.json': forPgp }),
    more: n => [{ apply: [keys(n, { 'a.asc': pgp.privateKey })] }, { apply: [keys(n, { 'a.asc': 'garbage' })] }],
  },
  { name: 'sops-without-keys', ks: { decryption: { provider: 'sops' } }, files: tree({ 'whole.json': whole }) },
  { name: 'sops-not-decrypted', files: tree({ 'raw.json': raw }) },
]

/** What SOPS encrypted, for age and OpenPGP. */
export function decryptScenarios(registry: string): Scenario[] {
  return told(
    stories.map(story => ({ ...story, unlike: true })),
    registry,
  )
}
