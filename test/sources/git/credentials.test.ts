import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authOf, type SignIn, shownUrl, targetOf } from '../../../src/sources/git/credentials.ts'
import { type BehaviourId, verifies } from '../../conformance/verifies.ts'

const https = 'https://example.com/app.git'
const ssh = 'ssh://example.com/app.git'
const keys = { identity: 'key', known_hosts: 'hosts' }
const signIns: [id: BehaviourId | undefined, says: string, url: string, data: Record<string, string>, signIn: SignIn][] = [
  [undefined, 'no Secret', https, {}, { type: 'anonymous' }],
  [undefined, 'user and password', https, { username: 'u', password: 'p' }, { type: 'basic', username: 'u', password: 'p' }],
  [undefined, 'the user info of the URL', 'https://u:p%40@example.com/a', {}, { type: 'basic', username: 'u', password: 'p@' }],
  [
    undefined,
    'a password beside the user of the URL',
    'https://u:old@example.com/a',
    { username: '', password: 'p' },
    { type: 'basic', username: 'u', password: 'p' },
  ],
  [undefined, 'a user alone', https, { username: 'u' }, { type: 'basic', username: 'u', password: '' }],
  [
    'sources/67',
    'a token, whatever user is beside it',
    https,
    { username: 'u', password: 'p', bearerToken: 't' },
    { type: 'bearer', token: 't' },
  ],
  [undefined, 'an empty token, which hides the user', https, { username: 'u', password: 'p', bearerToken: '' }, { type: 'anonymous' }],
  [
    'sources/68',
    'a key of SSH: the user is git, and the password opens the key',
    ssh,
    { ...keys, username: 'example', password: 'p' },
    { type: 'ssh', user: 'git', identity: 'key', knownHosts: 'hosts', passphrase: 'p' },
  ],
  [
    undefined,
    'a key of SSH with the user of the URL',
    'ssh://me@example.com/a',
    keys,
    { type: 'ssh', user: 'me', identity: 'key', knownHosts: 'hosts' },
  ],
]
for (const [id, says, url, data, signIn] of signIns) {
  const body = (): void => assert.deepEqual(authOf(url, data).signIn, signIn)
  if (id) verifies(id, `a server is signed in to with ${says}`, body)
  else test(`a server is signed in to with ${says}`, body)
}

const refused: [id: BehaviourId | undefined, url: string, data: Record<string, string>, message: string][] = [
  ['sources/69', https, { password: 'p' }, "invalid 'https' auth option: 'password' requires 'username' to be set"],
  [undefined, 'http://example.com', { password: 'p' }, "invalid 'http' auth option: 'password' requires 'username' to be set"],
  [undefined, ssh, {}, "invalid 'ssh' auth option: 'identity' is required"],
  ['sources/70', ssh, { identity: 'key' }, "invalid 'ssh' auth option: 'known_hosts' is required"],
]
for (const [id, url, data, message] of refused) {
  const body = (): void => assert.throws(() => authOf(url, data), { message })
  if (id) verifies(id, message, body)
  else test(`${url}: ${message}`, body)
}
test('a token beside the user info of the URL is a conflict', () => {
  assert.equal(
    authOf('https://u:p@example.com/a', { bearerToken: 't' }).conflict,
    'basic auth and bearer token cannot be set at the same time',
  )
  assert.equal(authOf(https, { username: 'u', bearerToken: 't' }).conflict, undefined)
})
test('certificates: the old name of a CA counts where the new is empty, half a pair counts for nothing', () => {
  assert.deepEqual(authOf(https, { caFile: 'old', 'ca.crt': '' }).tls, { ca: 'old' })
  assert.deepEqual(authOf(https, { caFile: 'old', 'ca.crt': 'new', 'tls.crt': 'c', 'tls.key': 'k' }).tls, {
    ca: 'new',
    cert: 'c',
    key: 'k',
  })
  assert.deepEqual(authOf(https, { 'ca.crt': 'new', 'tls.crt': 'c' }).tls, { ca: 'new' })
  for (const data of [{ 'tls.crt': 'c' }, { 'tls.key': 'k' }, {}]) assert.equal(authOf(https, data).tls, undefined)
})

test('a URL is told apart from its user info', () => {
  assert.deepEqual(targetOf('https://u:p@example.com:8443/a/b.git'), {
    url: 'https://example.com:8443/a/b.git',
    user: 'u',
    password: 'p',
    scheme: 'https',
  })
  assert.equal(targetOf('ssh://git@example.com/~me/a.git').url, 'ssh://example.com/~me/a.git')
})
test('a URL that is none is told, and nothing of its secrets', () => {
  assert.throws(() => targetOf('ssh://git@example.com:org/a.git'), {
    message: `failed to parse url 'ssh://git@example.com:org/a.git': parse "ssh://git@example.com:org/a.git": invalid port ":org" after host`,
  })
  assert.throws(
    () => targetOf('https://u:secret@[::1'),
    (thrown: Error) => !thrown.message.includes('secret'),
  )
})
test('a URL that is shown has no password', () => {
  assert.equal(shownUrl('https://token:x-oauth@github.com/a'), 'https://github.com/a')
  assert.equal(shownUrl('ssh://git:secret@host/a'), 'ssh://git@host/a')
  assert.equal(shownUrl('ssh://git@host/a'), 'ssh://git@host/a')
})
