import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { conditionOf } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { printAll } from '../../src/lib/yaml.ts'
import { verifies } from '../conformance/verifies.ts'
import { bareKms } from '../support/kms.ts'
import { alice, bob, type Seal, seal } from '../support/sops.ts'
import { config, deployment, secret } from './objects.ts'
import type { Server } from './servers.ts'
import { readyOf, type Stage } from './stage.ts'

const applied = (n: number): string => `True ReconciliationSucceeded: Applied revision: v${n}`
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const decryption = { decryption: { provider: 'sops', secretRef: { name: 'keys' } } }
const rule = { encrypted_regex: '^(data|stringData|spec)$' }
const forAlice: Seal = {
  groups: [[alice.recipient]],
  metadata: rule,
  sealed: path => ['data', 'stringData', 'spec'].includes(path[0] ?? ''),
}
const sealed = async (object: KubeObject, how: Seal = forAlice): Promise<KubeObject> =>
  (await seal(object as JsonObject, how)) as KubeObject
const keys = (
  s: Stage,
  stringData: Record<string, string> = { 'alice.agekey': `# a comment\n\n${alice.identity}\n` },
): Promise<KubeObject> => s.apply(secret(s.namespace, 'keys', { stringData }))

/** Decryption as it reaches a Kubernetes API. Spec: kustomization 6. */
export function sopsCases({ stage }: Server): void {
  verifies('kustomization/D1', 'a Secret that is still encrypted fails the run; what only has such a field does not', async () => {
    const s = await stage('d1')
    const ks = await s.ship([{ ...secret('d1', 'open'), sops: true }])
    assert.equal(
      readyOf(ks),
      'False ReconciliationFailed: Secret/d1/open is SOPS encrypted, configuring decryption is required for this secret to be reconciled',
    )
    const other = await s.ship([{ ...deployment('d1', 'web'), sops: true } as KubeObject], { timeout: '30s' })
    assert.doesNotMatch(readyOf(other), /SOPS encrypted/)
  })

  test('whole objects of any kind are decrypted after the build, before variables and names', async () => {
    const s = await stage('whole')
    await keys(s)
    const objects = await Promise.all([
      sealed(secret('whole', 'login', { stringData: { user: 'root', pass: '${word}' } })),
      sealed(config('whole', 'settings', { level: 'high', empty: '' })),
      sealed({ ...secret('whole', 'plain', { data: { key: base64('value') } }) }),
    ])
    const ks = await s.ship(objects, { ...decryption, namePrefix: 'my-', postBuild: { substitute: { word: 'hunter22' } } })
    assert.equal(readyOf(ks), applied(1))
    assert.deepEqual((await s.get(secret('whole', 'my-login')))?.data, { user: base64('root'), pass: base64('hunter22') })
    assert.deepEqual((await s.get(config('whole', 'my-settings')))?.data, { level: 'high', empty: '' })
    assert.deepEqual((await s.get(secret('whole', 'my-plain')))?.data, { key: base64('value') })
  })

  verifies('kustomization/D21', 'the same content at another revision says that the run finished, and nothing else', async () => {
    const s = await stage('d21')
    await keys(s)
    const object = await sealed(secret('d21', 'login', { stringData: { pass: 'hunter22' } }))
    assert.equal(readyOf(await s.ship([object], decryption)), applied(1))
    const before = (await s.events()).length
    assert.equal(readyOf(await s.ship([object], decryption)), applied(2))
    assert.deepEqual((await s.events()).slice(before), ['Normal ReconciliationSucceeded Reconciliation finished in T, next run in 10m0s'])
  })

  verifies('kustomization/D4', 'no Secret is needed where nothing is encrypted; one that is named must be there', async () => {
    const s = await stage('d4')
    assert.equal(readyOf(await s.ship([config('d4', 'c')], { decryption: { provider: 'sops' } })), applied(1))
    assert.equal(readyOf(await s.ship([config('d4', 'c')], decryption)), 'False BuildFailed: secrets "keys" not found')
  })

  verifies('kustomization/D2', 'an entry of the Secret that cannot be read fails the build, and none of it is told', async () => {
    const s = await stage('d2')
    const failing: [entry: string, content: string, why: RegExp][] = [
      ['a.agekey', 'garbage', /failed to parse and add to age identities: unknown identity type$/],
      ['a.agekey', 'AGE-SECRET-KEY-1GARBAGE', /failed to parse and add to age identities: malformed secret key$/],
      ['pgp.asc', 'garbage', /failed to import armored key data into GnuPG keyring: no valid OpenPGP data found$/],
      ['sops.azure-kv', '{"tenantId": "garbage"}', /invalid data: requires a 'clientId' field/],
      ['sops.azure-kv', '{"tenantId": "garbage', /failed to unmarshal Azure authentication file/],
      ['sops.aws-kms', '[garbage]', /failed to unmarshal AWS credentials file/],
      ['sops.gcp-kms', 'garbage', /invalid character/],
    ]
    for (const [entry, content, why] of failing) {
      await s.apply(secret('d2', 'keys', { data: { [entry]: base64(content), 'other.txt': base64('garbage') } }))
      const ready = readyOf(await s.ship([config('d2', 'c')], decryption))
      assert.ok(ready.startsWith(`False BuildFailed: failed to import '${entry}' data from sops decryption Secret 'd2/keys': `), ready)
      assert.match(ready, why)
      assert.doesNotMatch(ready, /garbage/i)
    }
  })

  verifies('kustomization/D8', 'without a key for it a document fails the build: what it needs and what there was is told', async () => {
    const s = await stage('d8')
    await keys(s, { 'bob.agekey': bob.identity })
    const ks = await s.ship([await sealed(secret('d8', 'login', { stringData: { pass: 'hunter22' } }))], decryption)
    const ready = readyOf(ks)
    assert.match(
      ready,
      /^False BuildFailed: decryption failed for 'login': failed to decrypt and format 'd8\/login' Secret data: cannot get sops data key: /,
    )
    assert.match(
      ready,
      new RegExp(
        `Group 0: FAILED\\n {2}${alice.recipient}: FAILED\\n {4}- \\| failed to create reader for decrypting sops data key with\\n`,
      ),
    )
    assert.match(ready, new RegExp(`There were keys for: ${bob.recipient}$`))
    assert.ok(!ready.includes(bob.identity))
    assert.equal(await s.get(secret('d8', 'login')), undefined)
  })

  test('any key of a group opens it; of several groups as many as the file says', async () => {
    const s = await stage('groups')
    await keys(s, { 'both.agekey': `${bob.identity}\n${alice.identity}` })
    const dataKey = Buffer.concat([Buffer.from('ab01', 'hex'), Buffer.alloc(30)])
    const shares = ['ba23', '8945'].map((hex, i) => Buffer.concat([Buffer.from(hex, 'hex'), Buffer.alloc(30), Buffer.from([i + 1])]))
    const login = secret('groups', 'login', { stringData: { pass: 'hunter22' } })
    const either = await sealed(login, { ...forAlice, groups: [[bob.recipient, alice.recipient]] })
    const shared = await sealed(login, {
      ...forAlice,
      groups: [[alice.recipient], [bob.recipient]],
      dataKey,
      shares,
      metadata: { ...rule, shamir_threshold: 2 },
    })
    assert.equal(readyOf(await s.ship([either], decryption)), applied(1))
    assert.equal(readyOf(await s.ship([shared], decryption)), applied(2))
    assert.deepEqual((await s.get(login))?.data, { pass: base64('hunter22') })
    await keys(s, { 'both.agekey': alice.identity })
    const ready = readyOf(await s.ship([shared], decryption))
    assert.match(ready, /Group 0: SUCCESS\n\nGroup 1: FAILED/)
    assert.match(ready, /Shamir threshold of\n?\s*2, but only 1 part\(s\)/)
  })

  verifies('kustomization/D31', 'who would sign in as a service account needs the gate for it', async () => {
    const s = await stage('d31')
    const spec = { decryption: { provider: 'sops', serviceAccountName: 'foo' } }
    const message =
      'to use spec.decryption.serviceAccountName for decryption authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller'
    const ks = await s.ship([config('d31', 'c')], spec)
    assert.equal(readyOf(ks), `False FeatureGateDisabled: ${message}`)
    assert.equal(conditionOf(ks, 'Stalled')?.reason, 'FeatureGateDisabled')
    assert.notEqual(ks.status?.observedGeneration, ks.metadata.generation)
    assert.deepEqual(await s.events(), [`Warning FeatureGateDisabled ${message}`])
    assert.equal(readyOf(await s.ship([config('d31', 'c')], spec, { settings: { objectLevelWorkloadIdentity: true } })), applied(2))
  })

  test('without a Secret the age identities of the process open documents', async () => {
    const s = await stage('ambient')
    const login = secret('ambient', 'login', { stringData: { pass: 'hunter22' } })
    const [object, spec] = [await sealed(login), { decryption: { provider: 'sops' } }]
    assert.equal(readyOf(await s.ship([object], spec, { kms: bareKms({ SOPS_AGE_KEY: `${bob.identity} ${alice.identity}` }) })), applied(1))
    assert.deepEqual((await s.get(login))?.data, { pass: base64('hunter22') })
    const bare = readyOf(await s.ship([object], spec))
    assert.match(bare, /failed to load age identities/)
    assert.match(bare, /There were no keys of age or OpenPGP$/)
  })

  test('values of Secrets that are documents of their own are decrypted, in the format that their key names', async () => {
    const s = await stage('values')
    await keys(s)
    const document = await seal({ user: 'root', port: 8080, nested: { list: [true, null] } }, { groups: [[alice.recipient]] })
    const object = secret('values', 'files', {
      data: {
        'file.yaml': base64(printAll([document])),
        'file.json': base64(JSON.stringify(document).replaceAll('":', '": ')),
        'plain.txt': base64('plain'),
      },
    })
    assert.equal(readyOf(await s.ship([object], decryption)), applied(1))
    assert.deepEqual((await s.get(object))?.data, {
      'file.yaml': base64('nested:\n    list:\n        - true\n        - null\nport: 8080\nuser: root\n'),
      'file.json': base64('{\n\t"user": "root",\n\t"port": 8080,\n\t"nested": {\n\t\t"list": [\n\t\t\ttrue,\n\t\t\tnull\n\t\t]\n\t}\n}\n'),
      'plain.txt': base64('plain'),
    })
  })

  test('what a document holds is in no condition and no event, whatever fails after it is decrypted', async () => {
    const s = await stage('silent')
    await keys(s)
    const variables = await sealed(config('silent', 'c', { text: '${hunter22_swordfish' }))
    const wrong = await sealed({ ...deployment('silent', 'web'), spec: { replicas: 'hunter22-swordfish' } } as KubeObject)
    const tampered = await sealed(secret('silent', 'login', { stringData: { a: 'hunter22-swordfish' } }))
    ;(tampered.stringData as JsonObject).a = 'hunter22-swordfish'
    for (const [object, spec] of [
      [variables, { postBuild: { substitute: { a: 'b' } } }],
      [wrong, {}],
      [tampered, {}],
    ] as [KubeObject, JsonObject][]) {
      const ks = await s.ship([object], { ...decryption, ...spec })
      assert.equal(conditionOf(ks, 'Ready')?.status, 'False')
      assert.doesNotMatch(JSON.stringify([ks.status, await s.events()]), /hunter22.swordfish/)
    }
  })
}
