import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { type Product, startProduct } from '../support/service.ts'
import { type Ran, type } from '../support/terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-verbs-'))
const body = 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: apps\n'
const manifest = join(folder, 'ns.yaml')
let product: Product
before(async () => {
  writeFileSync(manifest, body)
  product = await startProduct({ options: { workspace: [folder] } })
})
after(async () => {
  await product.stop()
  rmSync(folder, { recursive: true, force: true })
})

const at = (rest: string): string => `oci://${product.registry}/verbs/${rest}`
const dataOf = ({ out }: Ran): Record<string, unknown> => JSON.parse(out) as Record<string, unknown>

/** The manifest that a push told of, as the registry has it. */
async function manifestOf(pushed: Ran): Promise<{ annotations: Record<string, string>; layers: { digest: string }[] }> {
  const [, repository = '', digest = ''] = /^oci:\/\/[^/]+\/(.+)@(.+)$/.exec(String(dataOf(pushed).pinned)) ?? []
  const answer = await fetch(`http://${product.registry}/v2/${repository}/manifests/${digest}`, {
    headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
  })
  return (await answer.json()) as { annotations: Record<string, string>; layers: { digest: string }[] }
}

test('standard input is pushed, built and compared as one file, the same digest each time', async () => {
  const input = `${body}\r\n\n`
  const pushed = await type(product, ['push', 'artifact', at('in:1'), '--path', '-', '-o', 'json'], { input })
  assert.equal(pushed.code, 0, pushed.err)
  const again = await type(product, ['push', 'artifact', at('in:2'), '-', '-o', 'json'], { input: [Buffer.from(body), Buffer.from('\n')] })
  assert.equal(dataOf(again).digest, dataOf(pushed).digest)
  const output = join(folder, 'in.tgz')
  const built = await type(product, ['build', 'artifact', '-p', '-', '-o', output], { input })
  assert.equal(built.code, 0, built.err)
  const { layers } = await manifestOf(pushed)
  assert.ok(built.out.includes(layers[0]?.digest ?? 'none'), built.out)
  const text = gunzipSync(readFileSync(output)).toString('utf8')
  assert.ok(text.includes('stdin.yaml\0') && text.includes(`${body.trimEnd()}\0`))
  const same = await type(product, ['diff', 'artifact', at('in:1'), '-'], { input })
  assert.equal(same.code, 0, same.out + same.err)
  assert.equal((await type(product, ['diff', 'artifact', at('in:1'), '--path', '-'], { input: 'kind: Other\n' })).code, 1)
})

test('manifests to apply come by standard input too', async () => {
  const ran = await type(product, ['apply', 'manifests', '-'], {
    input: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default}\n',
  })
  assert.match(ran.out, /ConfigMap\/default\/a created/, ran.err)
})

test('flags as flux spells them: -f, repeated -a, --tag, --insecure-registry, --filter-semver and --filter-regex', async () => {
  const typed = ['push', 'artifact', at('flux:1.0.0'), '-f', manifest, '--source', 'https://h.x/r', '--revision', 'main@sha1:abc']
  const more = ['-a', 'a.b/c=one, two', '-a', 'd=e=f', '--tag', 'prod,blue', '--tag', 'green', '--insecure-registry', '-o', 'json']
  const pushed = await type(product, [...typed, ...more])
  assert.equal(pushed.code, 0, pushed.err)
  const { annotations } = await manifestOf(pushed)
  assert.deepEqual([annotations['a.b/c'], annotations.d], ['one, two', 'e=f'])
  assert.equal((await type(product, ['tag', 'artifact', at('flux:1.0.0'), '--tag', '1.1.0', '--tag', '2.0.0,x'])).code, 0)
  const tags = async (...flags: string[]): Promise<string[]> =>
    (dataOf(await type(product, ['list', 'artifacts', at('flux'), '-o', 'json', ...flags])).rows as string[][]).map(([tag = '']) => tag)
  assert.deepEqual(await tags(), ['x', 'prod', 'green', 'blue', '2.0.0', '1.1.0', '1.0.0'])
  assert.deepEqual(await tags('--filter-semver', '1.x'), ['1.1.0', '1.0.0'])
  assert.deepEqual(await tags('--filter-regex', '^(p|b)'), ['prod', 'blue'])
})

const refused: [typed: string[], message: RegExp, input?: string][] = [
  [['push', 'artifact', 'h/r:1', '-'], /--path -: standard input is empty/, ' \r\n'.trimStart()],
  [['build', 'artifact', '--path', '-'], /--path -: standard input is empty/],
  [['build', 'artifact', '--path', ''], /--path: invalid path ''/],
  [['push', 'artifact', 'h/r:1', '--path', '.', '-a', 'nope'], /--annotations 'nope' is no key=value pair/],
  [['push', 'artifact', 'h/r:1', '--path', '.', '--output', 'json'], /--output is no flag of this verb: use --out json or --out yaml/],
  [['push', 'artifact', 'h/r:1', '--path', '.', '--reproducible'], /--reproducible is no flag of this verb: .*same digest always/],
  [['pull', 'artifact', 'h/r:1', '--creds', 'me:secret'], /--creds is no flag of this verb: sign in with docker login/],
  [['pull', 'artifact', 'h/r:1', '-o', './here'], /-o is the format \(text, json, yaml\); use --output for the folder/],
  [['tag', 'artifact', 'h/r:1'], /tags/],
]
for (const [typed, message, input = ''] of refused)
  test(`${typed.join(' ')} is wrong usage that says which flag`, async () => {
    const ran = await type(product, typed, { input })
    assert.equal(ran.code, 2, ran.out + ran.err)
    assert.match(ran.err, message)
    assert.doesNotMatch(ran.err, /secret/)
  })

test('flags that are refused with advice are neither in the help nor completed', async () => {
  assert.doesNotMatch((await type(product, ['push', 'artifact', '--help'])).out, /--creds|--reproducible/)
  assert.doesNotMatch((await type(product, ['completion', 'bash'])).out, /--creds|--reproducible/)
})

test('the flags of what is built are not those of build itself', async () => {
  const printed = await type(product, ['build', 'kustomization', 'absent', '-o', 'json'])
  assert.equal(((dataOf(printed).error ?? {}) as { code?: string }).code, 'NotFound', printed.out + printed.err)
  const wrong = await type(product, ['build', 'kustomization', 'absent', '-o', 'file.tgz'])
  assert.equal(wrong.code, 2)
  assert.match(wrong.err, /--out 'file\.tgz' is no format: use text, json, yaml/)
})
