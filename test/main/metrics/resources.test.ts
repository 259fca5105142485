import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../../src/kinds/manifest.ts'
import { Redactor } from '../../../src/lib/safe.ts'
import { Metrics } from '../../../src/main/metrics/metrics.ts'
import { infoOf } from '../../../src/main/metrics/resources.ts'
import { reconcilers } from '../../../src/tools/run/reconcilers.ts'
import { manualClock } from '../../../src/world/clock/manual.ts'

const plain = (text: string): string => text
const common = (group: string, kind: string) => ({
  customresource_group: `${group}.toolkit.fluxcd.io`,
  customresource_version: 'v1',
  customresource_kind: kind,
  exported_namespace: 'apps',
  name: 'shop',
})
const object = (group: string, kind: string, rest: Pick<KubeObject, 'spec' | 'status'> = {}): KubeObject => ({
  apiVersion: `${group}.toolkit.fluxcd.io/v1`,
  kind,
  metadata: { namespace: 'apps', name: 'shop' },
  ...rest,
})
const artifact = { artifact: { revision: 'main@sha1:1', digest: 'sha256:1' } }
const ready = { conditions: [{ type: 'Ready', status: 'True', reason: 'Succeeded', message: 'm', lastTransitionTime: '' }] }

const table: [kind: string, object: KubeObject, labels: Record<string, string>][] = [
  [
    'Kustomization',
    object('kustomize', 'Kustomization', {
      spec: { suspend: true, sourceRef: { kind: 'OCIRepository', name: 'base' } },
      status: { ...ready, lastAppliedRevision: 'latest@sha256:2', lastAttemptedRevision: 'latest@sha256:3' },
    }),
    { ...common('kustomize', 'Kustomization'), ready: 'True', suspended: 'true', revision: 'latest@sha256:2', source_name: 'base' },
  ],
  ...['GitRepository', 'OCIRepository', 'HelmRepository'].map((kind): (typeof table)[number] => [
    kind,
    object('source', kind, { spec: { url: 'https://example.com/shop', suspend: false }, status: { ...ready, ...artifact } }),
    { ...common('source', kind), ready: 'True', suspended: 'false', revision: 'main@sha1:1', url: 'https://example.com/shop' },
  ]),
  [
    'Bucket',
    object('source', 'Bucket', { spec: { endpoint: 's3.example.com', bucketName: 'shop' }, status: artifact }),
    { ...common('source', 'Bucket'), revision: 'main@sha1:1', endpoint: 's3.example.com', bucket_name: 'shop' },
  ],
  [
    'HelmChart',
    object('source', 'HelmChart', { spec: { chart: 'podinfo', version: '6.x' }, status: artifact }),
    { ...common('source', 'HelmChart'), revision: 'main@sha1:1', chart_name: 'podinfo', chart_version: '6.x' },
  ],
  [
    'ImageRepository',
    object('image', 'ImageRepository', { spec: { image: 'localhost:5000/shop/web', suspend: false }, status: ready }),
    { ...common('image', 'ImageRepository'), ready: 'True', suspended: 'false', image: 'localhost:5000/shop/web' },
  ],
  [
    'ImagePolicy',
    object('image', 'ImagePolicy', { spec: { imageRepositoryRef: { name: 'web' } }, status: ready }),
    { ...common('image', 'ImagePolicy'), ready: 'True', source_name: 'web' },
  ],
  [
    'ImageUpdateAutomation',
    object('image', 'ImageUpdateAutomation', { spec: { sourceRef: { kind: 'GitRepository', name: 'web' } }, status: ready }),
    { ...common('image', 'ImageUpdateAutomation'), ready: 'True', source_name: 'web' },
  ],
]
for (const [kind, given, labels] of table) test(`the state of ${kind}`, () => assert.deepEqual(infoOf(given, plain), labels))

test('every kind that is reconciled has its labels', () => {
  assert.deepEqual(new Set(reconcilers.map(r => r.kind.kind)), new Set(table.map(([kind]) => kind)))
})

test('what an object does not say yet is no label', () => {
  assert.deepEqual(infoOf(object('kustomize', 'Kustomization'), plain), common('kustomize', 'Kustomization'))
})

test('no secret is a label: neither one in a URL nor one that is known', () => {
  const redactor = new Redactor()
  redactor.learn('correct-horse-battery')
  const shown = (url: string): string | undefined =>
    infoOf(object('source', 'HelmRepository', { spec: { url } }), text => redactor.censor(text)).url
  assert.equal(shown('https://joe:pass-word@charts.example.com/a'), 'https://charts.example.com/a')
  assert.equal(shown('https://only-a-token@charts.example.com/a'), 'https://charts.example.com/a')
  assert.equal(shown('ssh://git:pass-word@example.com/a'), 'ssh://git@example.com/a')
  assert.equal(shown('https://charts.example.com/a?key=correct-horse-battery'), 'https://charts.example.com/a?key=redacted')
  assert.equal(shown('https://charts.example.com/a?access_token=never-seen-before'), 'https://charts.example.com/a?access_token=redacted')
})

test('one row an object, as it is now, while it is there', async () => {
  const metrics = new Metrics(manualClock())
  const shown = async (): Promise<string[]> => (await metrics.text()).split('\n').filter(line => line.startsWith('gotk_resource_info'))
  const [app, other] = [object('kustomize', 'Kustomization'), object('source', 'Bucket')]
  metrics.seen(app)
  assert.deepEqual(await shown(), [], 'nobody asked for it')
  metrics.showResources(plain)
  for (const seen of [app, other, { ...app, status: ready }]) metrics.seen(seen)
  const rows = await shown()
  assert.deepEqual(
    rows.map(row => /customresource_kind="(\w+)".*?(?:,ready="(\w+)")?\} 1$/.exec(row)?.slice(1)),
    [
      ['Kustomization', 'True'],
      ['Bucket', undefined],
    ],
  )
  metrics.gone(app)
  assert.equal((await shown()).length, 1)
})
