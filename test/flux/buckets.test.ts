import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { KubeObject, ObjectRef } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { type RunningStore, s3Keys, startVersityGw } from '../refs/object-stores.ts'
import { withPrograms } from '../refs/when.ts'
import { withData } from '../support/data.ts'
import { secretObject } from '../support/secrets.ts'
import { compared } from './live.ts'
import { usePair } from './pair.ts'
import type { Scenario, Step } from './scenarios.ts'

/** What becomes of the bucket's objects before a step; `null` removes one. */
interface BucketStep extends Step {
  readonly put?: Readonly<Record<string, string | null>>
  readonly create?: boolean
}

const group = 'source.toolkit.fluxcd.io'
const bucketRef = (namespace: string): ObjectRef => ({ group, version: 'v1', kind: 'Bucket', namespace, name: 'source' })
const keys = { accesskey: s3Keys.accessKeyId, secretkey: s3Keys.secretAccessKey }

interface Story {
  readonly name: string
  readonly steps: (at: {
    bucket(spec?: JsonObject): KubeObject
    secret(name: string, data: Record<string, string>): KubeObject
    ref: ObjectRef
  }) => BucketStep[]
}

const tree = {
  'a.yaml': 'a: 1',
  'b/c.yaml': 'c: 1',
  'b/d.txt': 'd',
  'e.jpg': 'e',
  'x y+z%.yaml': 'odd',
  '.github/f': 'f',
  'ü/日本.yaml': 'u',
}

const stories: readonly Story[] = [
  {
    name: 'buckets-content',
    steps: ({ bucket, secret, ref }) => [
      { create: true, put: tree, apply: [secret('keys', keys), bucket()] },
      {},
      { put: { 'a.yaml': 'a: 2' } },
      { put: { 'b/d.txt': null } },
      { put: { '.sourceignore': '*.jpg\n/b/\n' } },
      { apply: [bucket({ ignore: '!e.jpg' })] },
      { apply: [bucket({ ignore: 'nothing' })] },
      { apply: [bucket({ ignore: '/*\n!/a.yaml' })] },
      { apply: [bucket({ prefix: 'b/' })] },
      { apply: [bucket({ prefix: 'none' })] },
      { apply: [bucket({ suspend: true })] },
      { apply: [bucket()] },
      { remove: [ref] },
    ],
  },
  {
    name: 'buckets-first-failure',
    steps: ({ bucket, secret }) => [
      { apply: [secret('keys', keys), bucket()] },
      {},
      { create: true, put: { a: '1' } },
      { apply: [bucket({ region: '' })] },
      { apply: [bucket({ bucketName: 'no' })] },
      { apply: [bucket({ bucketName: 'Not_a_name..' })] },
    ],
  },
  {
    name: 'buckets-access',
    steps: ({ bucket, secret }) => [
      { create: true, put: { a: '1' }, apply: [secret('keys', keys), bucket()] },
      { apply: [bucket({ secretRef: { name: 'absent' } })] },
      { apply: [secret('empty', {}), bucket({ secretRef: { name: 'empty' } })] },
      { apply: [secret('unknown', { accesskey: 'nobody', secretkey: 'nothing' }), bucket({ secretRef: { name: 'unknown' } })] },
      { apply: [bucket({ secretRef: { name: 'unknown' }, region: '' })] },
      { apply: [bucket({ secretRef: { name: 'keys' }, endpoint: 'host.test/path' })] },
      { apply: [bucket({ endpoint: '-bad-.test' })] },
      { apply: [bucket({ insecure: false, certSecretRef: { name: 'empty' } })] },
      { apply: [bucket({ proxySecretRef: { name: 'empty' } })] },
      { apply: [bucket({ provider: 'gcp', secretRef: { name: 'empty' } })] },
      { apply: [bucket({ provider: 'azure', secretRef: { name: 'empty' } })] },
      { apply: [bucket({ region: 'eu-west-1' })] },
    ],
  },
]

const name = "our Buckets beside those of Flux's own source-controller"
withData({ name, tests: stories.length }, () =>
  withPrograms([...compared, 'versitygw'], { name, tests: stories.length }, () =>
    describe(name, { concurrency: 4 }, () => {
      const pair = usePair()
      let store: RunningStore | undefined
      before(async () => {
        store = await startVersityGw()
      })
      after(() => store?.stop())
      for (const { name: wanted, steps } of stories)
        test(`${wanted}: status and events are the same`, async () => {
          assert.ok(store)
          const metadata = { namespace: wanted }
          const endpoint = store.place(wanted).endpoint
          const spec = { bucketName: wanted, endpoint, insecure: true, region: 'us-east-1', interval: '10m', secretRef: { name: 'keys' } }
          const bucket = (more: JsonObject = {}): KubeObject => ({
            apiVersion: `${group}/v1`,
            kind: 'Bucket',
            metadata: { ...metadata, name: 'source' },
            spec: { ...spec, ...more },
          })
          const secret = (own: string, data: Record<string, string>): KubeObject => secretObject({ namespace: wanted, name: own }, data)
          const ref = bucketRef(wanted)
          const scenario: Scenario = { name: wanted, watched: [ref], steps: [] }
          await pair().prepare(wanted)
          for (const [i, step] of steps({ bucket, secret, ref }).entries()) {
            if (step.create) await store.create(wanted)
            for (const [key, content] of Object.entries(step.put ?? {}))
              await (content === null ? store.remove(wanted, key) : store.put(wanted, key, content))
            assert.deepEqual(await pair().unexpected(scenario, step, `${wanted}-${i}`), [], `step ${i + 1}`)
          }
        })
    }),
  ),
)
