import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { fluxDefaults } from '../../src/engine/settings.ts'
import { type KubeObject, type ObjectRef, printRef, refOf } from '../../src/kinds/manifest.ts'
import { type Json, type JsonObject, listAt, objectAt } from '../../src/lib/json.ts'
import { refOfEntry } from '../../src/kustomize/inventory.ts'
import { startEngine } from '../../src/main/engine.ts'
import type { SandboxGit } from '../../src/sandbox/git.ts'
import { reconcilers } from '../../src/tools/run/reconcilers.ts'
import { type FluxControllers, fluxControllers, startFluxControllers } from '../refs/flux-controllers.ts'
import { withPrograms } from '../refs/when.ts'
import { withData } from '../support/data.ts'
import { openForge } from '../support/git.ts'
import { serveGit } from '../support/git-server.ts'
import { pushFiles } from '../support/push.ts'
import { unending as signal } from '../support/unending.ts'
import { ensureNamespace } from '../support/world.ts'
import { usePair } from './pair.ts'
import { kustomization, ksRef, source, sourceRef } from './scenarios.ts'
import { request, untilCalm, untilHandled } from './side.ts'
import { differences, inventoryIds, snapshot } from './snapshot.ts'

const namespace = 'handed'
const controllers: readonly string[] = fluxControllers
const gitRef: ObjectRef = { ...sourceRef(namespace), kind: 'GitRepository' }
const applying = ['first', 'app', 'late', 'held', 'broken'] as const
const watched = [sourceRef(namespace), gitRef, ...applying.map(name => ksRef(namespace, name))]

const manifest = (object: JsonObject): string => JSON.stringify(object)
const config = (name: string, value = '1', annotations: JsonObject = {}): string =>
  manifest({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, annotations }, data: { value } })
const noted = (key: string, value: string): JsonObject => ({ [`kustomize.toolkit.fluxcd.io/${key}`]: value })

/** What is pushed; of the second version a ConfigMap has gone and another has changed. */
function files(version: 1 | 2): Record<string, string> {
  const labels = { app: 'web' }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'example.com/web:1' }] } }
  return {
    'first/namespace.yaml': manifest({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: `${namespace}-more` } }),
    'first/definition.yaml': manifest(widgets),
    'app/config.yaml': config('changes', String(version)),
    ...(version === 1 ? { 'app/goes.yaml': config('goes') } : {}),
    'app/once.yaml': config('once', String(version), noted('ssa', 'IfNotPresent')),
    'app/kept.yaml': config('kept', '1', noted('prune', 'disabled')),
    'app/secret.yaml': manifest({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'secret', namespace },
      stringData: { key: '${key}' },
    }),
    'app/service.yaml': manifest({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace },
      spec: { selector: labels, ports: [{ port: 80 }] },
    }),
    'app/deployment.yaml': manifest({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace },
      spec: { replicas: 1, selector: { matchLabels: labels }, template },
    }),
    'app/widget.yaml': manifest({ apiVersion: 'handed.test/v1', kind: 'Widget', metadata: { name: 'w', namespace }, spec: { size: 1 } }),
  }
}

const widgets = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.handed.test' },
  spec: {
    group: 'handed.test',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } } },
        },
      },
    ],
  },
}

const ofGit = { sourceRef: { kind: 'GitRepository', name: 'app' } }
const flux = (registry: string, git: string): KubeObject[] => [
  source(namespace, { url: `oci://${registry}/${namespace}` }),
  {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'app', namespace },
    spec: { url: `http://${git}/app.git`, interval: '10m', ref: { branch: 'main' } },
  },
  kustomization(namespace, { path: './first', wait: true }, 'first'),
  kustomization(
    namespace,
    {
      path: './app',
      wait: true,
      dependsOn: [{ name: 'first' }],
      commonMetadata: { labels: { team: 'a' } },
      postBuild: { substitute: { key: 'of-all' } },
    },
    'app',
  ),
  kustomization(namespace, { ...ofGit, path: './late', dependsOn: [{ name: 'app' }] }, 'late'),
  kustomization(namespace, { ...ofGit, path: './held' }, 'held'),
  kustomization(namespace, { ...ofGit, path: './none' }, 'broken'),
]

/** What one of the two that run the cluster left: Flux's objects as they can be compared, and what they made, whole. */
interface Left {
  readonly flux: Json
  readonly made: Readonly<Record<string, KubeObject | undefined>>
}

withData({ name: 'taking over and giving back', tests: 1 }, () =>
  withPrograms(['git', 'etcd', 'kube-apiserver', ...controllers], { name: 'taking over and giving back', tests: 1 }, () =>
    describe('a cluster that Flux runs', () => {
      const pair = usePair()
      const forge = openForge()
      let git: SandboxGit
      let running: Pick<FluxControllers, 'stop'> | undefined
      before(async () => {
        git = await serveGit({ folder: forge.folder })
      })
      after(async () => {
        await running?.stop()
        await git.close()
        forge.remove()
      })

      const push = (version: 1 | 2): Promise<string> => {
        const { hands, registry } = pair().world
        return pushFiles(hands, `oci://${registry}/${namespace}:latest`, files(version))
      }
      /** Every object is run anew by whoever runs the cluster; what that left. */
      const handled = async (token: string): Promise<Left> => {
        const { cluster } = pair().world
        for (const ref of watched) {
          await request(cluster, ref, { token, signal })
          await untilHandled(cluster, ref, { token, signal })
        }
        await untilCalm(cluster, watched, signal)
        return left()
      }
      const left = async (): Promise<Left> => {
        const { cluster } = pair().world
        const live = await Promise.all(watched.map(ref => cluster.get(ref, signal)))
        const refs = live.flatMap(inventoryIds).flatMap(id => refOfEntry({ id, v: 'v1' }) ?? [])
        const { status } = await snapshot(cluster, { watched, applied: [], namespace }, signal)
        const own = live.map(o => ({ uid: o?.metadata.uid ?? '', spec: o?.spec ?? {}, managers: o ? managersOf(o) : [] }))
        return {
          flux: { status, own } as unknown as Json,
          made: Object.fromEntries(await Promise.all(refs.map(async ref => [printRef(ref), await cluster.get(ref, signal)] as const))),
        }
      }
      const ours = (): Pick<FluxControllers, 'stop'> =>
        startEngine(pair().world.hands, {
          reconcilers: reconcilers.filter(r => controllers.includes(r.convention.controller)),
          settings: fluxDefaults,
          concurrency: 4,
          scope: { namespace },
        })
      const theirs = (): Promise<FluxControllers> => startFluxControllers(pair().kubeconfigPath, fluxControllers, namespace)

      test('is taken over and given back: nothing is applied again, pruned or orphaned, and each prunes what the other applied', async () => {
        const { cluster, registry } = pair().world
        await ensureNamespace(cluster, namespace)
        await push(1)
        await forge.commit('app.git', [
          { branch: 'refs/heads/main', at: 1000, files: { 'late/a.yaml': config('late'), 'held/a.yaml': config('held') } },
        ])
        for (const object of flux(registry, git.address)) await cluster.apply(object, { manager: 'test', force: true }, signal)
        running = await theirs()
        await handled('flux')
        const body = { spec: { suspend: true } }
        await cluster.patch(ksRef(namespace, 'held'), { type: 'merge', body, manager: 'test' }, signal)
        const hand = { metadata: { labels: { by: 'hand' } } }
        const edited = { group: '', version: 'v1', kind: 'ConfigMap', namespace, name: 'changes' }
        await cluster.patch(edited, { type: 'merge', body: hand, manager: 'someone' }, signal)
        const before = await handled('flux-again')
        await running.stop()
        assert.equal(Object.keys(before.made).length, 12)

        running = ours()
        same(before, await handled('ours'), 'taken over')
        await push(2)
        const changed = await handled('ours-again')
        assert.deepEqual(
          Object.keys(before.made).filter(name => !(name in changed.made)),
          [`ConfigMap/${namespace}/goes`],
        )
        assert.equal(await cluster.get({ ...edited, name: 'goes' }, signal), undefined)
        assert.deepEqual(
          Object.keys(changed.made).filter(name => versionOf(before, name) !== versionOf(changed, name)),
          [`ConfigMap/${namespace}/changes`],
        )
        await running.stop()

        running = await theirs()
        same(changed, await handled('given back'), 'given back')
        for (const name of ['app', 'late']) await cluster.delete(ksRef(namespace, name), {}, signal)
        await untilGone([ksRef(namespace, 'app'), ksRef(namespace, 'late')])
        const kept = Object.values(changed.made).filter(o => o !== undefined)
        const there = await Promise.all(kept.map(async o => ((await cluster.get(refOf(o), signal)) ? [printRef(refOf(o))] : [])))
        assert.deepEqual(there.flat().toSorted(), [
          `ConfigMap/${namespace}/held`,
          `ConfigMap/${namespace}/kept`,
          'CustomResourceDefinition/widgets.handed.test',
          `Namespace/${namespace}-more`,
        ])
      })

      const untilGone = async (refs: readonly ObjectRef[]): Promise<void> => {
        for (const ref of refs)
          for await (const event of pair().world.cluster.watch({ ...ref, fieldSelector: `metadata.name=${ref.name}` }, signal))
            if (event.type === 'deleted' || (event.type === 'gap' && event.objects.length === 0)) break
      }
    }),
  ),
)

const versionOf = ({ made }: Left, name: string): string | undefined => made[name]?.metadata.resourceVersion

/** Who owns which fields, without when it wrote them. */
function managersOf(object: KubeObject): string[] {
  return listAt(object, 'metadata', 'managedFields')
    .map(entry => ({ ...objectAt({ entry }, 'entry'), time: null }))
    .map(entry => JSON.stringify(entry))
    .toSorted()
}

/** Objects that were made are the same to the version; Flux's own say the same, but for the request that they handled last. */
function same(before: Left, then: Left, what: string): void {
  assert.deepEqual(then.made, before.made, what)
  assert.deepEqual(
    differences(before.flux, then.flux).filter(difference => !/\.lastHandledReconcileAt:/.test(difference)),
    [],
    what,
  )
}
