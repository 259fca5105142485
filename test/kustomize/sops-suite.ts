import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { conditionOf } from '../../src/kinds/manifest.ts'
import type { Json, JsonObject } from '../../src/lib/json.ts'
import { printAll } from '../../src/lib/yaml.ts'
import { type BehaviourId, verifies } from '../conformance/verifies.ts'
import { bareKms } from '../support/kms.ts'
import { alice, bob, type Seal, seal, written } from '../support/sops.ts'
import { config, deployment, secret } from './objects.ts'
import type { Server } from './servers.ts'
import { readyOf, type Stage } from './stage.ts'

const applied = (n: number): string => `True ReconciliationSucceeded: Applied revision: v${n}`
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const decryption = { decryption: { provider: 'sops', secretRef: { name: 'keys' } } }
const toAlice: Seal = { groups: [[alice.recipient]] }
const kustomization = (namespace: string, more: JsonObject): string =>
  JSON.stringify({ namespace, generatorOptions: { disableNameSuffixHash: true }, ...more })
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

  verifies('kustomization/D10', 'a value in YAML under the name of an INI file becomes INI', async () => {
    const s = await stage('d10')
    await keys(s)
    const document = written(await seal({ config: { key: 'value' } }, toAlice), 'yaml')
    const object = secret('d10', 'files', { data: { 'file.ini': base64(document) } })
    assert.equal(readyOf(await s.ship([object], decryption)), applied(1))
    assert.deepEqual((await s.get(object))?.data, { 'file.ini': base64('[config]\nkey = value\n') })
  })

  verifies('kustomization/D11', 'a value in YAML is indented by four; one that is no base64 is left to the server', async () => {
    const s = await stage('d11')
    await keys(s)
    const document = written(await seal({ a: { b: ['c'] } }, toAlice), 'yaml')
    const object = secret('d11', 'files', { data: { 'key.yaml': base64(document) } })
    assert.equal(readyOf(await s.ship([object], decryption)), applied(1))
    assert.deepEqual((await s.get(object))?.data, { 'key.yaml': base64('a:\n    b:\n        - c\n') })
    const broken = secret('d11', 'broken', { data: { 'key.yaml': 'sops_mac=ENC[' } })
    assert.match(readyOf(await s.ship([broken], decryption)), /^False ReconciliationFailed: Secret\/d11\/broken dry-run failed/)
  })

  verifies('kustomization/D13', 'files of Secret generators are decrypted by the format of their key, wherever they are', async () => {
    const s = await stage('d13')
    await keys(s)
    const binary = written(await seal({ data: 'text' }, toAlice), 'json')
    const generator = {
      name: 'app',
      files: ['file.txt', 'combo=combination.json'],
      envs: ['app.env', '../secret.env'],
    }
    const ks = await s.ship(
      {
        'deploy/kustomization.yaml': kustomization('d13', { secretGenerator: [generator] }),
        'deploy/file.txt': binary,
        'deploy/combination.json': binary,
        'deploy/app.env': written(await seal({ a: '1' }, toAlice), 'env'),
        'secret.env': written(await seal({ b: 'two\nlines' }, toAlice), 'env'),
      },
      { ...decryption, path: 'deploy' },
    )
    assert.equal(readyOf(ks), applied(1))
    assert.deepEqual((await s.get(secret('d13', 'app')))?.data, {
      'file.txt': base64('text'),
      combo: base64('text'),
      a: base64('1'),
      b: base64('two\\nlines'),
    })
  })

  const failing: [BehaviourId, says: string, files: Record<string, string>, envs: string[], why: string][] = [
    [
      'kustomization/D14.1',
      'above the root there is nothing',
      { 'data.env': 'a=1\n' },
      ['../../data.env'],
      'lstat ../data.env: no such file or directory',
    ],
    ['kustomization/D14.2', 'a link is not unpacked', {}, ['link.env'], 'lstat deploy/link.env: no such file or directory'],
    [
      'kustomization/D15.1',
      'a file of more than 5 MiB is refused',
      { 'deploy/large.env': 'a=1\n'.repeat(1_400_000) },
      ['large.env'],
      'cannot decrypt file with size (5600000 bytes) exceeding limit (5242880)',
    ],
    [
      'kustomization/D15.2',
      'a folder is no file',
      { 'deploy/folder/a.env': 'a=1\n' },
      ['folder'],
      'cannot decrypt irregular file as it has file mode type bits set',
    ],
  ]
  for (const [i, [id, says, files, envs, why]] of failing.entries())
    verifies(id, says, async () => {
      const s = await stage(`unread-${i}`)
      await keys(s)
      const generator = kustomization(s.namespace, { secretGenerator: [{ name: 'app', envs }] })
      const ks = await s.ship({ 'deploy/kustomization.yaml': generator, ...files }, { ...decryption, path: 'deploy' })
      assert.equal(readyOf(ks), `False BuildFailed: error decrypting sources: ${why}`)
    })

  verifies(
    'kustomization/D16',
    'a file that is encrypted in another format than its name says is left as it is, until it is a value of a Secret',
    async () => {
      const s = await stage('d16')
      await keys(s)
      const ini = written(await seal({ config: { key: 'value' } }, toAlice), 'ini')
      const generator = { name: 'app', files: ['app.yaml'] }
      const ks = await s.ship({ 'kustomization.yaml': kustomization('d16', { secretGenerator: [generator] }), 'app.yaml': ini }, decryption)
      assert.equal(readyOf(ks), applied(1))
      assert.deepEqual((await s.get(secret('d16', 'app')))?.data, { 'app.yaml': base64('DEFAULT: {}\nconfig:\n    key: value\n') })
      const plain = { 'kustomization.yaml': kustomization('d16', { secretGenerator: [generator] }), 'app.yaml': 'as: it is' }
      assert.equal(readyOf(await s.ship(plain, decryption)), applied(2))
      assert.deepEqual((await s.get(secret('d16', 'app')))?.data, { 'app.yaml': base64('as: it is') })
    },
  )

  verifies('kustomization/D17', 'a folder among the resources has one kustomization file', async () => {
    const s = await stage('d17')
    await keys(s)
    const root = kustomization('d17', { resources: ['./inner'] })
    const inner = kustomization('d17', {})
    for (const [files, why] of [
      [{ 'inner/kustomization.yaml': inner, 'inner/Kustomization': inner }, 'found multiple kustomization files'],
      [{ 'inner/a.yaml': printAll([config('d17', 'c') as Json]) }, 'no kustomization file found'],
    ] as const)
      assert.equal(
        readyOf(await s.ship({ 'kustomization.yaml': root, ...files }, decryption)),
        `False BuildFailed: error decrypting sources: ${why}`,
      )
  })

  verifies('kustomization/D18', 'addresses, files and what is not there are passed over', async () => {
    const s = await stage('d18')
    await keys(s)
    const root = kustomization('d18', { resources: ['https://example.invalid/a.yaml', './c.yaml', './gone', '../../out'] })
    const ks = await s.ship({ 'kustomization.yaml': root, 'c.yaml': printAll([config('d18', 'c') as Json]) }, decryption)
    assert.match(readyOf(ks), /^False BuildFailed: kustomize build failed: /)
  })

  verifies('kustomization/D20', 'a tree of kustomizations, components, generators and patches comes out in the clear', async () => {
    const s = await stage('d20')
    await keys(s)
    const patch = async (key: string): Promise<string> =>
      written(await seal({ ...(secret('d20', 'patched', { stringData: { [key]: key } }) as JsonObject) }, forAlice), 'yaml')
    const env = written(await seal({ key: 'value' }, toAlice), 'env')
    const files = {
      'kustomization.yaml': kustomization('d20', {
        resources: ['./envs', './files', './whole.yaml', './patches'],
        components: ['./component'],
      }),
      'envs/kustomization.yaml': kustomization('d20', {
        secretGenerator: [{ name: 'env', envs: ['env.env'] }],
        configMapGenerator: [{ name: 'env', envs: ['env.env'] }],
      }),
      'envs/env.env': env,
      'files/kustomization.yaml': kustomization('d20', { secretGenerator: [{ name: 'files', files: ['key=file.txt'] }] }),
      'files/file.txt': written(await seal({ data: 'value' }, toAlice), 'json'),
      'component/kustomization.yaml': JSON.stringify({
        apiVersion: 'kustomize.config.k8s.io/v1alpha1',
        kind: 'Component',
        generatorOptions: { disableNameSuffixHash: true },
        secretGenerator: [{ name: 'component', envs: ['env.env'] }],
      }),
      'component/env.env': env,
      'patches/kustomization.yaml': kustomization('d20', {
        resources: ['secret.yaml'],
        patches: [{ path: 'merge1.yaml' }, { path: 'merge2.yaml' }],
      }),
      'patches/secret.yaml': printAll([secret('d20', 'patched', { stringData: { key: 'plain' } }) as Json]),
      'patches/merge1.yaml': await patch('merge1'),
      'patches/merge2.yaml': await patch('merge2'),
      'whole.yaml': printAll([(await sealed(secret('d20', 'whole', { stringData: { key: 'value' } }))) as Json]),
    }
    assert.equal(readyOf(await s.ship(files, decryption)), applied(1))
    for (const name of ['env', 'files', 'component', 'whole'])
      assert.deepEqual((await s.get(secret('d20', name)))?.data, { key: base64('value') }, name)
    assert.deepEqual((await s.get(config('d20', 'env')))?.data, { key: 'value' })
    assert.deepEqual((await s.get(secret('d20', 'patched')))?.data, {
      key: base64('plain'),
      merge1: base64('merge1'),
      merge2: base64('merge2'),
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
