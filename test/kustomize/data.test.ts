import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { before, describe, test } from 'node:test'
import { findProgram } from '../../scripts/refs/cache.ts'
import type { KustomizationObject } from '../../src/kinds/kustomization.ts'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { prepare } from '../../src/kustomize/build-reconciler.ts'
import { parseAll } from '../../src/lib/yaml.ts'
import { withPrograms } from '../refs/when.ts'
import { dataFolder, treeOf, withData } from '../support/data.ts'
import { testKernel } from '../support/kernel.ts'
import { onBothServers } from './servers.ts'
import { idsOf, readyOf, signal } from './stage.ts'

const kernel = testKernel()
const names = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']

const bytes = (tree: Record<string, string>): Map<string, Uint8Array> =>
  new Map(Object.entries(tree).map(([path, text]) => [path, Buffer.from(text)]))
const spec = (more: object): KustomizationObject['spec'] =>
  ({ interval: '1m', prune: true, sourceRef: { kind: 'OCIRepository', name: 'a' }, ...more }) as KustomizationObject['spec']

/** What the command line prints, with Flux's options: files from anywhere, no order of its own. */
function commandLine(files: ReadonlyMap<string, Uint8Array>, root: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-build-'))
  try {
    for (const [path, content] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), content)
    }
    const options = ['--load-restrictor', 'LoadRestrictionsNone', '--reorder', 'none']
    return execFileSync(findProgram('kustomize') ?? '', ['build', ...options, join(folder, root)], { encoding: 'utf8', stdio: 'pipe' })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Folders that no file says how to build, and specs that change what is built. */
const overlays: [tree: string, path: string, more: object][] = [
  ['fleet', 'clusters/staging', {}],
  ['fleet', 'clusters/production', { targetNamespace: 'flux-system', namePrefix: 'eu-' }],
  ['fleet', 'apps/base', {}],
  ['podinfo', 'deploy/bases', { nameSuffix: '-v2', images: [{ name: 'ghcr.io/stefanprodan/podinfo', newTag: '9.9.9' }] }],
  [
    'podinfo',
    'deploy/overlays/production',
    {
      patches: [
        { patch: '- {op: add, path: /metadata/labels, value: {tier: gold}}', target: { kind: 'Deployment|StatefulSet', name: '.*' } },
      ],
    },
  ],
  ['podinfo', 'kustomize', { targetNamespace: 'shop', components: [] }],
]

withData({ name: "others' folders", tests: 41 }, () => {
  const trees = new Map(['podinfo', 'fleet'].map(name => [name, treeOf(join(dataFolder, name))]))
  const folders = [...trees].flatMap(([tree, files]) =>
    Object.keys(files)
      .filter(path => names.includes(path.slice(path.lastIndexOf('/') + 1)))
      .map((path): [string, string] => [tree, dirname(path)]),
  )

  withPrograms(
    ['kustomize'],
    { name: "builds of others' folders against the command line", tests: folders.length + overlays.length },
    () => {
      for (const [tree, root] of folders)
        test(`${tree}/${root} builds as with the command line`, async () => {
          const files = bytes(trees.get(tree) ?? {})
          const text = await kernel.kustomizeBuild({ root, files }, signal)
          assert.equal(text, commandLine(files, root))
          assert.deepEqual(await kernel.kustomizeObjects({ root, files }, signal), parseAll(text))
        })

      for (const [tree, path, more] of overlays)
        test(`${tree}/${path} with ${JSON.stringify(more)} builds as with the command line`, async () => {
          const prepared = await prepare(spec({ path, ...more }), bytes(trees.get(tree) ?? {}), { hands: { kernel }, signal })
          const text = await kernel.kustomizeBuild(prepared, signal)
          assert.equal(text, commandLine(prepared.files, prepared.root))
          assert.ok(text.length > 100)
        })
    },
  )

  const noIssuers =
    /^False ReconciliationFailed: ClusterIssuer\/letsencrypt dry-run failed: no matches for kind "ClusterIssuer" in version "cert-manager.io\/v1"\n$/
  const cases: [tree: string, path: string, more: object, ready: RegExp, objects: number][] = [
    ['podinfo', 'kustomize', { targetNamespace: 'own', wait: true }, /^True /, 3],
    ['podinfo', 'deploy/overlays/dev', { wait: true }, /^True /, 25],
    ['podinfo', 'deploy/overlays/staging', {}, /^True /, 25],
    ['podinfo', 'deploy/overlays/production', {}, /^True /, 25],
    ['podinfo', 'deploy/bases/cache', { targetNamespace: 'own', namePrefix: 'cache-' }, /^True /, 3],
    ['fleet', 'clusters/staging', { targetNamespace: 'own' }, /^True /, 3],
    ['fleet', 'infrastructure/controllers', {}, /^True /, 6],
    ['fleet', 'infrastructure/configs', {}, noIssuers, 0],
    ['fleet', 'apps/staging', {}, /^True /, 3],
    ['fleet', 'apps/production', {}, /^True /, 3],
  ]
  const elsewhere = new Map<string, unknown>()

  onBothServers("others' folders", { kernel, tests: cases.length }, ({ stage, cluster }) => {
    describe('reconciled', () => {
      before(async () => {
        const definitions = Object.values(treeOf(join(dataFolder, 'flux-crds'))).flatMap(text => parseAll(text) as KubeObject[])
        for (const definition of definitions) await cluster().apply(definition, { manager: 'test', force: true }, signal)
        for (const definition of definitions) {
          const {
            group,
            names: { kind },
          } = definition.spec as unknown as { group: string; names: { kind: string } }
          while (!(await cluster().resourceOf({ group, kind }, signal))) await new Promise(resolve => setImmediate(resolve))
        }
      })

      for (const [i, [tree, path, more, ready, count]] of cases.entries())
        test(`${tree}/${path}`, async () => {
          const s = await stage(`data-${i}`)
          const own = 'targetNamespace' in more ? { ...more, targetNamespace: s.namespace } : more
          const ks = await s.ship(trees.get(tree) ?? {}, { path, ...own })
          assert.match(readyOf(ks), ready)
          const ids = idsOf(ks)
          assert.equal(ids.length, count, ids.join(' '))
          const outcome = [readyOf(ks), ids]
          assert.deepEqual(outcome, elsewhere.get(`${tree}/${path}`) ?? outcome)
          elsewhere.set(`${tree}/${path}`, outcome)
          if (count === 0) return
          const again = await s.again()
          assert.deepEqual(idsOf(again), ids)
          assert.equal((await s.events()).filter(e => /(created|configured|deleted)$/.test(e)).length, 1)
        })
    })
  })
})
