import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { before, test } from 'node:test'
import { createMessage, generateKey, type PrivateKey, readPrivateKey, sign } from 'openpgp'
import { conditionOf } from '../../../src/kinds/manifest.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import { verifies } from '../../conformance/verifies.ts'
import { gitEnv } from '../../support/git.ts'
import { artifactOf, type GitScene, judged } from './scene.ts'

/** Writes an object of this type into a repository; its hash. */
function written(path: string, type: 'commit' | 'tag', bytes: string): string {
  return execFileSync('git', ['-C', path, 'hash-object', '-t', type, '-w', '--stdin'], {
    env: gitEnv,
    input: bytes,
    encoding: 'utf8',
  }).trim()
}

async function armoured(payload: string, key: PrivateKey): Promise<string> {
  const message = await createMessage({ binary: Buffer.from(payload) })
  return String(await sign({ message, signingKeys: key, detached: true, format: 'armored' })).replaceAll('\r\n', '\n')
}

/** A commit with its signature where Git has it: a header, its lines begun with a space. */
async function signedCommit(path: string, tree: string, key: PrivateKey): Promise<string> {
  const who = 'Ada <ada@example.com> 1000 +0000'
  const [head, body] = [`tree ${tree}\nauthor ${who}\ncommitter ${who}\n`, '\nsigned\n']
  const signature = (await armoured(head + body, key)).trimEnd().replaceAll('\n', '\n ')
  return written(path, 'commit', `${head}gpgsig ${signature}\n${body}`)
}

async function signedTag(path: string, { name, commit }: { name: string; commit: string }, key: PrivateKey | undefined): Promise<string> {
  const payload = `object ${commit}\ntype commit\ntag ${name}\ntagger Ada <ada@example.com> 1000 +0000\n\n${name}\n`
  return written(path, 'tag', payload + (key ? await armoured(payload, key) : ''))
}

/** Signatures that a spec wants of commits and tags. */
export function signatureTests(scene: () => GitScene): void {
  let [commit, tag, unsigned, id, stranger] = ['', '', '', '', '']
  before(async () => {
    const s = scene()
    const user = { name: 'Ada', email: 'ada@example.com' }
    const [ours, theirs] = [await generateKey({ type: 'ecc', userIDs: user }), await generateKey({ type: 'ecc', userIDs: user })]
    const key = await readPrivateKey({ armoredKey: ours.privateKey })
    id = key.getKeyID().toHex().toUpperCase()
    stranger = theirs.publicKey
    await s.secret('keyring', 'Opaque', { 'ada.asc': ours.publicKey })
    await s.secret('strangers', 'Opaque', { 'bob.asc': stranger })
    const git = await s.made('signed', [{ branch: 'refs/heads/plain', at: 1_000, files: { a: '1' } }])
    const path = `${s.forge.folder}/signed.git`
    commit = await signedCommit(path, await git('rev-parse', 'plain^{tree}'), key)
    await git('update-ref', 'refs/heads/main', commit)
    tag = await signedTag(path, { name: 'v0.1.0', commit }, key)
    await git('update-ref', 'refs/tags/v0.1.0', tag)
    unsigned = await signedTag(path, { name: 'v0.2.0', commit }, undefined)
    await git('update-ref', 'refs/tags/v0.2.0', unsigned)
  })
  const verify = (mode: string, name = 'keyring'): JsonObject => ({ verify: { mode, secretRef: { name } } })
  const judge = async (spec: JsonObject): Promise<Record<string, string>> => {
    const s = scene()
    return judged((await s.run(await s.repository(s.name(), { url: s.url('signed'), ...spec }))).object)
  }

  test('the commit of a branch is verified, and the key is told', async () => {
    const s = scene()
    const ref = await s.repository(s.name(), { url: s.url('signed'), ref: { branch: 'main' }, ...verify('HEAD') })
    const { object } = await s.run(ref)
    const conditions = judged(object)
    assert.equal(conditions.SourceVerified, `True Succeeded: verified signature of\n\t- commit '${commit}' with key '${id}'`)
    assert.equal(conditions.Ready, `True Succeeded: stored artifact for revision 'main@sha1:${commit}'`)
    assert.equal(object.status?.sourceVerificationMode, 'HEAD')
  })

  verifies('sources/78', 'tag and commit are verified', async () => {
    const { SourceVerified } = await judge({ ref: { tag: 'v0.1.0' }, ...verify('TagAndHEAD') })
    const lines = [`\t- tag 'v0.1.0@${tag}' with key '${id}'`, `\t- commit '${commit}' with key '${id}'`]
    assert.equal(SourceVerified, `True Succeeded: verified signature of\n${lines.join('\n')}`)
  })

  verifies('sources/76', 'a tag cannot be verified where none is named', async () => {
    const message = "cannot verify tag object's signature if a tag reference is not specified"
    const told = `InvalidVerificationMode: ${message}`
    const conditions = await judge({ ref: { branch: 'main' }, ...verify('Tag') })
    assert.deepEqual([conditions.SourceVerified, conditions.Stalled, conditions.Ready], [`False ${told}`, `True ${told}`, `False ${told}`])
  })

  verifies('sources/77', 'a tag that is not signed is refused', async () => {
    const { SourceVerified } = await judge({ ref: { tag: 'v0.2.0' }, ...verify('Tag') })
    assert.equal(SourceVerified, `False InvalidGitObject: cannot verify signature of tag 'v0.2.0@${unsigned}' since it is not signed`)
  })

  const refused: [says: string, spec: JsonObject, reason: string][] = [
    ['a commit by somebody else', { ref: { branch: 'main' }, ...verify('HEAD', 'strangers') }, 'InvalidCommitSignature'],
    ['a commit without a signature', { ref: { branch: 'plain' }, ...verify('HEAD') }, 'InvalidCommitSignature'],
    ['a tag by somebody else', { ref: { tag: 'v0.1.0' }, ...verify('Tag', 'strangers') }, 'InvalidTagSignature'],
    ['a Secret that is not there', { ref: { branch: 'main' }, ...verify('HEAD', 'nothing') }, 'VerificationError'],
  ]
  for (const [says, spec, reason] of refused)
    test(`${says} is refused: ${reason}, and nothing is stored`, async () => {
      const s = scene()
      const ref = await s.repository(s.name(), { url: s.url('signed'), ...spec })
      const { object } = await s.run(ref)
      assert.equal(conditionOf(object, 'SourceVerified')?.reason, reason)
      assert.equal(conditionOf(object, 'Ready')?.status, 'False')
      assert.deepEqual([artifactOf(object), s.stored(ref)], [{}, []])
    })
}
