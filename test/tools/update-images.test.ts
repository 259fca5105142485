import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { drive } from '../../src/engine/drive.ts'
import { fluxDefaults } from '../../src/engine/settings.ts'
import { type KubeObject, refOf } from '../../src/kinds/manifest.ts'
import { at, type JsonObject, listAt } from '../../src/lib/json.ts'
import { listenGit, type SandboxGit } from '../../src/sandbox/git.ts'
import { answer, type Answer } from '../../src/tools/frame/answer.ts'
import { automations } from '../../src/tools/run/automations.ts'
import { updateImages } from '../../src/tools/update_images.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { marker } from '../images/policies.ts'
import { type Forge, git, gitEnv, openForge } from '../support/git.ts'
import { playFlux } from '../support/played-flux.ts'
import { pushFiles } from '../support/push.ts'
import { type Product, startProduct, stdioCaller } from '../support/service.ts'
import { type } from '../support/terminal.ts'
import { unending } from '../support/unending.ts'

const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-update-'))
const namespace = 'flux-system'
let product: Product
let cluster: Cluster
let forge: Forge
let server: SandboxGit
let digest = ''
before(async () => {
  product = await startProduct({ options: { workspace: [folder] }, env: { ...gitEnv } })
  cluster = product.composed.service.world.clusters.named()
  for (const tag of ['1.0.0', '1.1.0', '2.0.0', '1.1.0.sig'])
    digest = await pushFiles(product.composed.service.world, `oci://${product.registry}/update/app:${tag}`, { content: 'a' })
  forge = openForge()
  server = await listenGit({ port: 0, data: forge.folder })
  await apply('ImageRepository', 'app', { image: image(), interval: '10m' })
  await policy('app', { policy: { semver: { range: '1.x' } } })
  assert.equal((await product.call('reconcile', { kind: 'ImagePolicy', name: 'app', namespace })).data?.verdict, 'Ready')
})
after(async () => {
  await product.stop()
  await server.close()
  forge.remove()
  rmSync(folder, { recursive: true, force: true })
})

const image = (): string => `${product.registry}/update/app`
async function apply(kind: string, name: string, spec: JsonObject, apiVersion = 'image.toolkit.fluxcd.io/v1beta2'): Promise<void> {
  await cluster.apply({ apiVersion, kind, metadata: { name, namespace }, spec } as KubeObject, { manager: 'test', force: true }, unending)
}
const policy = (name: string, spec: JsonObject): Promise<void> =>
  apply('ImagePolicy', name, { imageRepositoryRef: { name: 'app' }, ...spec })
const update = (args: JsonObject): Promise<Answer> => product.call('update_images', args)
/** The same where changes need a plan. */
const planned = (args: JsonObject): Promise<Answer> => {
  const { service, engine } = product.composed
  const call = { signal: unending, caller: stdioCaller, engine, progress: () => {} }
  return answer({ ...service, gates: { ...service.gates, planChanges: true } }, updateImages, { args, call })
}
const codeOf = ({ data }: Answer): unknown => at(data, 'error', 'code')

let folders = 0
/** A folder of the workspace with files. */
function made(files: Record<string, string>): string {
  const path = join(folder, `f-${++folders}`)
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), content)
  }
  return path
}
/** The same, as a Git checkout with one commit. */
async function checkout(files: Record<string, string>): Promise<{ path: string; say: (...args: string[]) => Promise<string> }> {
  const path = made(files)
  const say = (...args: string[]): Promise<string> => git(path, ...args)
  await say('init', '--quiet', '--initial-branch=main')
  await say('add', '.')
  await say('commit', '--quiet', '-m', 'first')
  return { path, say }
}
const deployment = (tag: string, by = `${namespace}:app`): string =>
  `kind: Deployment\r\napiVersion: apps/v1\r\nmetadata: {name: web}\r\nspec:\r\n\r\n  image: '${image()}:${tag}'   ${marker(by)}\r\n`
const read = (...path: string[]): string => readFileSync(join(...path), 'utf8')
const given = (more: JsonObject = {}): JsonObject => ({
  name: `${namespace}:app`,
  image: image(),
  policy: { semver: { range: '>=1.0.0' } },
  ...more,
})

test('a path: the diff is shown, and nothing is written; then the files are, with their modes, line ends and links', async () => {
  const path = made({ 'a/web.yaml': deployment('1.0.0'), 'b.yaml': `x: 1 ${marker('other:app')}\n`, '.git/c.yaml': deployment('1.0.0') })
  chmodSync(join(path, 'a/web.yaml'), 0o664)
  symlinkSync(join(path, 'a/web.yaml'), join(path, 'link.yaml'))
  const shown = await update({ path })
  const row = ['a/web.yaml', 'Deployment/web', `${image()}:1.0.0`, `${image()}:1.1.0`, `${namespace}:app`]
  assert.deepEqual([shown.data?.changes, shown.data?.written], [[row], false], shown.text)
  assert.deepEqual(shown.data?.unresolved, ["other:app (does not exist in cluster 'sandbox')"])
  assert.match(shown.text, /: 1 change, nothing written\na\/web\.yaml: Deployment\/web: \S+:1\.0\.0 → \S+:1\.1\.0 by flux-system:app\n/)
  assert.equal(read(path, 'a/web.yaml'), deployment('1.0.0'))
  const done = await update({ path, write: true })
  assert.deepEqual([done.data?.written, done.data?.commit], [true, undefined], done.text)
  assert.equal(read(path, 'link.yaml'), deployment('1.1.0'))
  assert.equal(statSync(join(path, 'a/web.yaml')).mode & 0o777, 0o664)
  assert.equal(read(path, '.git/c.yaml'), deployment('1.0.0'))
  assert.deepEqual((await update({ path: join(path, 'a/web.yaml') })).data?.changes, [])
  assert.deepEqual((await update({ path, namespace: 'elsewhere' })).data?.unresolved, [
    `${namespace}:app (of another namespace than elsewhere)`,
    'other:app (of another namespace than elsewhere)',
  ])
})

const policies: [says: string, more: JsonObject, tag: () => string][] = [
  ['the highest version', {}, () => '2.0.0'],
  ['the first in alphabetical order', { policy: { alphabetical: { order: 'desc' } } }, () => '1.0.0'],
  [
    'the largest number, filtered and extracted, with its digest',
    {
      policy: { numerical: { order: 'asc' } },
      filterTags: { pattern: String.raw`^1\.(\d)\.0$`, extract: '$1' },
      digestReflectionPolicy: 'Always',
    },
    () => `1.1.0@${digest}`,
  ],
  ['what is not excluded', { exclusionList: ['^2', 'sig$'] }, () => '1.1.0'],
]
for (const [says, more, tag] of policies)
  test(`policies given in the call choose ${says}`, async () => {
    const path = made({ 'web.yaml': deployment('0.9.0') })
    const done = await update({ path, policies: [given(more)], write: true })
    assert.equal(read(path, 'web.yaml'), deployment(tag()), done.text)
  })

test('a digest that is there stays under IfNotPresent, and is looked up where there is none', async () => {
  const known = `sha256:${'ab'.repeat(32)}`
  const path = made({ 'web.yaml': deployment(`2.0.0@${known}`) })
  assert.deepEqual((await update({ path, policies: [given({ digestReflectionPolicy: 'IfNotPresent' })] })).data?.changes, [])
  const other = made({ 'web.yaml': deployment('2.0.0') })
  await update({ path: other, policies: [given({ digestReflectionPolicy: 'IfNotPresent' })], write: true })
  assert.equal(read(other, 'web.yaml'), deployment(`2.0.0@${digest}`))
})

test('a commit holds the update alone; what is staged besides stays staged, and no hook runs', async () => {
  const { path, say } = await checkout({ 'web.yaml': deployment('1.0.0'), 'own.txt': 'a\n' })
  writeFileSync(join(path, 'own.txt'), 'b\n')
  await say('add', 'own.txt')
  writeFileSync(join(path, '.git/hooks/pre-commit'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
  const done = await update({ path, commit: 'Update app\n\nto 1.1.0' })
  assert.equal(done.data?.commit, await say('rev-parse', 'HEAD'), done.text)
  assert.equal(await say('log', '-1', '--format=%an %B'), 'Ada Update app\n\nto 1.1.0')
  assert.equal(await say('show', '--name-only', '--format='), 'web.yaml')
  assert.equal(await say('status', '--porcelain'), 'M  own.txt')
  assert.equal((await update({ path, commit: 'again' })).data?.commit, undefined)
})

test('a file with other changes is not committed along; a call that was cut short is gone on with', async () => {
  const { path, say } = await checkout({ 'web.yaml': deployment('1.0.0') })
  writeFileSync(join(path, 'web.yaml'), `${deployment('1.0.0')}# mine\r\n`)
  const refused = await update({ path, commit: 'x' })
  assert.equal(codeOf(refused), 'Conflict', refused.text)
  writeFileSync(join(path, 'new.yaml'), deployment('1.0.0'))
  assert.match((await update({ path: join(path, 'new.yaml'), commit: 'x' })).text, /is not in the last commit/)
  assert.equal(read(path, 'web.yaml'), `${deployment('1.0.0')}# mine\r\n`)
  rmSync(join(path, 'new.yaml'))
  writeFileSync(join(path, 'web.yaml'), deployment('1.1.0'))
  const done = await update({ path, commit: 'go on' })
  assert.deepEqual([done.data?.changes, done.data?.commit], [[], await say('rev-parse', 'HEAD')], done.text)
  assert.equal(await say('status', '--porcelain'), '')
})

test('where changes need a plan, a write brings one, and a file that changed since makes it stale', async () => {
  const path = made({ 'web.yaml': deployment('1.0.0') })
  assert.deepEqual((await planned({ path })).data?.written, false)
  const first = await planned({ path, write: true })
  assert.equal(first.data?.planned, true, first.text)
  assert.deepEqual(
    listAt(first.data, 'changes').map(c => `${String(at(c, 'action'))} ${String(at(c, 'object'))}`),
    ['change web.yaml'],
  )
  const plan = String(first.data?.plan)
  writeFileSync(join(path, 'web.yaml'), `# new\n${deployment('1.0.0')}`)
  assert.equal(codeOf(await planned({ path, write: true, plan })), 'StalePlan')
  writeFileSync(join(path, 'web.yaml'), deployment('1.0.0'))
  assert.equal((await planned({ path, write: true, plan })).data?.written, true)
})

test('the old value of a Secret is hidden', async () => {
  const secret = 'hidden-canary-value'
  const path = made({
    's.yaml': `kind: Secret\napiVersion: v1\nmetadata: {name: s}\nstringData:\n  image: ${secret} ${marker(`${namespace}:app`)}\n`,
  })
  for (const answer of [await update({ path }), await planned({ path, write: true })])
    assert.ok(!(answer.text + JSON.stringify(answer.data)).includes(secret), answer.text)
})

const refused: [says: string, args: () => JsonObject, code: string, message: RegExp][] = [
  ['neither a path nor a name', () => ({}), 'InvalidArgument', /give either path or name/],
  ['both', () => ({ path: folder, name: 'x' }), 'InvalidArgument', /give either path or name/],
  ['a commit for an automation', () => ({ name: 'x', commit: 'y' }), 'InvalidArgument', /are for a path/],
  ['a commit without a message', () => ({ path: folder, commit: ' ' }), 'InvalidArgument', /commit is empty/],
  ['a path outside the workspace', () => ({ path: '/etc' }), 'Forbidden', /outside the workspace/],
  ['a path that is not there', () => ({ path: join(folder, 'absent') }), 'NotFound', /does not exist/],
  [
    'a commit outside a checkout',
    () => ({ path: made({ 'a.yaml': deployment('1.0.0') }), commit: 'x' }),
    'InvalidArgument',
    /no Git checkout/,
  ],
  ['a policy that no marker names', () => ({ path: folder, policies: [given({ name: 'a:typo' })] }), 'InvalidArgument', /no marker names/],
  ['a field that is none', () => ({ path: folder, policies: [given({ range: 'x' })] }), 'InvalidArgument', /policies\[0\]/],
  ['a policy twice', () => ({ path: folder, policies: [given(), given()] }), 'InvalidArgument', /policies\[1\]\.name: .*given twice/],
  [
    'an image with a tag',
    () => ({ path: folder, policies: [given({ image: 'ghcr.io/org/app:1' })] }),
    'InvalidArgument',
    /should not include a tag/,
  ],
  [
    'a range that is none',
    () => ({ path: folder, policies: [given({ policy: { semver: { range: '1x' } } })] }),
    'InvalidArgument',
    /invalid policy/,
  ],
  [
    'a range that no tag is in',
    () => ({ path: folder, policies: [given({ policy: { semver: { range: '9.x' } } })] }),
    'NotReady',
    /unable to/,
  ],
  [
    'an image that the registry does not have',
    () => ({ path: folder, policies: [given({ image: `${product.registry}/update/absent` })] }),
    'NotFound',
    /^NotFound: policy 'flux-system:app': .*update\/absent/,
  ],
  ['an automation that is not there', () => ({ name: 'absent', namespace }), 'NotFound', /does not exist/],
]
test('what is refused, before anything is written', async t => {
  made({ 'z.yaml': deployment('1.0.0') })
  for (const [says, args, code, message] of refused)
    await t.test(says, async () => {
      const answer = await update(args())
      assert.equal(codeOf(answer), code, answer.text)
      assert.match(answer.text, message)
    })
})

/** A repository on the server, with an automation of it. */
async function automated(name: string, spec: JsonObject = {}): Promise<(...args: string[]) => Promise<string>> {
  const files = { 'app/web.yaml': deployment('1.0.0') }
  const path = await forge.commit(`${name}.git`, [{ branch: 'refs/heads/main', at: 1_000, message: 'first', files }])
  await git(path, 'config', 'http.receivepack', 'true')
  const source = { url: `http://${server.address}/${name}.git`, interval: '10m', ref: { branch: 'main' } }
  await apply('GitRepository', name, source, 'source.toolkit.fluxcd.io/v1')
  await apply('ImageUpdateAutomation', name, {
    sourceRef: { kind: 'GitRepository', name },
    interval: '10m',
    git: { commit: { author: { name: 'Flux', email: 'flux@example.com' }, messageTemplate: 'Update {{ .AutomationObject }}' } },
    update: { strategy: 'Setters', path: './app' },
    ...spec,
  })
  return (...args) => git(path, ...args)
}

test('an automation: what would be committed and pushed is shown with a handle; with it, it is', async () => {
  const say = await automated('auto')
  const before = await say('rev-parse', 'refs/heads/main')
  const shown = await update({ name: 'auto', namespace })
  assert.deepEqual([shown.isError, shown.data?.planned], [false, true], shown.text)
  assert.deepEqual(
    listAt(shown.data, 'changes').map(c => [at(c, 'action'), at(c, 'object'), at(c, 'untrusted')].filter(Boolean).join(' ')),
    [
      `change web.yaml Deployment/web: ${image()}:1.0.0 → ${image()}:1.1.0 by ${namespace}:app`,
      `commit main Update ${namespace}/auto`,
      'push branch main',
    ],
  )
  assert.equal(await say('rev-parse', 'refs/heads/main'), before)
  const done = await update({ name: 'auto', namespace, plan: String(shown.data?.plan) })
  const pushed = await say('rev-parse', 'refs/heads/main')
  assert.deepEqual([done.data?.verdict, done.data?.commit, await say('rev-parse', `${pushed}~1`)], ['Ready', pushed, before], done.text)
  const idle = await update({ name: 'auto', namespace })
  assert.match(String(idle.data?.summary), /nothing to commit$/)
})

test('a branch that went on since the plan makes it stale', async () => {
  const say = await automated('moves')
  const shown = await update({ name: 'moves', namespace })
  const from = await say('rev-parse', 'refs/heads/main')
  await forge.commit('moves.git', [{ branch: 'refs/heads/main', at: 2_000, message: 'more', files: { 'n.txt': 'n' }, from }])
  assert.equal(codeOf(await update({ name: 'moves', namespace, plan: String(shown.data?.plan) })), 'StalePlan')
})

const failing: [says: string, spec: JsonObject, code: string, message: RegExp][] = [
  ['suspended', { suspend: true }, 'Suspended', /is suspended/],
  ['without git', { git: undefined }, 'Stalled', /necessitates field \.spec\.git/],
  ['of no repository', { sourceRef: { kind: 'GitRepository', name: 'nowhere' } }, 'NotReady', /referenced git repository does not exist/],
  [
    'of a branch that is not there',
    { git: { commit: { author: { email: 'a@b.c' } }, checkout: { ref: { branch: 'x' } } } },
    'NotReady',
    /refs\/heads\/x/,
  ],
  [
    'of a template that cannot be filled',
    { git: { commit: { author: { email: 'a@b.c' }, messageTemplate: '{{ .Nope.Nothing }}' } } },
    'BuildFailed',
    /failed to update source.* Next: correct spec\.git\.commit\.messageTemplate/s,
  ],
  ['of a path that is not there', { update: { strategy: 'Setters', path: 'gone' } }, 'BuildFailed', /walking path for files/],
]
for (const [says, spec, code, message] of failing)
  test(`an automation ${says} has no plan, and why`, async () => {
    const name = `fails-${says.replaceAll(/\W/g, '-')}`
    await automated(name, spec)
    const answer = await update({ name, namespace })
    assert.equal(codeOf(answer), code, answer.text)
    assert.equal(at(answer.data, 'error', 'retryable'), code === 'NotReady')
    assert.match(answer.text, message)
  })

test('at a terminal: update images PATH, --write, --commit and --name', async () => {
  const { path, say } = await checkout({ 'web.yaml': deployment('1.0.0') })
  const shown = await type(product, ['update', 'images', path, '-A'])
  assert.deepEqual([shown.code, /1 change, nothing written/.test(shown.out)], [0, true], shown.err)
  const policiesFlag = JSON.stringify([given()])
  const done = await type(product, ['update', 'images', path, '--policies', policiesFlag, '--commit', 'by hand', '-o', 'json'])
  assert.deepEqual([done.code, done.err], [0, ''])
  assert.equal((JSON.parse(done.out) as JsonObject).commit, await say('rev-parse', 'HEAD'))
  const missing = await type(product, ['update', 'images', '--name', 'absent', '-n', namespace])
  assert.deepEqual([missing.code, /ImageUpdateAutomation\/flux-system\/absent does not exist/.test(missing.err)], [1, true], missing.err)
})

test('where Flux acts, the plan is ours and the run its own', async () => {
  const say = await automated('flux')
  const { clusters: _, docs: _docs, ...world } = product.composed.service.world
  const pass = { hub: cluster, hands: { ...world, cluster }, clock: world.clock, settings: fluxDefaults, signal: unending }
  const kinds = [await cluster.resolve('ImageUpdateAutomation', unending)]
  const flux = await playFlux(cluster, { kinds, script: object => async () => void (await drive(automations, refOf(object), pass)) })
  try {
    const shown = await update({ name: 'flux', namespace })
    const done = await update({ name: 'flux', namespace, plan: String(shown.data?.plan) })
    assert.deepEqual([done.data?.verdict, done.data?.commit], ['Ready', await say('rev-parse', 'refs/heads/main')], done.text)
    assert.match(String(done.data?.engine), /^flux: /)
  } finally {
    await flux.stop()
  }
})
