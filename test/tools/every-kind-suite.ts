import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { untilServed } from '../../src/engine/install.ts'
import { joinApiVersion, type KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { parseAll } from '../../src/lib/yaml.ts'
import type { Answer } from '../../src/tools/frame/answer.ts'
import { fluxKinds } from '../../src/tools/objects/locate.ts'
import { realClock } from '../../src/world/clock/real.ts'
import type { Clock } from '../../src/world/clock/clock.ts'
import type { ApiResource, Cluster } from '../../src/world/cluster/cluster.ts'
import { dataFolder } from '../support/data.ts'
import { openDefinition, type Move, type PlayedFlux, playFlux } from '../support/played-flux.ts'
import type { Product } from '../support/service.ts'
import { unending } from '../support/unending.ts'

const signal = unending
const operator = 'fluxcd.controlplane.io'

/** A spec that the CRD of each kind takes. */
const specs: Readonly<Record<string, JsonObject>> = {
  GitRepository: { interval: '1h', url: 'https://example.com/a.git' },
  OCIRepository: { interval: '1h', url: 'oci://example.com/a' },
  HelmRepository: { interval: '1h', url: 'https://example.com/charts' },
  HelmChart: { interval: '1h', chart: 'web', sourceRef: { kind: 'HelmRepository', name: 'ready' } },
  Bucket: { interval: '1h', bucketName: 'a', endpoint: 'minio.example.com' },
  Kustomization: { interval: '1h', prune: true, sourceRef: { kind: 'OCIRepository', name: 'ready' } },
  HelmRelease: { interval: '1h', chartRef: { kind: 'OCIRepository', name: 'ready' } },
  ImageRepository: { interval: '1h', image: 'ghcr.io/a/b' },
  ImagePolicy: { imageRepositoryRef: { name: 'ready' }, policy: { semver: { range: '1.x' } } },
  ImageUpdateAutomation: {
    interval: '1h',
    sourceRef: { kind: 'GitRepository', name: 'ready' },
    git: { commit: { author: { email: 'a@example.com' } } },
  },
  Alert: { eventSources: [{ kind: 'Kustomization', name: '*' }], providerRef: { name: 'ready' } },
  Provider: { type: 'generic', address: 'https://example.com/hook' },
  Receiver: { type: 'generic', resources: [{ kind: 'GitRepository', name: 'ready' }], secretRef: { name: 'a' } },
  FluxInstance: { distribution: { version: '2.x' } },
  ResourceSet: { inputs: [] },
}

/** What each kind's controller does for an object, by its name. */
const scripts: Readonly<Record<string, readonly Move[]>> = {
  ready: [
    { conditions: [['Reconciling', 'True', 'Progressing', 'reconciliation in progress']], handled: false, observed: false },
    { conditions: [['Ready', 'True', 'Succeeded', 'all is well']] },
  ],
  failed: [
    {
      conditions: [
        ['Reconciling', 'True', 'ProgressingWithRetry', 'trying'],
        ['Ready', 'False', 'ReconciliationFailed', 'no such thing'],
      ],
      observed: false,
    },
  ],
  stalled: [
    {
      conditions: [
        ['Stalled', 'True', 'AccessDenied', 'may not'],
        ['Ready', 'False', 'AccessDenied', 'may not'],
      ],
    },
  ],
  slow: [{ conditions: [['Reconciling', 'True', 'Progressing', 'still at it']], handled: false, observed: false }],
}
const endings: [name: string, verdict: string, next: RegExp][] = [
  ['ready', 'Ready', /nothing to do/],
  ['failed', 'Failed', /correct what the message names/],
  ['stalled', 'Stalled', /no retry will happen/],
  ['slow', 'TimedOut', /retries go on/],
  ['nobody', 'NotHandled', /no controller took the request/],
]

const seconds = { slow: 20, nobody: 5 }
const errorOf = ({ data }: Answer): JsonObject => (data?.error as JsonObject | undefined) ?? {}

/** Every Flux kind that a cluster serves, beside a Flux that answers by its conventions. */
export function everyKindSuite(name: string, open: (clock: Clock) => Promise<Product>): void {
  describe(name, { concurrency: true }, () => {
    let product: Product
    let cluster: Cluster
    let flux: PlayedFlux
    let kinds: ApiResource[]
    /** Patience for `slow` ends when every controller is at it; for `nobody` at once. */
    const busy = Promise.withResolvers<void>()
    const clock: Clock = {
      ...realClock,
      sleep: (ms, given) =>
        ms <= seconds.slow * 1000 && ms > seconds.nobody * 1000
          ? busy.promise
          : ms > 1000 && ms <= seconds.nobody * 1000
            ? Promise.resolve()
            : realClock.sleep(ms, given),
    }
    before(async () => {
      product = await open(clock)
      cluster = product.composed.service.world.clusters.named()
      await ensure('Namespace', 'flux-system')
      for (const definition of definitions()) await cluster.apply(definition, { manager: 'test', force: true }, signal)
      for (const definition of definitions()) await untilServed(cluster, definition, { clock: realClock, signal })
      kinds = (await fluxKinds(cluster, signal)).kinds
      for (const kind of kinds) for (const each of ['ready', 'failed', 'stalled', 'slow', 'nobody', 'held']) await createObject(kind, each)
      const played = kinds.filter(hasStatus)
      const atIt = new Set<string>()
      flux = await playFlux(cluster, {
        kinds: played,
        script: object => scripts[object.metadata.name],
        answered({ kind, metadata }) {
          if (metadata.name === 'slow') atIt.add(kind)
          if (atIt.size === played.length) busy.resolve()
        },
      })
    })
    after(async () => {
      await flux.stop()
      await product.stop()
    })

    const hasStatus = ({ subresources }: ApiResource): boolean => subresources.includes('status')
    const ensure = (kind: string, called: string): Promise<KubeObject> =>
      cluster.apply({ apiVersion: 'v1', kind, metadata: { name: called } }, { manager: 'test', force: true }, signal)
    const createObject = (kind: ApiResource, called: string): Promise<KubeObject> =>
      cluster.apply(
        {
          apiVersion: joinApiVersion(kind),
          kind: kind.kind,
          metadata: { name: called, namespace: 'flux-system' },
          spec: specs[kind.kind] ?? assert.fail(`no spec for ${kind.kind}`),
        },
        { manager: 'test', force: true },
        signal,
      )

    test('all fifteen kinds are served and found by discovery', () =>
      assert.deepEqual(kinds.map(k => k.kind).toSorted(), Object.keys(specs).toSorted()))

    for (const [called, verdict, next] of endings)
      test(`reconcile of each kind ends ${verdict}`, async () => {
        await Promise.all(
          kinds.filter(hasStatus).map(async ({ kind, group }) => {
            const answer = await product.call('reconcile', {
              kind: `${kind}.${group}`,
              name: called,
              timeoutSeconds: called === 'slow' || called === 'nobody' ? seconds[called] : 60,
            })
            assert.equal(answer.data?.verdict, verdict, answer.text)
            assert.match(String(answer.data?.next), next)
            assert.match(String(answer.data?.engine), /^flux: \S+ is live$/)
            assert.match(answer.text, new RegExp(`^${verdict}: ${kind}/flux-system/${called}`))
          }),
        )
      })

    test('each kind is suspended, refuses to run, and is resumed to a verdict', async () => {
      await Promise.all(
        kinds.map(async kind => {
          const wanted = { kind: kind.kind, namespace: 'flux-system', name: 'held' }
          const held = await product.call('set_suspended', { ...wanted, suspended: true })
          if (kind.kind === 'ImagePolicy') return assert.equal(errorOf(held).code, 'Unsupported', held.text)
          assert.equal(held.data?.verdict, 'Suspended', held.text)
          const again = await product.call('set_suspended', { ...wanted, suspended: true })
          assert.match(again.text, /nothing changed: it was suspended before/)
          const refused = errorOf(await product.call('reconcile', wanted))
          assert.equal(refused.code, hasStatus(kind) ? 'Suspended' : 'Unsupported')
          const resumed = await product.call('set_suspended', { ...wanted, suspended: false, timeoutSeconds: seconds.nobody })
          assert.equal(resumed.data?.verdict, hasStatus(kind) ? 'NotHandled' : 'Ready', resumed.text)
          const { spec, metadata } = (await cluster.get({ ...kind, namespace: 'flux-system', name: 'held' }, signal)) ?? assert.fail()
          if (kind.group === operator) assert.equal(metadata.annotations?.[`${operator}/reconcile`], 'enabled')
          else assert.equal(spec?.suspend, false)
        }),
      )
    })

    test('kinds without a status say so instead of waiting', async () => {
      const without = kinds.filter(k => !hasStatus(k)).map(k => k.kind)
      assert.deepEqual(without.toSorted(), ['Alert', 'Provider'])
      for (const kind of without) {
        const answer = await product.call('reconcile', { kind, name: 'ready' })
        assert.equal(errorOf(answer).code, 'Unsupported')
        assert.match(answer.text, /has no status/)
      }
    })

    test('get_status lists each kind, and get_object, get_events and the resources read each', async () => {
      const rows: unknown[][] = []
      let cursor: string | undefined
      do {
        const { data } = await product.call('get_status', { limit: 200, ...(cursor ? { cursor } : {}) })
        rows.push(...((data?.rows ?? []) as unknown[][]))
        cursor = data?.nextCursor as string | undefined
      } while (cursor)
      for (const { kind, subresources } of kinds) {
        const mine = rows.filter(r => r[0] === kind)
        assert.equal(mine.length, 6, kind)
        if (!subresources.includes('status'))
          assert.deepEqual(
            mine.filter(r => r[1] !== 'flux-system/held').map(r => r[2]),
            Array(5).fill('static'),
            kind,
          )
        const one = await product.call('get_object', { kind, name: 'ready' })
        assert.equal(one.data?.object, `${kind}/flux-system/ready`)
        assert.equal((await product.call('get_events', { kind, name: 'ready' })).isError, false)
      }
    })
  })
}

function definitions(): KubeObject[] {
  const folder = join(dataFolder, 'flux-crds')
  const written = readdirSync(folder)
    .filter(file => file.endsWith('.yaml'))
    .flatMap(file => parseAll(readFileSync(join(folder, file), 'utf8')) as KubeObject[])
  return [
    ...written,
    openDefinition(operator, { kind: 'FluxInstance', plural: 'fluxinstances', version: 'v1' }),
    openDefinition(operator, { kind: 'ResourceSet', plural: 'resourcesets', version: 'v1' }),
  ]
}
