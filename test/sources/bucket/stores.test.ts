import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { JsonObject } from '../../../src/lib/json.ts'
import { realClock } from '../../../src/world/clock/real.ts'
import { openObjects } from '../../../src/world/objects/open.ts'
import type { Hands } from '../../../src/world/world.ts'
import { azureAccount, type RunningStore, s3Keys, startAzurite, startFakeGcs, startVersityGw } from '../../refs/object-stores.ts'
import { useApiServer } from '../../refs/shared-api-server.ts'
import { withPrograms } from '../../refs/when.ts'
import { testKernel } from '../../support/kernel.ts'
import { playedHttp } from '../../support/played-http.ts'
import { startSandboxApi } from '../../support/sandbox.ts'
import type { Started } from '../../world/cluster/contract.ts'
import { BucketScene, judged, revisionOf } from './scene.ts'

const kernel = testKernel()
const azure = `https://${azureAccount.account}.blob.core.windows.net`

/** A store that nobody here wrote, as a Bucket names it. */
interface Real {
  readonly name: string
  readonly program: string
  start(): Promise<RunningStore>
  readonly secret: Record<string, string>
  spec(store: RunningStore): JsonObject
}

const google = { type: 'service_account', client_email: 'robot@project.iam', private_key: 'never used by the emulator' }
const stores: readonly Real[] = [
  {
    name: 'S3 by versitygw',
    program: 'versitygw',
    start: startVersityGw,
    secret: { accesskey: s3Keys.accessKeyId, secretkey: s3Keys.secretAccessKey },
    spec: store => ({ endpoint: store.place('x').endpoint, region: '' }),
  },
  {
    name: 'Google Cloud Storage by fake-gcs-server',
    program: 'fake-gcs-server',
    start: startFakeGcs,
    secret: { serviceaccount: JSON.stringify(google) },
    spec: () => ({ provider: 'gcp', endpoint: 'storage.googleapis.com', insecure: false }),
  },
  {
    name: 'Azure Blob by Azurite',
    program: 'azurite',
    start: startAzurite,
    secret: { accountKey: azureAccount.key },
    spec: () => ({ provider: 'azure', endpoint: azure, insecure: false }),
  },
]

function suite(name: string, reals: readonly Real[], open: () => Promise<Started>): void {
  describe(name, () => {
    let scene: BucketScene
    before(async () => {
      scene = await BucketScene.open(open, kernel)
    })
    after(() => scene?.stop())
    for (const real of reals)
      test(`the whole life of a bucket at ${real.name}`, async t => {
        const store = await real.start()
        t.after(() => store.stop())
        await life(scene, real, store)
      })
  })
}

async function life(scene: BucketScene, { secret, spec }: Real, store: RunningStore): Promise<void> {
  const bucket = scene.name()
  const http = playedHttp(scene.world.hands.http, { [azure]: store.origin })
  const hands: Partial<Hands> = { objects: openObjects({ http, clock: realClock, env: { STORAGE_EMULATOR_HOST: store.origin } }) }
  const ref = await scene.bucket(bucket, { secretRef: { name: await scene.secret(bucket, 'Opaque', secret) }, ...spec(store) })
  const pass = async () => (await scene.run(ref, { hands })).object
  assert.match(judged(await pass()).Ready ?? '', new RegExp(`^False BucketOperationFailed: bucket '${bucket}' not found$`))
  await store.create(bucket)
  const files = { '.sourceignore': '*.txt\n', 'a.yaml': 'a: 1\n', 'b/ü +%.yaml': 'b: 2\n' }
  for (const [key, content] of Object.entries({ ...files, 'c.txt': 'no' })) await store.put(bucket, key, content)
  const first = await pass()
  assert.deepEqual(await scene.files(first), files)
  const again = await pass()
  assert.deepEqual(
    [revisionOf(again), again.status?.artifact],
    [revisionOf(first), first.status?.artifact],
    'what was fetched is what is listed',
  )
  assert.ok((await scene.events(ref)).some(e => e.reason === 'ArtifactUpToDate'))
  await store.put(bucket, 'a.yaml', 'a: 3\n')
  await store.remove(bucket, 'b/ü +%.yaml')
  const second = await pass()
  assert.notEqual(revisionOf(second), revisionOf(first))
  assert.deepEqual(await scene.files(second), { '.sourceignore': '*.txt\n', 'a.yaml': 'a: 3\n' })
}

for (const real of stores)
  withPrograms([real.program], { name: `Buckets in the sandbox, at ${real.name}`, tests: 1 }, () =>
    suite(`Buckets in the sandbox, at ${real.name}`, [real], () => startSandboxApi(kernel)),
  )
const name = 'Buckets on the real API server, at real stores'
withPrograms(['etcd', 'kube-apiserver', ...stores.map(({ program }) => program)], { name, tests: stores.length }, () =>
  suite(name, stores, useApiServer()),
)
