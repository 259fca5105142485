import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc } from '../../support/laws.ts'
import { chosen, parseChallenges } from '../../../src/world/registry/challenge.ts'
import { matchAuths, pullSecretSignIn } from '../../../src/world/registry/pull-secrets.ts'

const challenges: [header: string, parsed: ReturnType<typeof parseChallenges>][] = [
  ['Basic realm="x"', [{ scheme: 'basic', parameters: { realm: 'x' } }]],
  ['basic', [{ scheme: 'basic', parameters: {} }]],
  [
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
    [
      {
        scheme: 'bearer',
        parameters: { realm: 'https://auth.docker.io/token', service: 'registry.docker.io', scope: 'repository:a/b:pull,push' },
      },
    ],
  ],
  [
    'Negotiate, Basic realm="a, b = c" , Bearer Realm = "d\\"e" ,service=f',
    [
      { scheme: 'negotiate', parameters: {} },
      { scheme: 'basic', parameters: { realm: 'a, b = c' } },
      { scheme: 'bearer', parameters: { realm: 'd"e', service: 'f' } },
    ],
  ],
  ['', []],
  [',,', []],
  ['realm="nobody"', []],
]
for (const [header, parsed] of challenges)
  test(`the challenges of ${JSON.stringify(header)}`, () => assert.deepEqual(parseChallenges(header), parsed))
test('bearer is answered before basic, and nothing else', () => {
  assert.equal(chosen('Basic realm="a", Bearer realm="b"')?.parameters.realm, 'b')
  assert.equal(chosen('Negotiate, Basic realm="a"')?.scheme, 'basic')
  assert.equal(chosen('Digest realm="a"'), undefined)
  assert.equal(chosen(undefined), undefined)
})

const token = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/)
const value = fc.string({ unit: fc.constantFrom('a', ' ', ',', '=', '"', '\\', '/', ':', 'é'), maxLength: 12 })
const challenge = fc.record({ scheme: token, parameters: fc.dictionary(token, value, { minKeys: 1, maxKeys: 3 }) })
test('law: challenges that were printed are parsed back', () =>
  fc.assert(
    fc.property(fc.array(challenge, { maxLength: 3 }), list => {
      const printed = list.map(
        ({ scheme, parameters }) =>
          `${scheme} ${Object.entries(parameters)
            .map(([k, v]) => `${k}="${v.replaceAll(/["\\]/g, c => `\\${c}`)}"`)
            .join(', ')}`,
      )
      assert.deepEqual(
        parseChallenges(printed.join(', ')).map(({ scheme, parameters }) => [scheme, { ...parameters }]),
        list.map(({ scheme, parameters }) => [scheme, { ...parameters }]),
      )
    }),
  ))
test('law: any header is a list of challenges, soon', () =>
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', ' ', ',', '=', '"', '\\', 'B') }), text => Array.isArray(parseChallenges(text))),
  ))

const auth = Buffer.from('u:p').toString('base64')
const basic = { type: 'basic', username: 'u', password: 'p' }
const matches: [key: string, registry: string, repository: string, fits: boolean][] = [
  ['ghcr.io', 'ghcr.io', 'org/app', true],
  ['https://ghcr.io', 'ghcr.io', 'org/app', true],
  ['http://ghcr.io/v2/', 'ghcr.io', 'org/app', true],
  ['ghcr.io', 'ghcr.io:443', 'org/app', false],
  ['ghcr.io:443', 'ghcr.io', 'org/app', false],
  ['ghcr.io:5000', 'ghcr.io:5000', 'org/app', true],
  ['ghcr.io/org', 'ghcr.io', 'org/app', true],
  ['ghcr.io/org', 'ghcr.io', 'other/app', false],
  ['ghcr.io/v2/org', 'ghcr.io', 'org/app', true],
  ['*.io', 'ghcr.io', 'org/app', true],
  ['*.azurecr.io', 'my.azurecr.io', 'a', true],
  ['*.azurecr.io', 'a.b.azurecr.io', 'a', false],
  ['*', 'ghcr.io', 'org/app', false],
  ['g?cr.io', 'ghcr.io', 'org/app', true],
  ['g[a-z]cr.io', 'ghcr.io', 'org/app', true],
  ['g[^a-z]cr.io', 'ghcr.io', 'org/app', false],
  ['ghcr.io.evil.example', 'ghcr.io', 'org/app', false],
  ['https://index.docker.io/v1/', 'index.docker.io', 'library/nginx', true],
  ['docker.io', 'index.docker.io', 'library/nginx', true],
]
for (const [key, registry, repository, fits] of matches)
  test(`the entry ${key} is ${fits ? '' : 'not '}for ${registry}/${repository}`, () =>
    assert.deepEqual(matchAuths({ [key]: { auth } }, registry, repository), fits ? basic : undefined))

test('the last key in order wins, the longer path before the shorter', () => {
  const entry = (name: string): object => ({ username: name, password: 'p' })
  const documents = [JSON.stringify({ auths: { 'ghcr.io': entry('host'), 'ghcr.io/org': entry('org'), '*.io': entry('any') } })]
  assert.deepEqual(pullSecretSignIn(documents, 'ghcr.io', 'org/app'), { type: 'basic', username: 'org', password: 'p' })
  assert.deepEqual(pullSecretSignIn(documents, 'ghcr.io', 'x'), { type: 'basic', username: 'host', password: 'p' })
  assert.deepEqual(pullSecretSignIn(documents, 'quay.io', 'x'), { type: 'basic', username: 'any', password: 'p' })
  assert.deepEqual(pullSecretSignIn(['no JSON', '[]', '{"auths":7}', ...documents], 'quay.io', 'x'), {
    type: 'basic',
    username: 'any',
    password: 'p',
  })
  assert.deepEqual(pullSecretSignIn(documents, 'ghcr.example', 'x'), { type: 'anonymous' })
})
test('a password may have colons, and docker’s padding is dropped', () =>
  assert.deepEqual(matchAuths({ 'ghcr.io': { auth: Buffer.from('u:p:q\0\0').toString('base64') } }, 'ghcr.io', 'x'), {
    type: 'basic',
    username: 'u',
    password: 'p:q',
  }))

const label = fc.stringMatching(/^[a-z0-9]{1,6}$/)
const hostName = fc.array(label, { minLength: 2, maxLength: 4 }).map(parts => parts.join('.'))
test('law: an entry for a host is for all of it, for the labels that a star stands for, and for no other host', () =>
  fc.assert(
    fc.property(hostName, label, label, fc.nat({ max: 3 }), (host, repository, other, at) => {
      const labels = host.split('.')
      const starred = labels.map((l, i) => (i === at % labels.length ? '*' : l)).join('.')
      for (const key of [host, `https://${host}/v1/`, starred, `${host}/${repository}`])
        assert.deepEqual(matchAuths({ [key]: { auth } }, host, `${repository}/x`), basic)
      for (const wrong of [`${other}.${host}`, `${host}:5000`]) {
        assert.equal(matchAuths({ [host]: { auth } }, wrong, repository), undefined)
        assert.equal(matchAuths({ [wrong]: { auth } }, host, repository), undefined)
      }
    }),
  ))
test('a key of many stars is judged at once', () =>
  assert.equal(matchAuths({ [`${'*a'.repeat(30)}b.io`]: { auth } }, `${'a'.repeat(63)}.io`, 'x'), undefined))
