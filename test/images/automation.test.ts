import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { signerOf } from '../../src/images/automation-signing.ts'
import { choicesChanged, choicesIn, gitPlan, newsOf, selectorText, summaryOf } from '../../src/images/automation.ts'
import type { ImagePolicyObject } from '../../src/kinds/image-policy.ts'
import { automations } from '../../src/tools/run/automations.ts'
import { verifyOpenPgp } from '../../src/sources/git/open-pgp.ts'
import { type BehaviourId, verifies } from '../conformance/verifies.ts'
import { withPrograms } from '../refs/when.ts'

const usualMessage = 'Update from image update automation'
const pushed = { hash: 'a47b32f4814810acac804df5054ec37cbfdbfb53', branch: 'test-branch', refspecs: [], message: usualMessage }

verifies('images/S-18', 'a push is told by its short commit, its branch and its message', () => {
  assert.equal(summaryOf(pushed), `pushed commit 'a47b32f' to branch 'test-branch'\n${usualMessage}`)
})

verifies('images/S-19', 'refspecs are told too; a short revision is whole, and an empty one is an error', () => {
  const refspecs = ['refs/heads/auto:refs/heads/smth/else', 'refs/heads/auto:refs/heads/foo']
  assert.equal(
    summaryOf({ ...pushed, refspecs }),
    `pushed commit 'a47b32f' to branch 'test-branch' and refspecs '${refspecs.join("', '")}'\n${usualMessage}`,
  )
  assert.equal(summaryOf({ ...pushed, hash: 'foo', message: '' }), "pushed commit 'foo' to branch 'test-branch'")
  assert.throws(() => summaryOf({ ...pushed, hash: '' }), { message: 'empty push commit revision' })
})

const commit = { author: { email: 'a@b.c' } }
verifies('images/S-20', 'what is checked out and where it is pushed', () => {
  const checkout = { ref: { branch: 'aaa' } }
  const of = (git: object, repository: object = {}): object => gitPlan({ commit, ...git } as never, repository as never)
  assert.deepEqual(of({ checkout, push: { branch: 'bbb' } }), { ref: { branch: 'aaa' }, branch: 'bbb', switches: true, timeoutMs: 60_000 })
  assert.deepEqual(of({ checkout }, { ref: { branch: 'ccc' }, timeout: '30s' }), {
    ref: { branch: 'aaa' },
    branch: 'aaa',
    switches: false,
    timeoutMs: 30_000,
  })
  assert.deepEqual(of({ push: { branch: 'aaa' } }), { ref: undefined, branch: 'aaa', switches: true, timeoutMs: 60_000 })
  assert.deepEqual(of({ push: { branch: 'master' } }), { ref: undefined, branch: 'master', switches: false, timeoutMs: 60_000 })
  assert.deepEqual(of({}, { ref: { branch: 'ccc' } }), { ref: { branch: 'ccc' }, branch: 'ccc', switches: false, timeoutMs: 60_000 })
  assert.throws(() => of({ checkout: { ref: { tag: 'v1' } } }), {
    message: 'push spec not provided, and cannot be inferred from .spec.git.checkout.ref or GitRepository .spec.ref',
  })
})

verifies('images/S-22', 'recovery is told to all, a pass without a change to the cluster alone', () => {
  assert.deepEqual(newsOf({ wasReady: false, synced: true }), { severity: 'info', reason: 'Succeeded', message: 'repository up-to-date' })
  assert.deepEqual(newsOf({ wasReady: true, synced: false }), {
    severity: 'trace',
    reason: 'Succeeded',
    message: 'no change since last reconciliation',
  })
  assert.deepEqual(newsOf({ wasReady: true, synced: true }), { severity: 'trace', reason: 'Succeeded', message: 'repository up-to-date' })
  assert.equal(newsOf({ wasReady: true, synced: true, pushed }).message, summaryOf(pushed))
})

const ref = (name: string, tag: string, digest?: string): { name: string; tag: string; digest?: string } => ({
  name,
  tag,
  ...(digest ? { digest } : {}),
})
const p = { p1: ref('aaa', 'bbb'), p2: ref('ccc', 'ddd') }
const changes: [BehaviourId, says: string, now: typeof p | object, changed: boolean][] = [
  ['images/S-23.1', 'another policy of the same count', { p1: p.p1, p3: p.p2 }, true],
  ['images/S-23.2', 'another tag', { p1: p.p1, p2: ref('ccc', 'eee') }, true],
  ['images/S-23.3', 'a policy less', { p1: p.p1 }, true],
  ['images/S-23.4', 'the same policies', { p2: p.p2, p1: p.p1 }, false],
  ['images/S-23.5', 'a digest that came', { p1: p.p1, p2: ref('ccc', 'ddd', 'sha256:00') }, true],
]
for (const [id, says, now, changed] of changes)
  verifies(id, `${says} is ${changed ? 'a' : 'no'} change`, () => assert.equal(choicesChanged(p, now as typeof p), changed))

verifies('images/S-24', 'policies without an image do not count', () => {
  const policy = (name: string, latestRef?: object): ImagePolicyObject =>
    ({ metadata: { name, namespace: 'foo' }, spec: {}, ...(latestRef ? { status: { latestRef } } : {}) }) as unknown as ImagePolicyObject
  assert.deepEqual(
    choicesIn([policy('p1', p.p1), policy('p2', p.p2), policy('p4')]).map(({ name }) => name),
    ['p1', 'p2'],
  )
})

const selectors: [selector: object, text: string | undefined][] = [
  [{}, undefined],
  [{ matchLabels: { a: 'b', 'x.y/c': '' } }, 'a=b,x.y/c='],
  [
    {
      matchExpressions: [
        { key: 'a', operator: 'In', values: ['b', 'c'] },
        { key: 'd', operator: 'NotIn', values: ['e'] },
      ],
    },
    'a in (b,c),d notin (e)',
  ],
  [
    {
      matchExpressions: [
        { key: 'a', operator: 'Exists' },
        { key: 'd', operator: 'DoesNotExist', values: [] },
      ],
    },
    'a,!d',
  ],
]
test('selectors are those of a list', () => {
  for (const [selector, text] of selectors) assert.equal(selectorText(selector as never), text)
  assert.equal(selectorText(undefined), undefined)
})
test('a selector that is none is refused', () => {
  const wrong = [
    { key: 'a', operator: 'Is', values: ['b'] },
    { key: 'a', operator: 'In', values: [] },
    { key: 'a', operator: 'Exists', values: ['b'] },
    { key: 'a b', operator: 'Exists' },
    { key: 'a', operator: 'In', values: ['b),c'] },
  ]
  for (const one of wrong) assert.throws(() => selectorText({ matchExpressions: [one] }), { message: /^failed to parse policy selector: / })
  assert.throws(() => selectorText({ matchLabels: { a: 'b,c' } }), { message: /^failed to parse policy selector: / })
})

const now = (): number => Date.parse('2026-01-01T00:00:00Z')

test('a key of OpenPGP signs, an encrypted one with its passphrase', async () => {
  const { generateKey } = await import('openpgp')
  const made = { userIDs: [{ email: 'a@b.c' }], date: new Date('2025-01-01T00:00:00Z') }
  const [open, locked] = await Promise.all([generateKey(made), generateKey({ ...made, passphrase: 'right' })])
  const payload = Buffer.from('tree 00\n')
  for (const [{ privateKey, publicKey }, more] of [
    [open, {}],
    [locked, { passphrase: 'right' }],
  ] as const) {
    const signer = await signerOf(undefined, { name: 'key', data: { 'git.asc': privateKey, ...more }, now })
    assert.equal(signer.type, 'openpgp')
    const signature = signer.type === 'openpgp' ? await signer.sign(payload) : ''
    assert.match(await verifyOpenPgp({ payload, signature }, [publicKey], now()), /^[0-9A-F]{16}$/)
  }
  const refused: [data: Record<string, string>, message: RegExp][] = [
    [{}, /^signing key secret 'key' does not contain a 'git.asc' key$/],
    [{ 'git.asc': 'x' }, /^could not read signing key from secret 'key': /],
    [{ 'git.asc': locked.privateKey }, /^can not use passphrase protected signing key without 'passphrase' field present in secret key$/],
    [{ 'git.asc': locked.privateKey, passphrase: 'wrong' }, /^could not decrypt private key of the signing key present in secret key: /],
  ]
  for (const [data, message] of refused) await assert.rejects(signerOf('gpg', { name: 'key', data, now }), { message })
})

withPrograms(['git'], { name: 'SSH keys for signing', tests: 1 }, () =>
  test('a key of SSH is looked at before anything is checked out', async t => {
    const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-keys-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const key = (passphrase: string, ...more: string[]): string => {
      const path = join(folder, `key-${passphrase}-${more.length}`)
      execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', passphrase, ...more, '-f', path])
      return readFileSync(path, 'utf8')
    }
    for (const more of [[], ['-m', 'PEM']]) {
      const [open, locked] = [key('', ...more), key('right', ...more)]
      const of = (data: Record<string, string>) => signerOf('ssh', { name: 'key', data, now })
      assert.deepEqual(await of({ identity: open }), { type: 'ssh', identity: open })
      assert.deepEqual(await of({ identity: locked, password: 'right' }), { type: 'ssh', identity: locked, passphrase: 'right' })
      await assert.rejects(of({ identity: locked }), {
        message: "can not use passphrase protected signing key without 'password' field present in secret key",
      })
      await assert.rejects(of({}), { message: "signing key secret 'key' does not contain an 'identity' key" })
      await assert.rejects(of({ identity: 'x' }), { message: "could not parse SSH signing key from secret 'key': ssh: no key found" })
    }
  }),
)

test('another spec of the repository wakes an automation; a request to it, and its status, do not', () => {
  const object = (more: object): never =>
    ({ apiVersion: 'v1', kind: 'GitRepository', metadata: { name: 'a', namespace: 'n', generation: 1, ...more } }) as never
  const own = { metadata: { name: 'own', namespace: 'n' }, spec: { sourceRef: { name: 'a' } } } as never
  const woken = (after: never): number => automations.wokenBy?.({ before: object({}), after }, [own]).length ?? -1
  assert.equal(woken(object({ generation: 2 })), 1)
  assert.equal(woken(object({ annotations: { 'reconcile.fluxcd.io/requestedAt': 'now' } })), 0)
  assert.equal(woken(object({ generation: 2, namespace: 'other' })), 0)
})
