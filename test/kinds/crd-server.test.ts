import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { installKinds } from '../../src/engine/install.ts'
import { Bucket } from '../../src/kinds/bucket.ts'
import { Kustomization } from '../../src/kinds/kustomization.ts'
import { conditionsOf, type KubeObject } from '../../src/kinds/manifest.ts'
import { OCIRepository } from '../../src/kinds/oci-repository.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { realClock } from '../../src/world/clock/real.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { startKubeApiServer, type ApiServer } from '../refs/kube-apiserver.ts'
import { withPrograms } from '../refs/when.ts'
import { unending } from '../support/unending.ts'

const within = (): AbortSignal => unending
const whole = { interval: '10m', prune: true, sourceRef: { kind: 'OCIRepository', name: 'app' } }
const bucket = { bucketName: 'app', endpoint: 'minio.example.com', interval: '1m' }

function object(name: string, kind: { group: string; kind: string; version: string }, spec: JsonObject): KubeObject {
  return { apiVersion: `${kind.group}/${kind.version}`, kind: kind.kind, metadata: { name, namespace: 'default' }, spec }
}

/** Specs that the API server must refuse, with what it must say. */
const refused: [string, KubeObject, RegExp][] = [
  [
    'a wrong value in a list',
    object('a', Kustomization, { ...whole, postBuild: { substituteFrom: [{ kind: 'Pod', name: 's' }] } }),
    /spec\.postBuild\.substituteFrom\[0\]\.kind/,
  ],
  ['a required field that is not there', object('b', Kustomization, { interval: '1m', prune: true }), /spec\.sourceRef/],
  ['no reference in kubeConfig', object('c', Kustomization, { ...whole, kubeConfig: {} }), /exactly one of secretRef and configMapRef/],
  [
    'both references in kubeConfig',
    object('d', Kustomization, { ...whole, kubeConfig: { secretRef: { name: 's' }, configMapRef: { name: 'c' } } }),
    /exactly one of secretRef and configMapRef/,
  ],
  [
    'an account and a Secret for a bucket',
    object('f', Bucket, { ...bucket, provider: 'aws', secretRef: { name: 's' }, serviceAccountName: 'a' }),
    /cannot set both \.spec\.secretRef and \.spec\.serviceAccountName/,
  ],
  [
    'an account at a generic bucket',
    object('g', Bucket, { ...bucket, serviceAccountName: 'a' }),
    /ServiceAccountName is not supported for the 'generic'/,
  ],
  ['a url of another scheme', object('e', OCIRepository, { url: 'https://example.com/app', interval: '1m' }), /spec\.url/],
]

withPrograms(['etcd', 'kube-apiserver'], { name: 'our CRDs on the real API server', tests: 4 + refused.length }, () => {
  let server: ApiServer
  let cluster: Cluster
  before(async () => {
    server = await startKubeApiServer()
    cluster = await server.cluster()
    await installKinds(cluster, [Bucket, Kustomization, OCIRepository], { clock: realClock, signal: within() })
  })
  after(() => server?.stop())

  test('our schemas are structural for the API server', async () => {
    for (const kind of [Bucket, Kustomization, OCIRepository]) {
      const live = await cluster.get(
        { group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition', name: `${kind.plural}.${kind.group}` },
        within(),
      )
      assert.deepEqual(
        conditionsOf(live)
          .map(c => `${c.type}=${c.status}`)
          .toSorted(),
        ['Established=True', 'NamesAccepted=True'],
      )
    }
  })
  test('defaults are filled in and unknown fields are pruned', async () => {
    const written = await cluster.create(
      object('pruned', Kustomization, { ...whole, later: 1, sourceRef: { ...whole.sourceRef, later: { field: 1 } } }),
      { manager: 'test' },
      within(),
    )
    assert.deepEqual(written.spec, { ...whole, force: false })
  })
  test('maps and the additions are kept', async () => {
    const spec = {
      ...whole,
      force: false,
      ignoreMissingComponents: true,
      dependsOn: [{ name: 'x', readyExpr: 'true' }],
      kubeConfig: { configMapRef: { name: 'c' } },
      postBuild: { substitute: { a: 'b' } },
    }
    assert.deepEqual((await cluster.create(object('kept', Kustomization, spec), { manager: 'test' }, within())).spec, spec)
  })
  test('what is written as v1beta2 is read as v1', async () => {
    await cluster.create(
      object('old', { ...OCIRepository, version: 'v1beta2' }, { url: 'oci://example.com/app', interval: '1m', verify: {} }),
      { manager: 'test' },
      within(),
    )
    const read = await cluster.get(
      { group: OCIRepository.group, version: 'v1', kind: 'OCIRepository', namespace: 'default', name: 'old' },
      within(),
    )
    assert.deepEqual(read?.spec, {
      url: 'oci://example.com/app',
      interval: '1m',
      provider: 'generic',
      timeout: '60s',
      verify: { provider: 'cosign' },
    })
  })
  for (const [name, wrong, says] of refused) {
    test(`the API server refuses ${name}`, async () => {
      await assert.rejects(cluster.create(wrong, { manager: 'test' }, within()), says)
    })
  }
})
