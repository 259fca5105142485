import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { installKinds } from '../../src/engine/install.ts'
import { type KubeObject, printRef, refOf } from '../../src/kinds/manifest.ts'
import { isObject, type Json, type JsonObject } from '../../src/lib/json.ts'
import { parseAll } from '../../src/lib/yaml.ts'
import { kinds } from '../../src/tools/run/reconcilers.ts'
import { realClock } from '../../src/world/clock/real.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { type ApiServer, startKubeApiServer } from '../refs/kube-apiserver.ts'
import { withPrograms } from '../refs/when.ts'
import { flux, type Said } from '../support/flux-cli.ts'
import { type Product, startProduct } from '../support/service.ts'
import { type as typed } from '../support/terminal.ts'
import { unending } from '../support/unending.ts'
import { ensureNamespace } from '../support/world.ts'

/** `build kustomization` and `diff kustomization` of local folders beside flux 2.6.4. */
const namespace = 'flux-system'
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fluxpilot-local-')))
after(() => rmSync(folder, { recursive: true, force: true }))
const at = (path: string): string => join(folder, path)

function write(files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(at(path)), { recursive: true })
    writeFileSync(at(path), text)
  }
}

const map = (name: string, value: string, more = ''): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}${more}}\ndata: {value: "${value}"}\n`
const child = (name: string, source: string): string =>
  `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: ${name}, namespace: ${namespace}}\n` +
  `spec: {interval: 10m0s, prune: true, path: ./below, targetNamespace: apps, sourceRef: {kind: GitRepository, name: ${source}}}\n`
const sealed = `apiVersion: v1
kind: Secret
metadata: {name: sealed}
stringData: {password: "ENC[AES256_GCM,data:Zm9v,iv:Zm9v,tag:Zm9v,type:str]"}
sops: {mac: "ENC[AES256_GCM,data:Zm9v,iv:Zm9v,tag:Zm9v,type:str]", version: 3.9.0}
`

write({
  'base/kustomization.yaml': 'resources: [cm.yaml]\n',
  'base/cm.yaml': map('based', '${from_map}-${inline}'),
  'app/kustomization.yaml': 'resources: [../base, own.yaml]\nnamePrefix: my-\n',
  'app/own.yaml': map('own', '${from_secret:=fallback}'),
  'plain/a.yaml': map('a', 'one'),
  'plain/b.yaml': map('b', 'two'),
  'plain/deep/c.yaml': map('c', '${from_map}'),
  'plain/deep/.sourceignore': 'skipped.yaml\n',
  'plain/deep/skipped.yaml': map('skipped', 'three'),
  'sealed/kustomization.yaml': 'resources: [sealed.yaml]\n',
  'sealed/sealed.yaml': sealed,
  'strict/cm.yaml': map('strict', '${never_set}'),
  'tree/kustomization.yaml': 'resources: [one.yaml, two.yaml]\n',
  'tree/one.yaml': child('one', 'first'),
  'tree/two.yaml': child('two', 'second'),
  'first/below/cm.yaml': map('in-first', '1'),
  'second/below/cm.yaml': map('in-second', '2'),
  'wrong/a.yaml': 'apiVersion: example.com/v1\nkind: Nothing\nmetadata: {name: a, namespace: apps}\n',
})

const spec = (path: string, more: object = {}): JsonObject => ({
  interval: '10m',
  prune: true,
  path,
  targetNamespace: 'apps',
  sourceRef: { kind: 'GitRepository', name: 'first' },
  commonMetadata: { labels: { team: 'a' } },
  postBuild: {
    substitute: { inline: 'here' },
    substituteFrom: [
      { kind: 'ConfigMap', name: 'vars' },
      { kind: 'Secret', name: 'vars', optional: true },
    ],
  },
  ...more,
})
const delivery = (name: string, path: string, more: object = {}): KubeObject =>
  ({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace },
    spec: spec(path, more),
  }) as unknown as KubeObject

/** Objects by their names. */
const byName = (text: string): Record<string, Json> =>
  Object.fromEntries((parseAll(text) as unknown as KubeObject[]).filter(isObject).map(o => [printRef(refOf(o)), o]))

withPrograms(['etcd', 'kube-apiserver', 'flux'], { name: 'local folders beside flux on a real API server', tests: 9 }, () =>
  describe('local folders beside flux on a real API server', () => {
    let [api, cluster, product] = [undefined as unknown as ApiServer, undefined as unknown as Cluster, undefined as unknown as Product]
    const put = (object: object, manager = 'test'): Promise<KubeObject> =>
      cluster.apply(object as KubeObject, { manager, force: true }, unending)
    const both = async (args: readonly string[]): Promise<[Said, Said]> => [
      flux([...args, '--kubeconfig', api.kubeconfigPath, ...(args[0] === 'diff' ? ['--progress-bar=false'] : [])]),
      await typed(product, args),
    ]

    before(async () => {
      api = await startKubeApiServer()
      cluster = await api.cluster()
      product = await startProduct({ options: { sandbox: false, kubeconfig: api.kubeconfigPath, workspace: [folder] } })
      await installKinds(cluster, kinds, { clock: realClock, signal: unending })
      for (const name of [namespace, 'apps']) await ensureNamespace(cluster, name)
      await put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'vars', namespace }, data: { from_map: 'mapped' } })
      for (const [name, path] of [
        ['app', './app'],
        ['plain', './plain'],
        ['sealed', 'sealed/'],
        ['strict', './strict'],
        ['wrong', './wrong'],
      ] as const)
        await put(delivery(name, path))
      await put(delivery('tree', './tree', { targetNamespace: undefined, postBuild: undefined, commonMetadata: undefined }))
      write({ 'file.yaml': JSON.stringify(delivery('app', './app', { namePrefix: 'filed-' })) })
    })
    after(async () => {
      await product?.stop()
      await api?.stop()
    })

    const sources = [`GitRepository/${namespace}/first=${at('first')}`, `GitRepository/${namespace}/second=${at('second')}`].join(',')
    const builds: [says: string, args: string[]][] = [
      ['a base beside the folder', ['app', '--path', at('app')]],
      ['a folder without kustomization.yaml, and what .sourceignore leaves out', ['plain', '--path', at('plain')]],
      ['patterns that leave out more', ['plain', '--path', at('plain'), '--ignore-paths', 'b.yaml,/deep/']],
      ['what SOPS encrypted', ['sealed', '--path', at('sealed')]],
      ['a Kustomization of a file', ['app', '--path', at('app'), '--kustomization-file', at('file.yaml')]],
      ['a dry run', ['app', '--path', at('app'), '--kustomization-file', at('file.yaml'), '--dry-run']],
      ['the Kustomizations below', ['tree', '--path', at('tree'), '--recursive', '--local-sources', sources]],
    ]
    test('builds are the same, object for object', async () => {
      for (const [says, args] of builds) {
        const [theirs, mine] = await both(['build', 'ks', ...args])
        assert.deepEqual([mine.code, theirs.code], [0, 0], `${says}: ${mine.err} ${theirs.err}`)
        assert.deepEqual(byName(mine.out), byName(theirs.out), says)
      }
    })

    test('a dry run needs no cluster', async () => {
      const lone = await startProduct({ options: { sandbox: false, kubeconfig: at('no-kubeconfig'), workspace: [folder] } }).catch(
        () => undefined,
      )
      write({ 'empty-kubeconfig': '{"apiVersion": "v1", "kind": "Config"}' })
      const without = lone ?? (await startProduct({ options: { sandbox: false, kubeconfig: at('empty-kubeconfig'), workspace: [folder] } }))
      const built = await typed(without, ['build', 'ks', ...(builds[5]?.[1] ?? [])])
      await without.stop()
      assert.deepEqual(
        [built.code, Object.keys(byName(built.out))],
        [0, ['ConfigMap/apps/filed-based', 'ConfigMap/apps/filed-own']],
        built.err,
      )
    })

    test('both refuse a variable that is not set, when strict, and a source whose folder is not known', async () => {
      for (const args of [
        ['strict', '--path', at('strict'), '--strict-substitute'],
        ['tree', '--path', at('tree'), '--recursive'],
        ['absent', '--path', at('app')],
        ['app', '--path', at('app'), '--kustomization-file', at('plain/a.yaml')],
      ]) {
        const [theirs, mine] = await both(['build', 'ks', ...args])
        assert.deepEqual([theirs.code === 0, mine.code === 0, mine.out], [false, false, ''], args.join(' '))
        assert.match(mine.err, /✗ .*Next: /)
      }
    })

    test('what a build from the artifact would not heed is refused', async () => {
      for (const args of [
        ['--recursive'],
        ['--strict-substitute'],
        ['--ignore-paths', 'a'],
        ['--kustomization-file', at('file.yaml')],
        ['--dry-run'],
      ])
        assert.equal((await typed(product, ['build', 'ks', 'app', ...args])).code, 2, args.join(' '))
      assert.equal((await typed(product, ['build', 'ks', 'app', '--path', at('app'), '--local-sources', 'A/b/c=d'])).code, 2)
    })

    const words: Readonly<Record<string, string>> = { create: 'created', configure: 'drifted', drift: 'drifted', prune: 'deleted' }
    /** Both verdicts, and the changes in flux' words. */
    async function compared(args: readonly string[]): Promise<{ codes: unknown[]; theirs: string[]; mine: string[] }> {
      const [a, b] = await both(['diff', 'ks', ...args])
      const theirs = [...a.out.matchAll(/► (\S+) (created|drifted|deleted)/g)].map(m => `${m[1]} ${m[2]}`)
      const [, ...rows] = b.out
        .trim()
        .split('\n')
        .filter(line => line.includes('\t'))
        .map(line => line.split('\t'))
      const mine = rows.map(([action = '', object]) => `${object} ${words[action] ?? action}`)
      return { codes: [a.code, b.code], theirs: theirs.toSorted(), mine: mine.toSorted() }
    }
    const app = ['app', '--path', at('app')]

    test('a diff has the same verdict and the same changes, from nothing to everything', async () => {
      const first = await compared(app)
      assert.deepEqual(first.codes, [1, 1])
      assert.deepEqual(first.mine, first.theirs)
      assert.equal(first.mine.length, 2)
      const [, built] = await both(['build', 'ks', ...app])
      for (const object of parseAll(built.out)) await put(object as object, 'kustomize-controller')
      assert.deepEqual(await compared(app), { codes: [0, 0], theirs: [], mine: [] })
    })

    test('what changed, what somebody else set, and what would be pruned', async () => {
      write({ 'app/own.yaml': map('own', 'changed') })
      await put(
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'my-based', namespace: 'apps' }, data: { value: 'by hand' } },
        'kubectl',
      )
      await put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'gone', namespace: 'apps' } })
      const entries = ['apps_gone__ConfigMap', 'apps_my-own__ConfigMap', 'apps_my-based__ConfigMap'].map(id => ({ id, v: 'v1' }))
      const status = { inventory: { entries } }
      await cluster.patch(refOf(delivery('app', '')), { type: 'merge', body: { status }, manager: 'test', subresource: 'status' }, unending)
      const all = await compared(app)
      assert.deepEqual(all.mine, all.theirs)
      assert.deepEqual(all.mine, ['ConfigMap/apps/gone deleted', 'ConfigMap/apps/my-based drifted', 'ConfigMap/apps/my-own drifted'])
      assert.deepEqual(all.codes, [1, 1])
      const filed = await compared([...app, '--kustomization-file', at('file.yaml')])
      assert.deepEqual([filed.mine, filed.codes], [filed.theirs, [1, 1]])
    })

    test('the Kustomizations below are compared as well', async () => {
      const [, built] = await both(['build', 'ks', 'tree', '--path', at('tree')])
      for (const object of parseAll(built.out)) await put(object as object, 'kustomize-controller')
      const { theirs, mine, codes } = await compared(['tree', '--path', at('tree'), '--recursive', '--local-sources', sources])
      assert.deepEqual(codes, [1, 1])
      assert.deepEqual(mine, theirs)
      assert.ok(mine.includes('ConfigMap/apps/in-second created'), mine.join())
    })

    test('what the API server does not know is an error of its own', async () => {
      const { codes } = await compared(['wrong', '--path', at('wrong')])
      assert.deepEqual(codes, [2, 2])
      const [, absent] = await both(['diff', 'ks', 'absent', '--path', at('app')])
      assert.equal(absent.code, 2)
    })

    test('values of Secrets do not leave by a build or a diff', async () => {
      write({
        'secrets/kustomization.yaml': 'resources: [s.yaml]\n',
        'secrets/s.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: correct-horse-battery}\n',
      })
      for (const verb of ['build', 'diff']) {
        const said = await typed(product, [verb, 'ks', 'app', '--path', at('secrets')])
        assert.doesNotMatch(said.out + said.err, /correct-horse/)
        assert.match(said.out, /Secret/)
      }
    })
  }),
)
