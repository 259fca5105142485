import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createMessage, generateKey, type PrivateKey, sign } from 'openpgp'
import type { JsonObject } from '../../../src/lib/json.ts'
import { verifies } from '../../conformance/verifies.ts'
import { artifactOf, type GitScene, judged } from './scene.ts'

const tag = 'v0.1.0'
const who = 'Ada <ada@example.com> 1700000000 +0000'

interface Signer {
  readonly key: PrivateKey
  readonly id: string
  readonly secret: string
}

async function signerIn(scene: GitScene): Promise<Signer> {
  const { privateKey: key } = await generateKey({ userIDs: { name: 'Ada' }, format: 'object', date: new Date(1_600_000_000_000) })
  const secret = await scene.secret(scene.name(), 'Opaque', { 'ada.asc': key.toPublic().armor() })
  return { key, id: key.getKeyID().toHex().toUpperCase(), secret }
}

async function signatureOf(payload: string, key: PrivateKey): Promise<string> {
  const message = await createMessage({ binary: Buffer.from(payload) })
  return (await sign({ message, signingKeys: key, detached: true })).replaceAll('\r', '').trimEnd()
}

/** A repository whose commit and tag are objects as git writes them, with the signatures of a key or without. */
async function signedRepository(scene: GitScene, name: string, { commit, tag: tagKey }: { commit?: PrivateKey; tag?: PrivateKey }) {
  const git = await scene.made(name, [{ branch: 'refs/heads/first', at: 1, files: { 'a.yaml': 'a: 1\n' } }])
  const write = (type: string, text: string): Promise<string> => {
    const file = join(scene.forge.folder, `${name}.${type}`)
    writeFileSync(file, text)
    return git('hash-object', '-t', type, '-w', file)
  }
  const [head, body] = [`tree ${await git('rev-parse', 'first^{tree}')}\nauthor ${who}\ncommitter ${who}\n`, '\nsigned\n\nbody\n']
  const sealed = commit ? `gpgsig ${(await signatureOf(head + body, commit)).replaceAll('\n', '\n ')}\n` : ''
  const hash = await write('commit', head + sealed + body)
  const payload = `object ${hash}\ntype commit\ntag ${tag}\ntagger ${who}\n\nannotated\n`
  const tagHash = await write('tag', tagKey ? `${payload}${await signatureOf(payload, tagKey)}\n` : payload)
  await git('update-ref', 'refs/heads/master', hash)
  await git('update-ref', `refs/tags/${tag}`, tagHash)
  return { hash, shown: `${tag}@${tagHash}`, git }
}

/** Whose signature makes an artifact. */
export function verifyTests(scene: () => GitScene): void {
  const verify = (mode: string, name: string): JsonObject => ({ verify: { mode, secretRef: { name } } })

  verifies('sources/76', 'a tag is to be looked at, and a branch is checked out', async () => {
    const name = scene().name()
    const { key, secret } = await signerIn(scene())
    await signedRepository(scene(), name, { commit: key, tag: key })
    const { object } = await scene().run(await scene().repository(name, verify('Tag', secret)))
    const message = "InvalidVerificationMode: cannot verify tag object's signature if a tag reference is not specified"
    assert.deepEqual([judged(object).SourceVerified, judged(object).Stalled], [`False ${message}`, `True ${message}`])
  })
  verifies('sources/77', 'a tag without a signature', async () => {
    const name = scene().name()
    const { key, secret } = await signerIn(scene())
    const { shown } = await signedRepository(scene(), name, { commit: key })
    const { object } = await scene().run(await scene().repository(name, { ref: { tag }, ...verify('Tag', secret) }))
    const message = `False InvalidGitObject: cannot verify signature of tag '${shown}' since it is not signed`
    assert.deepEqual([judged(object).SourceVerified, judged(object).Ready], [message, message])
  })
  verifies('sources/78', 'tag and commit are signed', async () => {
    const name = scene().name()
    const { key, id, secret } = await signerIn(scene())
    const { hash, shown } = await signedRepository(scene(), name, { commit: key, tag: key })
    const ref = await scene().repository(name, { ref: { tag }, ...verify('TagAndHEAD', secret) })
    const { object } = await scene().run(ref)
    const message = `verified signature of\n\t- tag '${shown}' with key '${id}'\n\t- commit '${hash}' with key '${id}'`
    assert.equal(judged(object).SourceVerified, `True Succeeded: ${message}`)
    assert.equal(object.status?.sourceVerificationMode, 'TagAndHEAD')
    assert.equal((await scene().event(ref, 'Succeeded')).message, message)
    await scene().repository(name, { ref: { tag }, ignore: 'none' })
    const after = (await scene().run(ref)).object
    assert.deepEqual([judged(after).SourceVerified, after.status?.sourceVerificationMode], [undefined, undefined])
  })
  test('a lightweight tag cannot be signed', async () => {
    const name = scene().name()
    const { key, secret } = await signerIn(scene())
    const { git, hash } = await signedRepository(scene(), name, { commit: key })
    await git('update-ref', 'refs/tags/light', hash)
    const { object } = await scene().run(await scene().repository(name, { ref: { tag: 'light' }, ...verify('Tag', secret) }))
    const message = "False InvalidGitObject: cannot verify signature of tag 'light' since it is not signed"
    assert.equal(judged(object).SourceVerified, message)
  })
  test('a commit of somebody else, and one of nobody, make no artifact; the keys of both do', async () => {
    const name = scene().name()
    const [ada, eve] = [await signerIn(scene()), await signerIn(scene())]
    const { hash } = await signedRepository(scene(), name, { commit: eve.key })
    const failed = `False InvalidCommitSignature: signature verification of commit '${hash}' failed: unable to verify Git commit: `
    const ref = await scene().repository(name, verify('HEAD', ada.secret))
    const refused = (await scene().run(ref)).object
    assert.equal(judged(refused).SourceVerified, `${failed}unable to verify payload with any of the given key rings`)
    assert.equal(artifactOf(refused).revision, undefined)
    const bare = scene().name()
    await signedRepository(scene(), bare, {})
    const { object } = await scene().run(await scene().repository(bare, verify('HEAD', ada.secret)))
    assert.match(judged(object).SourceVerified ?? '', /unable to verify payload as the provided signature is empty$/)
    const both = await scene().secret(scene().name(), 'Opaque', { a: ada.key.toPublic().armor(), e: eve.key.toPublic().armor() })
    await scene().repository(name, verify('HEAD', both))
    assert.match(judged((await scene().run(ref)).object).Ready ?? '', /^True Succeeded/)
  })
  test('keys that are not there', async () => {
    const name = scene().name()
    await signedRepository(scene(), name, {})
    const { object } = await scene().run(await scene().repository(name, verify('HEAD', 'absent')))
    assert.equal(judged(object).SourceVerified, 'False VerificationError: PGP public keys secret error: secrets "absent" not found')
  })
}
