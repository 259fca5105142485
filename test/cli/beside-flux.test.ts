import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { installKinds } from '../../src/engine/install.ts'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { parseDuration } from '../../src/lib/duration.ts'
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

/** Our verbs beside flux 2.6.4's commands: the same facts about the same cluster. */
const digest = `sha256:${'0123456789abcdef'.repeat(4)}`
const namespace = 'flux-system'
const secret = 'the-password-of-somebody'

/** Cells of a table of flux. */
const cells = (text: string): string[][] =>
  text
    .trimEnd()
    .split('\n')
    .map(line => line.split('\t').map(cell => cell.trim()))

const inputs: [text: string, strict: boolean][] = [
  ['a ${FIRST} ${NOPE:=d} $${x}\n\n${SECOND^^} ${#FIRST}\r\nlast', false],
  ['${SECOND/two/2} ${FIRST:0:2}\n', true],
  ['fine\n${NOPE}\nnever', true],
  ['${NOPE}|\n', false],
  ['fine\n${FIRST\n', false],
  ['', false],
]

withPrograms(['flux'], { name: 'envsubst beside flux', tests: inputs.length }, () => {
  for (const [input, strict] of inputs)
    test(`envsubst${strict ? ' --strict' : ''} of ${JSON.stringify(input)} is that of flux`, async () => {
      const env = { FIRST: 'one', SECOND: 'twotwo' }
      Object.assign(process.env, env)
      const args = ['envsubst', ...(strict ? ['--strict'] : [])]
      const [theirs, mine] = [flux(args, { input, env }), await typed(undefined, args, { input })]
      assert.deepEqual([mine.code, mine.out], [theirs.code, theirs.out])
      assert.equal(mine.err === '', theirs.err === '')
    })
})

/** Durations as numbers, and without what is so anyhow. */
function meaning(value: Json): Json {
  if (Array.isArray(value)) return value.map(meaning)
  if (typeof value === 'string') return parseDuration(value) ?? value
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).flatMap(([key, item]) => (item === false ? [] : [[key, meaning(item ?? null)]])))
}

withPrograms(['etcd', 'kube-apiserver', 'flux'], { name: 'verbs beside flux on a real API server', tests: 5 }, () =>
  describe('verbs beside flux on a real API server', () => {
    let [api, cluster] = [undefined as unknown as ApiServer, undefined as unknown as Cluster]
    let product: Product
    const ours = (args: readonly string[]): Promise<Said> => typed(product, args)
    const both = async (theirs: readonly string[], mine: readonly string[]): Promise<[Said, Said]> => [
      flux([...theirs, '--kubeconfig', api.kubeconfigPath]),
      await ours(mine),
    ]
    const source = 'source.toolkit.fluxcd.io/v1'
    const delivery = 'kustomize.toolkit.fluxcd.io/v1'
    async function put(apiVersion: string, kind: string, more: JsonObject, metadata: JsonObject = {}): Promise<void> {
      const { name, status, ...rest } = more
      const object = { apiVersion, kind, metadata: { namespace, name, ...metadata }, ...rest } as unknown as KubeObject
      const made = await cluster.apply(object, { manager: 'test', force: true }, unending)
      const [group = '', version] = apiVersion.split('/')
      const ref = { group, version, kind, namespace: made.metadata.namespace, name: made.metadata.name }
      if (status) await cluster.patch(ref, { type: 'merge', body: { status }, manager: 'test', subresource: 'status' }, unending)
    }
    const ready = (status: string, message: string): JsonObject => ({
      observedGeneration: 1,
      conditions: [{ type: 'Ready', status, reason: 'Said', message, lastTransitionTime: '2026-01-01T00:00:00Z' }],
    })
    const artifact = (size: number): JsonObject => ({
      artifact: { digest, lastUpdateTime: '2026-01-01T00:00:00Z', path: 'a', revision: `latest@${digest}`, size, url: 'http://x/a' },
    })

    before(async () => {
      api = await startKubeApiServer()
      cluster = await api.cluster()
      product = await startProduct({ options: { sandbox: false, kubeconfig: api.kubeconfigPath } })
      await installKinds(cluster, kinds, { clock: realClock, signal: unending })
      for (const name of [namespace, 'apps']) await ensureNamespace(cluster, name)
      const url = { url: 'oci://localhost:5000/app', interval: '10m' }
      await put(source, 'OCIRepository', {
        name: 'app',
        spec: url,
        status: { ...ready('True', 'stored artifact'), ...artifact(2_345_678) },
      })
      await put(source, 'OCIRepository', { name: 'small', spec: url, status: artifact(700) }, { namespace: 'apps' })
      const repo = { url: 'https://example.com/r.git', interval: '1h30m', secretRef: { name: 'git' } }
      await put(source, 'GitRepository', { name: 'repo', spec: repo, status: { ...ready('False', 'no such host'), ...artifact(1024) } })
      const vars = {
        substitute: { a: 'inline', both: 'inline' },
        substituteFrom: [
          { kind: 'ConfigMap', name: 'vars' },
          { kind: 'Secret', name: 'vars' },
          { kind: 'Secret', name: 'absent', optional: true },
        ],
      }
      const spec = { interval: '10m', prune: true, sourceRef: { kind: 'OCIRepository', name: 'app' } }
      const applied = { ...ready('True', `Applied revision: latest@${digest}`), lastAppliedRevision: `latest@${digest}` }
      const annotated = { labels: { team: 'a' }, annotations: { note: 'x' } }
      await put(delivery, 'Kustomization', { name: 'app', spec: { ...spec, postBuild: vars }, status: applied }, annotated)
      await put(delivery, 'Kustomization', { name: 'held', spec: { ...spec, suspend: true } })
      await put(delivery, 'Kustomization', { name: 'broken', spec, status: ready('False', 'kustomize build failed') })
      await put('v1', 'ConfigMap', { name: 'vars', data: { a: '0', lines: 'x\ny', later: '1' } })
      await put('v1', 'Secret', { name: 'vars', stringData: { password: secret, both: 'hidden-by-inline', later: secret } })
    })
    after(async () => {
      await product?.stop()
      await api?.stop()
    })

    test('stats count alike, in one namespace and in all', async () => {
      for (const where of [[], ['-A']]) {
        const [theirs, mine] = await both(['stats', ...where], ['stats', ...where, '-o', 'json'])
        const [, ...rows] = cells(theirs.out).map(row => row.slice(0, 5))
        assert.deepEqual(
          (JSON.parse(mine.out) as { rows: (string | number)[][] }).rows.map(row => row.map(String)),
          rows,
        )
      }
    })

    test('get tells the same names, revisions, states and messages', async () => {
      const [theirs, mine] = await both(['get', 'ks'], ['get', 'status', 'ks', '-n', namespace, '--detail', 'full', '-o', 'json'])
      const [, ...rows] = cells(theirs.out)
      const answered = (JSON.parse(mine.out) as { rows: (string | null)[][] }).rows
      const states = rows.map(([name = '', revision, suspended, readiness, message = '']) => {
        const state = suspended === 'True' ? 'suspended' : readiness === 'True' ? 'ready' : 'failing'
        return { object: `${namespace}/${name}`, state, revision: revision || null, message }
      })
      assert.equal(answered.length, states.length)
      for (const { object, state, revision, message } of states) {
        const row = answered.find(r => r[1] === object)
        assert.deepEqual([row?.[2], row?.[3]], [state, revision], object)
        if (message !== 'waiting to be reconciled') assert.equal(row?.[5], `Said: ${message}`)
      }
      const [failing, states2] = await both(
        ['get', 'ks', '--status-selector', 'ready=false'],
        ['get', 'status', 'ks', '--state', 'failing', '-o', 'json'],
      )
      assert.match(failing.out, /broken/)
      assert.deepEqual(
        (JSON.parse(states2.out) as { rows: string[][] }).rows.map(r => r[1]),
        [`${namespace}/broken`],
      )
    })

    test('export prints the same objects, and no Secret', async () => {
      const rows: [string[], string[]][] = [
        [['kustomization', 'app'], ['ks/app']],
        [
          ['kustomization', '--all'],
          ['ks', '--all'],
        ],
        [
          ['source', 'oci', '--all'],
          ['ocirepository', '--all'],
        ],
        [['source', 'git', 'repo'], ['gitrepository/repo']],
      ]
      for (const [theirs, mine] of rows) {
        const [a, b] = await both(['export', ...theirs], ['export', ...mine])
        assert.deepEqual(parseAll(b.out).map(meaning), parseAll(a.out).map(meaning), mine.join(' '))
      }
      const [leaking, refused] = await both(
        ['export', 'source', 'git', 'repo', '--with-credentials'],
        ['export', 'gitrepository/repo', '--with-credentials'],
      )
      assert.notEqual(leaking.code, undefined)
      assert.equal(refused.code, 2)
      assert.match(refused.err, /Secrets never leave/)
    })

    test('debug merges variables alike, but hides what a Secret says', async () => {
      const [theirs, mine] = await both(['debug', 'ks', 'app', '--show-vars'], ['debug', 'ks', 'app', '--show-vars'])
      assert.match(theirs.out, new RegExp(secret))
      assert.doesNotMatch(mine.out + mine.err, new RegExp(secret))
      assert.equal(mine.out.replaceAll(/redacted#\w+/g, secret), theirs.out)
      const [, status] = await both(['debug', 'ks', 'app', '--show-status'], ['debug', 'ks', 'app', '--show-status'])
      assert.match(status.out, /lastAppliedRevision: latest@sha256/)
    })

    test('suspend takes several and all, as flux does', async () => {
      const suspended = async (): Promise<string[]> => {
        const all = await Array.fromAsync(
          cluster.listAll({ group: 'kustomize.toolkit.fluxcd.io', version: 'v1', kind: 'Kustomization' }, unending),
        )
        return all.filter(o => isObject(o.spec) && o.spec.suspend === true).map(o => o.metadata.name)
      }
      assert.equal((await ours(['suspend', 'ks', 'app', 'broken', 'app'])).code, 0)
      assert.deepEqual(await suspended(), ['app', 'broken', 'held'])
      flux(['--kubeconfig', api.kubeconfigPath, 'resume', 'ks', 'app', 'held', '--timeout', '1s'])
      assert.deepEqual(await suspended(), ['broken'])
      assert.equal((await ours(['suspend', 'ks', '--all'])).code, 0)
      assert.deepEqual(await suspended(), ['app', 'broken', 'held'])
      const none = await ours(['suspend', 'ks', '--all', '-n', 'apps'])
      assert.deepEqual([none.code, /no Kustomization is in namespace 'apps'/.test(none.err)], [2, true])
    })
  }),
)
