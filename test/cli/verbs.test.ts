import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { after, before, test } from 'node:test'
import { pushFiles } from '../support/push.ts'
import { type Product, startProduct } from '../support/service.ts'
import { type } from '../support/terminal.ts'
import { unending } from '../support/unending.ts'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-cli-'))
const shop = join(folder, 'shop')
const signal = unending
let product: Product
before(async () => {
  cpSync(join(root, 'examples/shop'), shop, { recursive: true })
  product = await startProduct({ options: { workspace: [folder, join(root, 'examples')] } })
})
after(async () => {
  await product.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** The main job in a terminal, line by line. */
const session: [typed: () => string[], code: number, out: RegExp, err?: RegExp][] = [
  [
    () => ['push', 'artifact', `oci://${product.registry}/shop:1.0`, '--path', shop],
    0,
    /^pushed: oci:\/\/127\.0\.0\.1:\d+\/shop@sha256:/,
    /^cluster: sandbox\n/,
  ],
  [() => ['push', 'artifact', `${product.registry}/shop:1.0`, shop], 0, /^already there: /],
  [() => ['get', 'image', 'digest', `${product.registry}/shop:1.0`, '-o', 'json'], 0, /"digest": "sha256:[0-9a-f]{64}"/],
  [() => ['diff', 'artifact', `oci://${product.registry}/shop:1.0`, '--path', shop], 0, /^no changes detected\n/],
  [
    () => ['diff', 'artifact', `${product.registry}/shop:1.0`, join(root, 'examples')],
    1,
    /^the remote artifact contents differs from the local one\n/,
  ],
  [() => ['list', 'artifacts', `oci://${product.registry}/shop`], 0, /tag\tdigest\tsource\trevision\n1\.0\tsha256:/],
  [
    () => ['tag', 'artifact', '--tags', 'stable,blue', '--tags', 'green', `oci://${product.registry}/shop:1.0`],
    0,
    /shop:stable[\s\S]*shop:green/,
  ],
  [
    () => ['apply', 'manifests', '--create', `name=shop,url=oci://${product.registry}/shop:stable,prune=true`],
    0,
    /Kustomization\/flux-system\/shop created/,
  ],
  [() => ['reconcile', 'ks/shop', '--with-source'], 0, /^Ready: Kustomization\/flux-system\/shop at stable@sha256:/, /► Detecting drift/],
  [() => ['reconcile', 'Kustomization/flux-system/shop'], 0, /^Ready: /],
  [() => ['reconcile', 'ks', 'shop', '-o', 'json'], 0, /"verdict": "Ready"/],
  [() => ['get', 'status', '-A', '-o', 'yaml'], 0, /counts:\n {2}ready: 2/],
  [() => ['get', 'status', 'ks'], 0, /kind\tobject\tstate[\s\S]*Kustomization\tflux-system\/shop\tready/],
  [() => ['suspend', 'ks/shop'], 0, /^Suspended: /],
  [
    () => ['reconcile', 'ks/shop'],
    1,
    /^$/,
    /✗ Suspended: Kustomization\/flux-system\/shop is suspended: spec\.suspend is true\. Next: resume/,
  ],
  [() => ['reconcile', 'ks/shop', '-o', 'json'], 1, /"code": "Suspended"/],
  [() => ['resume', 'ks/shop'], 0, /^Ready: /],
  [() => ['set', 'suspended', 'ks/shop'], 2, /^$/, /InvalidArgument: argument 'suspended' of set_suspended/],
  [() => ['get', 'object', 'deploy/web', '-n', 'shop'], 0, /status: Current/],
  [() => ['get', 'object', 'Deployment/shop/web', '--fields', 'spec.replicas'], 0, /spec\.replicas: /],
  [() => ['build', 'ks/shop', '--path', shop], 0, /^objects=4 path=/],
  [() => ['build', 'kustomization', 'shop'], 0, /^(---\n)?apiVersion: /, /► objects=4/],
  [() => ['diff', 'ks', 'shop', '--path', shop], 0, /^no changes detected/],
  [() => ['pull', 'artifact', `oci://${product.registry}/shop:stable`], 0, /web\.yaml[\s\S]*apiVersion: apps\/v1/],
  [() => ['get', 'events', 'ks/shop', '--since', '1h'], 0, /Reconciliation finished/],
  [() => ['list', 'clusters'], 0, /^cluster\tserver\tversion\tengine\tproblem\nsandbox\t/],
  [() => ['plan', 'reconcile', 'ks/shop'], 0, /Plan, nothing done yet: Kustomization\/flux-system\/shop at stable@sha256:\S+ 4 unchanged/],
  [
    () => ['plan', 'delete object', 'Deployment/shop/web'],
    1,
    /^$/,
    /ManagedByFlux: Deployment\/shop\/web is owned by Kustomization\/flux-system\/shop: path \.\/ of/,
  ],
  [() => ['delete', 'object', 'ks/shop'], 3, /Plan, nothing done yet: delete Kustomization\/flux-system\/shop and 4 objects that go along/],
  [() => ['get', 'object', 'ks/absent'], 1, /^$/, /✗ NotFound: .*did you mean shop\?/],
  [() => ['get', 'object', 'kustomisation/shop'], 1, /^$/, /✗ NoMatch: .*Kustomization\.kustomize\.toolkit\.fluxcd\.io/],
  [() => ['get', 'status', '-n', 'flux-sistem'], 1, /^$/, /✗ NotFound: namespace 'flux-sistem' does not exist.*did you mean flux-system/],
  [() => ['get', 'events', '-n', 'shpo'], 1, /^$/, /✗ NotFound: namespace 'shpo' does not exist.*did you mean shop/],
  [() => ['get', 'status', '--cluster', 'sandboks'], 2, /^$/, /✗ InvalidArgument: no cluster 'sandboks' is configured.*sandbox/],
  [() => ['get', 'events', '--since', 'soon'], 2, /^$/, /✗ InvalidArgument: 'soon' is neither/],
  [
    () => ['push', 'artifact', `oci://${product.registry}/shop:1.0`, '--path', '/etc'],
    1,
    /^$/,
    /✗ Forbidden: '\/etc' is outside the workspace/,
  ],
]
for (const [i, [typed, code, out, err]] of session.entries()) {
  test(`line ${i + 1} of a session in a terminal`, async () => {
    const ran = await type(product, typed())
    assert.match(ran.out, out, `${typed().join(' ')}: ${ran.out}${ran.err}`)
    assert.equal(ran.code, code, ran.err)
    if (err) assert.match(ran.err, err)
  })
}

test("without -n a verb takes the namespace of the cluster's context, else flux-system; -A takes all", async () => {
  const inContext = await type(product, ['get', 'events'], { namespaces: { sandbox: 'shop' } })
  assert.match(inContext.out, /shop\//)
  assert.doesNotMatch(inContext.out, /flux-system\//)
  assert.doesNotMatch((await type(product, ['get', 'events'])).out, /Pod\/shop\//)
  const all = await type(product, ['get', 'events', '-A'])
  assert.match(all.out, /shop\//)
  assert.match(all.out, /flux-system\//)
})

test('tables and colours are for a terminal alone', async () => {
  const plain = await type(product, ['get', 'status'])
  assert.match(plain.out, /kind\tobject\tstate/)
  assert.ok(!plain.out.includes('\u001b'))
  const wide = await type(product, ['get', 'status'], { terminal: { columns: 200, colours: true } })
  assert.match(wide.out, /^KIND +OBJECT +STATE/m)
  assert.ok(wide.out.includes('\u001b[32mready\u001b[0m'))
  assert.ok(!wide.out.includes('\t'))
  const narrow = await type(product, ['get', 'status'], { terminal: { columns: 40, colours: false } })
  const rows = narrow.out.split('\n').filter(line => line.startsWith('KIND') || line.startsWith('Kustomization'))
  assert.ok(rows.length === 2 && rows.every(line => line.length <= 40) && !narrow.out.includes('\u001b'), narrow.out)
  const json = await type(product, ['get', 'status', '-o', 'json'], { terminal: { columns: 40, colours: true } })
  assert.equal((JSON.parse(json.out) as { total: number }).total, 2)
})

test('a destroying verb prints its plan and goes on by the typed name alone', async () => {
  const target = ['delete', 'object', 'ConfigMap/default/doomed']
  const manifest = join(folder, 'doomed.yaml')
  writeFileSync(manifest, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: doomed, namespace: default}\n')
  assert.match((await type(product, ['apply', 'manifests', manifest])).out, /ConfigMap\/default\/doomed created/)
  const refused = await type(product, target, { types: 'yes' })
  assert.equal(refused.code, 3)
  assert.deepEqual(refused.asked, ["Type the name 'doomed' to go on: "])
  assert.match(refused.err, /that is not its name: nothing was done/)
  const done = await type(product, target, { types: 'doomed\n' })
  assert.equal(done.code, 0, done.err)
  assert.match(done.out, /Plan, nothing done yet[\s\S]*is deleted/)
  assert.equal((await type(product, ['get', 'object', 'ConfigMap/default/doomed'])).code, 1)
})

test('a destroying verb takes the handle of its plan', async () => {
  const manifest = join(folder, 'doomed.yaml')
  await type(product, ['apply', 'manifests', manifest])
  const target = ['delete', 'object', 'ConfigMap/default/doomed']
  const planned = await type(product, [...target, '-o', 'json'])
  assert.equal(planned.code, 3)
  const { plan } = JSON.parse(planned.out) as { plan: string }
  assert.equal((await type(product, [...target, '--plan', 'p1-1-00000000000000000000'])).code, 1)
  assert.equal((await type(product, [...target, '--plan', plan])).code, 0)
})

test('apply manifests reads a file, a folder and refuses what is no object', async () => {
  const many = join(folder, 'many')
  cpSync(shop, many, { recursive: true })
  writeFileSync(join(many, 'notes.txt'), 'no: manifest')
  const ran = await type(product, ['plan', 'apply-manifests', '--arguments', JSON.stringify({ manifests: 'kind: A\n' })])
  assert.equal(ran.code, 2)
  assert.match(ran.err, /manifests: document 1 is no Kubernetes object/)
  const broken = join(folder, 'broken.yaml')
  writeFileSync(broken, 'a: [')
  assert.match((await type(product, ['apply', 'manifests', broken])).err, /✗ InvalidArgument: line \d+/)
})

test('build artifact writes the very bytes that push artifact pushes', async () => {
  const output = join(folder, 'artifact.tgz')
  const built = await type(product, ['build', 'artifact', '--path', shop, '--output', output])
  assert.equal(built.code, 0, built.err)
  const pushed = await type(product, ['push', 'artifact', `oci://${product.registry}/same:1`, shop, '-o', 'json'])
  const { pinned } = JSON.parse(pushed.out) as { pinned: string }
  const digest = /sha256:[0-9a-f]{64}/.exec(built.out)?.[0] ?? 'none'
  const manifest = await (
    await fetch(`http://${product.registry}/v2/same/manifests/${pinned.split('@')[1] ?? ''}`, {
      headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
    })
  ).text()
  assert.ok(manifest.includes(digest), manifest)
  assert.ok(gunzipSync(readFileSync(output)).includes('web.yaml\0'))
  const without = await type(product, ['build', 'artifact', shop, '--output', output, '--ignore-paths', 'web.yaml'])
  assert.equal(without.code, 0)
  assert.ok(!gunzipSync(readFileSync(output)).includes('web.yaml\0'))
})

test('a cancelled verb ends with 130 and says that nothing is lost', async () => {
  const stop = new AbortController()
  stop.abort(new Error('stopped by SIGINT'))
  const ran = await type(product, ['reconcile', 'ks/shop'], { signal: stop.signal })
  assert.equal(ran.code, 130)
  assert.match(ran.err, /✗ Cancelled: /)
})

test('force and reset are for HelmReleases', async () => {
  const ran = await type(product, ['reconcile', 'ks/shop', '--force'])
  assert.equal(ran.code, 2)
  assert.match(ran.err, /force and reset are for HelmReleases/)
})

test('a verb that fails in part says which part, and everything has an answer in JSON', async () => {
  await pushFiles(product.composed.service.world, `oci://${product.registry}/bad:1`, {
    'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: absent}\n',
  })
  await type(product, ['apply', 'manifests', '--create', `name=bad,url=oci://${product.registry}/bad:1`])
  const ran = await type(product, ['reconcile', 'ks/bad', '-o', 'json'])
  assert.equal(ran.code, 1)
  const verdict = JSON.parse(ran.out) as {
    verdict: string
    reason: string
    failing: { object: string; status: string }[]
    cause: { cause: string }
  }
  assert.deepEqual([verdict.verdict, verdict.reason], ['Failed', 'ReconciliationFailed'])
  assert.deepEqual(
    verdict.failing.map(f => [f.object, f.status]),
    [['ConfigMap/absent/a', 'Refused']],
  )
  assert.equal(verdict.cause.cause, 'NamespaceMissing')
  signal.throwIfAborted()
})

test('a watch shows what is there, then what changes, until it is interrupted', async () => {
  const cluster = product.composed.service.world.clusters.named()
  const metadata = { name: 'watched', namespace: 'watched' }
  const source = {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata,
    spec: { url: 'oci://a.test/b', interval: '1h', suspend: true },
  }
  await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'watched' } }, { manager: 'test' }, signal)
  await cluster.apply(source, { manager: 'test' }, signal)
  const [first, then] = [Promise.withResolvers<void>(), new AbortController()]
  const watching = type(product, ['get', 'status', '-n', 'watched', '--watch'], {
    signal: then.signal,
    heard(out) {
      first.resolve()
      if (out.includes('second')) then.abort(new Error('interrupted'))
    },
  })
  await first.promise
  await cluster.apply({ ...source, metadata: { ...metadata, name: 'second' } }, { manager: 'test' }, signal)
  const { code, out } = await watching
  assert.equal(code, 130)
  const [head, ...lines] = out.trimEnd().split('\n')
  assert.match(head ?? '', /^kind\tobject\tstate\t/)
  assert.deepEqual(
    lines.map(line => line.split('\t').slice(0, 3)),
    [
      ['OCIRepository', 'watched/watched', 'suspended'],
      ['OCIRepository', 'watched/second', 'suspended'],
    ],
  )
})
test('a watch of a kind that is not there fails as a look does', async () => {
  const { code, err } = await type(product, ['get', 'status', 'Nonsense', '-w'])
  assert.equal(code, 1)
  assert.match(err, /✗ .*Nonsense/)
})
