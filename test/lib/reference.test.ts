import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc } from '../support/laws.ts'
import {
  parseOciUrl,
  parseReference,
  parseRepository,
  type ParsedReference,
  printReference,
  ReferenceError,
  splitReference,
} from '../../src/lib/reference.ts'

const digest = `sha256:${'0123456789abcdef'.repeat(4)}` as const
const hub = 'index.docker.io'
const table: [text: string, parsed: ParsedReference][] = [
  ['ghcr.io/org/app', { registry: 'ghcr.io', repository: 'org/app' }],
  ['ghcr.io/org/app:v1', { registry: 'ghcr.io', repository: 'org/app', tag: 'v1' }],
  [`ghcr.io/org/app@${digest}`, { registry: 'ghcr.io', repository: 'org/app', digest }],
  [`ghcr.io/org/app:v1@${digest}`, { registry: 'ghcr.io', repository: 'org/app', digest }],
  ['nginx', { registry: hub, repository: 'library/nginx' }],
  ['nginx:1.27', { registry: hub, repository: 'library/nginx', tag: '1.27' }],
  ['docker.io/nginx', { registry: hub, repository: 'library/nginx' }],
  ['docker.io/grafana/loki', { registry: hub, repository: 'grafana/loki' }],
  ['org/app', { registry: hub, repository: 'org/app' }],
  ['localhost/app', { registry: 'localhost', repository: 'app' }],
  ['localhost:5000/app:v1', { registry: 'localhost:5000', repository: 'app', tag: 'v1' }],
  ['my_registry:5000/app', { registry: 'my_registry:5000', repository: 'app' }],
  ['[::1]:5000/app', { registry: '[::1]:5000', repository: 'app' }],
  ['10.0.0.1:5000/a/b/c/d', { registry: '10.0.0.1:5000', repository: 'a/b/c/d' }],
]
for (const [text, parsed] of table)
  test(`${text} is ${printReference(parsed)}`, () => {
    assert.deepEqual(parseReference(text), parsed)
    assert.deepEqual(parseOciUrl(`oci://${text}`), parsed)
  })

const parts: [text: string, name: string, tag?: string | undefined, digest?: string][] = [
  ['app', 'app'],
  ['localhost:5000/app', 'localhost:5000/app'],
  ['localhost:5000/app:v1', 'localhost:5000/app', 'v1'],
  [`\${HOST}/App:v1@${digest}`, '${HOST}/App', 'v1', digest],
  ['a@', 'a', undefined, ''],
]
for (const [text, name, tag, of] of parts)
  test(`${text} has its parts as they are written`, () => assert.deepEqual(splitReference(text), { name, tag, digest: of }))

const wrong: [text: string, message: RegExp][] = [
  ['', /between 2 and 255 characters/],
  ['ghcr.io/', /between 2 and 255 characters/],
  [`ghcr.io/${'a'.repeat(256)}`, /between 2 and 255 characters/],
  ['ghcr.io/Org/app', /repository can only contain the characters/],
  ['ghcr.io/org/app:', /'' is no tag/],
  ['ghcr.io/org/app:-x', /'-x' is no tag/],
  [`ghcr.io/org/app:${'a'.repeat(129)}`, /is no tag/],
  ['ghcr.io/org/app@sha256:abc', /is no digest/],
  ['ghcr.io/org/app@md5:d41d8cd98f00b204e9800998ecf8427e', /is no digest/],
  ['ghcr.io//app', /starts and ends with a letter or a digit/],
  ['ghcr.io/../app', /starts and ends with a letter or a digit/],
  ['ghcr.io/app/', /starts and ends with a letter or a digit/],
  ['a.b?c.d/app', /RFC 3986 URI authorities: a\.b\?c\.d/],
  ['a.b#c/app', /RFC 3986/],
  ['a.b\\c/app', /RFC 3986/],
  ['a.b:port/app', /RFC 3986/],
  ['user:word@ghcr.io/app', /a user or a password/],
]
for (const [text, message] of wrong)
  test(`${JSON.stringify(text.slice(0, 40))} is refused`, () =>
    assert.throws(() => parseReference(text), { name: 'ReferenceError', code: 'INVALID_REFERENCE', message }))
test('a URL without its scheme is refused in Flux’s words', () =>
  assert.throws(() => parseOciUrl('ghcr.io/org/app'), {
    code: 'INVALID_URL',
    message: "URL must be in format 'oci://<domain>/<org>/<repo>'",
  }))
test('a password is not told', () =>
  assert.throws(
    () => parseReference('me:hunter2@ghcr.io/app'),
    ({ message }: Error) => !message.includes('hunter2'),
  ))

const host = fc.oneof(
  fc.constantFrom('localhost', hub, 'ghcr.io', '127.0.0.1', '[::1]'),
  fc.stringMatching(/^[a-z0-9]{1,5}\.[a-z0-9]{1,5}$/),
)
const registry = fc.oneof(
  fc.tuple(host, fc.integer({ min: 1, max: 65_535 })).map(([name, port]) => `${name}:${port}`),
  host.filter(name => name !== '[::1]'),
)
const repository = fc
  .array(fc.stringMatching(/^[a-z0-9]{1,4}([._-][a-z0-9]{1,4}){0,2}$/), { minLength: 2, maxLength: 4 })
  .map(parts => parts.join('/'))
const end = fc.oneof(
  fc.constant({}),
  fc.record({ tag: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,20}$/) }),
  fc.record({ digest: fc.stringMatching(/^[0-9a-f]{64}$/).map(hex => `sha256:${hex}` as const) }),
)
test('law: parsing what was printed gives it back', () =>
  fc.assert(
    fc.property(registry, repository, end, (at, path, rest) => {
      const reference: ParsedReference = { registry: at, repository: path, ...rest }
      assert.deepEqual(parseReference(printReference(reference)), reference)
      assert.deepEqual(parseRepository(printReference({ registry: at, repository: path })), { registry: at, repository: path })
    }),
  ))
test('law: any text is a reference, or fails as documented; what is one leads to its own host', () =>
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string({ unit: fc.constantFrom('a', 'B', '.', ':', '/', '@', '-', '_', '?', '#', '\\', '[', ']', '%', '0') }),
      ),
      text => {
        try {
          const parsed = parseReference(text)
          assert.equal(new URL(`https://${parsed.registry}/v2/`).pathname, '/v2/')
          assert.equal(new URL(`https://${parsed.registry}/v2/`).username, '')
          assert.deepEqual(parseReference(printReference(parsed)), parsed)
        } catch (thrown) {
          if (!(thrown instanceof ReferenceError)) throw thrown
        }
      },
    ),
    { numRuns: 2000 },
  ))
