import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fluxDefaults } from '../../../src/engine/settings.ts'
import type { KubeObject } from '../../../src/kinds/manifest.ts'
import { targetOf } from '../../../src/kustomize/target-reconciler.ts'
import { storeOf } from '../../../src/sources/bucket/access-reconciler.ts'
import { remoteOf } from '../../../src/sources/git/access-reconciler.ts'
import { registryAccessOf } from '../../../src/sources/helm/access-reconciler.ts'
import { accessOf } from '../../../src/sources/oci/access-reconciler.ts'
import type { Auth, Who } from '../../../src/world/auth/provider.ts'
import { manualClock } from '../../../src/world/clock/manual.ts'
import { openKms } from '../../../src/world/kms/open.ts'
import { unending } from '../../support/unending.ts'

const signal = unending
const object = (kind: string, spec: KubeObject['spec']): never =>
  ({ apiVersion: 'v1', kind, metadata: { namespace: 'apps', name: 'shop' }, spec }) as never

/** Signs in nobody, and tells who asked. */
function listening(): { readonly auth: Auth; readonly asked: string[] } {
  const asked: string[] = []
  const asks = (...args: unknown[]): Promise<never> => {
    const { asker } = args.at(-1) as Pick<Who, 'asker'>
    asked.push(asker ? `${asker.object.kind} ${asker.operation}` : 'nobody')
    return Promise.reject(new Error('nobody is known here'))
  }
  return { auth: { registry: asks, git: asks, bucket: asks, cluster: asks, keyService: asks, githubApp: asks }, asked }
}

const found = { metadata: { name: 'x' }, data: { provider: 'aws', cluster: 'arn:aws:eks:us-east-1:1:cluster/x', x: 'eA==' } }
const cluster = { server: 'https://cluster', get: async () => ({ apiVersion: 'v1', kind: 'ConfigMap', ...found }) } as never
const run = { signal, settings: { ...fluxDefaults, objectLevelWorkloadIdentity: true } }
type Ask = (hands: {
  auth: Auth
  cluster: never
  clock: ReturnType<typeof manualClock>
  objects: never
  remotes: never
}) => Promise<unknown>

const askers: [says: string, ask: Ask, asked: string][] = [
  [
    'an OCIRepository',
    hands => accessOf(object('OCIRepository', { url: 'oci://a/b', provider: 'aws' }), { hands, run }),
    'OCIRepository reconcile',
  ],
  [
    'a GitRepository of a cloud',
    hands => remoteOf(object('GitRepository', { url: 'https://dev.azure.com/a', provider: 'azure' }), { hands, run }),
    'GitRepository reconcile',
  ],
  [
    'a GitRepository of a GitHub App',
    hands => {
      const spec = { url: 'https://github.com/a/b', provider: 'github', secretRef: { name: 'x' } }
      return remoteOf(object('GitRepository', spec), { hands, run })
    },
    'GitRepository reconcile',
  ],
  [
    'an ImageUpdateAutomation, through its repository',
    hands => {
      const spec = { url: 'https://github.com/a/b', provider: 'github', secretRef: { name: 'x' } }
      return remoteOf(object('GitRepository', spec), { hands, run, automation: object('ImageUpdateAutomation', {}) })
    },
    'ImageUpdateAutomation reconcile',
  ],
  [
    'a Bucket',
    hands =>
      storeOf(object('Bucket', { provider: 'gcp', bucketName: 'a', endpoint: 'storage.googleapis.com', interval: '1m' }), { hands, run }),
    'Bucket reconcile',
  ],
  [
    'a HelmChart, through its repository',
    hands => {
      const repository = object('HelmRepository', { url: 'oci://a/b', type: 'oci', provider: 'aws' })
      return registryAccessOf(repository, { hands, host: 'a', signal, settings: run.settings, reconciled: object('HelmChart', {}) })
    },
    'HelmChart reconcile',
  ],
  [
    'a Kustomization for another cluster',
    hands => targetOf(object('Kustomization', { kubeConfig: { configMapRef: { name: 'x' } } }), hands, run),
    'Kustomization fetch_kubeconfig',
  ],
  [
    'a key service',
    hands => {
      const kms = openKms({ ...hands, http: {} as never, env: {}, home: '/', learn: () => {} })
      const key = { is: 'aws', arn: 'arn:aws:kms:us-east-1:1:key/x', role: '', context: {}, profile: '' } as never
      const asker = { object: object('Kustomization', {}), operation: 'decrypt_with_aws' } as const
      return kms.decrypt({ key, enc: 'eA==' }, { credentials: {} as never, who: { asker, signal } })
    },
    'Kustomization decrypt_with_aws',
  ],
]
for (const [says, ask, asked] of askers)
  test(`${says} is known to the cache as who asks`, async () => {
    const listener = listening()
    const hands = { auth: listener.auth, cluster, clock: manualClock(), objects: {} as never, remotes: {} as never }
    await assert.rejects(ask(hands), /nobody is known here/)
    assert.deepEqual(listener.asked, [asked])
  })
