import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { findProgram } from '../../scripts/refs/cache.ts'
import { control } from '../../src/engine/controller.ts'
import { fluxDefaults } from '../../src/engine/settings.ts'
import { conditionOf, type ObjectRef } from '../../src/kinds/manifest.ts'
import { kustomizations } from '../../src/kustomize/reconciler.ts'
import { kubeconfigFor } from '../../src/sandbox/sandbox.ts'
import { buckets } from '../../src/sources/bucket/reconciler.ts'
import { ociRepositories } from '../../src/sources/oci/reconciler.ts'
import { realClock } from '../../src/world/clock/real.ts'
import { withPrograms } from '../refs/when.ts'
import { testKernel } from '../support/kernel.ts'
import { pushFiles } from '../support/push.ts'
import { type S3Server, startS3Server } from '../support/s3-server.ts'
import { startSandboxApi } from '../support/sandbox.ts'
import { startWorld, type TestWorld } from '../support/world.ts'

const run = promisify(execFile)
const kernel = testKernel()
const signal = new AbortController()
const shop: ObjectRef = {
  group: 'kustomize.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'Kustomization',
  namespace: 'flux-system',
  name: 'shop',
}
const config = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n  namespace: default\n'

/** `STORE` is the address of the object store. */
const conversation: [typed: string, answer: RegExp][] = [
  ['get kustomizations', /shop\s+latest@sha256:[0-9a-f]{8}\s+False\s+True\s+Applied revision: latest@sha256:[0-9a-f]{8}/],
  ['get sources oci', /shop\s+latest@sha256:[0-9a-f]{8}\s+False\s+True\s+stored artifact for digest/],
  ['get all -A', /ocirepository\/shop[\s\S]*kustomization\/shop/],
  ['tree kustomization shop', /Kustomization\/flux-system\/shop\n└── ConfigMap\/default\/settings/],
  [
    'trace --api-version v1 --kind ConfigMap -n default settings',
    /Status: +Managed by Flux[\s\S]*Kustomization: +shop[\s\S]*OCIRepository: +shop[\s\S]*Origin Revision: +main@sha1:abc/,
  ],
  ['suspend kustomization shop', /kustomization suspended/],
  ['get kustomizations', /shop\s+\S+\s+True\s+True/],
  ['resume kustomization shop', /Kustomization shop reconciliation completed\n✔ applied revision latest@sha256:/],
  ['reconcile source oci shop', /fetched revision latest@sha256:/],
  ['reconcile kustomization shop --with-source', /applied revision latest@sha256:/],
  [
    'create source bucket shop --bucket-name shop --endpoint STORE --insecure --access-key flux-user --secret-key flux-s3cret-key --region us-east-1 --interval 1h',
    /Bucket source reconciliation completed\n✔ fetched revision: sha256:[0-9a-f]{64}/,
  ],
  ['get sources bucket', /shop\s+sha256:[0-9a-f]{8}\s+False\s+True\s+stored artifact: revision 'sha256:[0-9a-f]{8}'/],
  ['reconcile source bucket shop', /fetched revision sha256:[0-9a-f]{64}/],
  ['suspend source bucket shop', /source bucket suspended/],
  ['resume source bucket shop', /Bucket shop reconciliation completed/],
  ['delete source bucket shop --silent', /source bucket deleted/],
  ['events --for Kustomization/shop', /ConfigMap\/default\/settings created/],
]

withPrograms(['flux'], { name: 'the flux CLI and the sandbox', tests: conversation.length }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-flux-'))
  let world: TestWorld
  let served: Promise<unknown>
  let store: S3Server
  before(async () => {
    const server = await startSandboxApi(kernel)
    world = await startWorld(async () => server, kernel)
    store = await startS3Server()
    await store.create('shop')
    await store.put('shop', 'a.yaml', config)
    writeFileSync(join(folder, 'config'), kubeconfigFor(server.url))
    await pushFiles(
      world.hands,
      `oci://${world.registry}/shop:latest`,
      { 'a.yaml': config },
      { 'org.opencontainers.image.source': 'https://example.com/shop.git', 'org.opencontainers.image.revision': 'main@sha1:abc' },
    )
    await world.cluster.apply(
      {
        apiVersion: 'source.toolkit.fluxcd.io/v1',
        kind: 'OCIRepository',
        metadata: { name: 'shop', namespace: 'flux-system' },
        spec: { url: `oci://${world.registry}/shop`, interval: '1h' },
      },
      { manager: 'test' },
      signal.signal,
    )
    await world.cluster.apply(
      {
        apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
        kind: 'Kustomization',
        metadata: { name: 'shop', namespace: 'flux-system' },
        spec: { interval: '1h', prune: true, sourceRef: { kind: 'OCIRepository', name: 'shop' } },
      },
      { manager: 'test' },
      signal.signal,
    )
    served = control([ociRepositories, buckets, kustomizations], {
      hub: world.cluster,
      hands: world.hands,
      clock: realClock,
      settings: fluxDefaults,
      concurrency: 4,
      signal: signal.signal,
      failed: () => {},
    })
    for await (const event of world.cluster.watch({ ...shop, fieldSelector: 'metadata.name=shop' }, signal.signal))
      if (conditionOf(event.type === 'gap' ? event.objects[0] : event.object, 'Ready')?.status === 'True') break
  })
  after(async () => {
    signal.abort(new Error('done'))
    await served
    await world.stop()
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  for (const [typed, answer] of conversation) {
    test(`flux ${typed}`, async () => {
      const { stdout, stderr } = await run(findProgram('flux') ?? '', typed.replace('STORE', store.address).split(' '), {
        timeout: 60_000,
        env: { KUBECONFIG: join(folder, 'config'), HOME: folder },
      }).catch((thrown: { stdout: string; stderr: string }) => thrown)
      assert.match(stderr + stdout, answer)
    })
  }
})
