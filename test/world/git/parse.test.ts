import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GitError } from '../../../src/world/git/error.ts'
import { listedIn } from '../../../src/world/git/listing.ts'
import { commitFrom, tagFrom } from '../../../src/world/git/parse.ts'

const hash = 'a'.repeat(40)
const raw = (type: 'commit' | 'tag', text: string): { hash: string; type: 'commit' | 'tag'; bytes: Buffer } => ({
  hash,
  type,
  bytes: Buffer.from(text),
})
const head = `tree ${hash}\nparent ${hash}\nauthor Ada <a@b> 1 +0000\ncommitter Ada <a@b> 1700000000 +0200\n`
const signature = '-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n'
const folded = `gpgsig ${signature.trimEnd().replaceAll('\n', '\n ')}\n`

test('a commit without a signature is its own payload', () => {
  const { payload, ...rest } = commitFrom(raw('commit', `${head}\nsubject\n\nbödy\n`))
  assert.deepEqual(rest, { hash, message: 'subject\n\nbödy\n', committedAt: 1_700_000_000_000 })
  assert.equal(payload.toString(), `${head}\nsubject\n\nbödy\n`)
})

test('a signature leaves the payload, and headers behind it stay', () => {
  const commit = commitFrom(raw('commit', `${head}${folded}encoding UTF-8\n\ngpgsig is not a header here\n`))
  assert.equal(commit.signature, signature)
  assert.equal(Buffer.from(commit.payload).toString(), `${head}encoding UTF-8\n\ngpgsig is not a header here\n`)
})

test('a commit without a message, and one without a time', () => {
  assert.equal(commitFrom(raw('commit', head)).message, '')
  assert.throws(() => commitFrom(raw('commit', `tree ${hash}\n\ncommitter Ada <a@b> 1 +0000`)), GitError)
})

test('a tag, signed by either kind of key, and not signed', () => {
  const text = `object ${hash}\ntype commit\ntag v1\ntagger Ada <a@b> 1 +0000\n\nversion one\n`
  const plain = tagFrom(raw('tag', text))
  assert.equal(plain.target, hash)
  assert.deepEqual({ ...plain.tag, payload: Buffer.from(plain.tag.payload).toString() }, { hash, name: 'v1', payload: text })
  for (const kind of ['PGP', 'SSH']) {
    const armour = signature.replaceAll('PGP', kind)
    const { tag } = tagFrom(raw('tag', text + armour))
    assert.equal(tag.signature, armour)
    assert.equal(Buffer.from(tag.payload).toString(), text)
  }
  assert.throws(() => tagFrom(raw('tag', 'object x\n')), GitError)
})

test('paths that no working copy may have are refused', () => {
  const record = (path: string, mode = '100644'): Buffer => Buffer.from(`${mode} blob ${hash}\t${path}`)
  for (const path of [
    '.git/config',
    'a/.GIT/x',
    '../x',
    'a/./b',
    '/etc/passwd',
    'a//b',
    'GIT~1/x',
    '.g\u200cit/x',
    '.git /x',
    'x'.repeat(5000),
  ])
    assert.throws(() => listedIn(record(path)), GitError, path)
  assert.throws(() => listedIn(record('a', '040000')), GitError)
  assert.deepEqual(listedIn(record('a\tb\n.gitignore', '100755')), { path: 'a\tb\n.gitignore', hash, type: 'file', mode: 0o755 })
})
