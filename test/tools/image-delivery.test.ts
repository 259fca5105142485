import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { installKinds } from '../../src/engine/install.ts'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { type JsonObject, stringAt } from '../../src/lib/json.ts'
import { kinds } from '../../src/tools/run/reconcilers.ts'
import type { SandboxGit } from '../../src/sandbox/git.ts'
import type { Answer } from '../../src/tools/frame/answer.ts'
import { realClock } from '../../src/world/clock/real.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { marker } from '../images/policies.ts'
import { startDockerRegistry } from '../refs/registries.ts'
import { useApiServer } from '../refs/shared-api-server.ts'
import { withPrograms } from '../refs/when.ts'
import { type Forge, git, openForge } from '../support/git.ts'
import { serveGit } from '../support/git-server.ts'
import { pushFiles } from '../support/push.ts'
import { type Product, startProduct } from '../support/service.ts'
import { unending } from '../support/unending.ts'
import { ensureNamespace } from '../support/world.ts'

interface Stage {
  readonly product: Product
  readonly cluster: Cluster
  /** `host:port` */
  readonly registry: string
  stop(): Promise<void>
}

const [namespace, name] = ['image-delivery', 'shop']

function delivers(open: () => Promise<Stage>): void {
  let stage: Stage
  let forge: Forge
  let server: SandboxGit
  before(async () => {
    stage = await open()
    forge = openForge()
    server = await serveGit({ folder: forge.folder })
    await ensureNamespace(stage.cluster, namespace)
  })
  after(async () => {
    await server.close()
    await stage.stop()
    forge.remove()
  })
  const put = (apiVersion: string, kind: string, spec: JsonObject): Promise<KubeObject> =>
    stage.cluster.apply({ apiVersion, kind, metadata: { name, namespace }, spec } as KubeObject, { manager: 'test', force: true }, unending)
  const done = async (tool: string, args: JsonObject): Promise<Answer> => {
    const answer = await stage.product.call(tool, { name, namespace, ...args })
    assert.equal(answer.data?.verdict, 'Ready', answer.text)
    return answer
  }
  /** From the policy to the cluster, each step as an assistant asks for it. */
  const deliver = async (withSource: boolean): Promise<void> => {
    await done('reconcile', { kind: 'ImagePolicy', withSource })
    await done('reconcile', { kind: 'ImageUpdateAutomation' })
    await done('reconcile', { kind: 'Kustomization', withSource: true })
  }
  const inCluster = async (): Promise<string | undefined> =>
    stringAt(await stage.cluster.get({ group: '', version: 'v1', kind: 'ConfigMap', namespace, name }, unending), 'data', 'image')

  test('an image is pushed, pinned in Git and brought to the cluster; its tag moves, and so does the pin', async () => {
    const image = `${stage.registry}/delivery/${name}`
    const push = (content: string): Promise<string> => pushFiles(stage.product.composed.service.world, `oci://${image}:latest`, { content })
    const first = await push('one')
    const config = `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  image: ${image}:latest ${marker(`${namespace}:${name}`)}\n`
    const path = await forge.commit('shop.git', [
      { branch: 'refs/heads/main', at: 1_000, message: 'first', files: { 'app/shop.yaml': config } },
    ])
    await git(path, 'config', 'http.receivepack', 'true')
    const images = 'image.toolkit.fluxcd.io/v1beta2'
    await put(images, 'ImageRepository', { image, interval: '10m' })
    await put(images, 'ImagePolicy', {
      imageRepositoryRef: { name },
      filterTags: { pattern: '^latest$' },
      policy: { alphabetical: {} },
      digestReflectionPolicy: 'Always',
      interval: '10m',
    })
    await put('source.toolkit.fluxcd.io/v1', 'GitRepository', {
      url: `http://${server.address}/shop.git`,
      interval: '10m',
      ref: { branch: 'main' },
    })
    await put(images, 'ImageUpdateAutomation', {
      sourceRef: { kind: 'GitRepository', name },
      interval: '10m',
      git: { commit: { author: { email: 'flux@example.com' }, messageTemplate: '{{ range .Changed.Changes }}{{ .NewValue }}{{ end }}' } },
    })
    const sourceRef = { kind: 'GitRepository', name }
    const target = { path: './app', targetNamespace: namespace, prune: true, interval: '10m' }
    await put('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', { sourceRef, ...target })

    await deliver(true)
    assert.equal(await inCluster(), `${image}:latest@${first}`)
    const second = await push('two')
    assert.notEqual(second, first)
    await deliver(false)
    assert.equal(await inCluster(), `${image}:latest@${second}`)
    const [[moved = ''] = [], ...before] = (await git(path, 'log', '--format=%H %s', 'refs/heads/main'))
      .split('\n')
      .map(line => line.split(' '))
    assert.deepEqual(
      before.map(([, subject]) => subject),
      [`${image}:latest@${first}`, 'first'],
    )
    const status = await stage.product.call('get_status', { namespace })
    assert.match(status.text, new RegExp(`ImageUpdateAutomation\\t${namespace}/${name}\\tready\\t${moved.slice(0, 8)}`))
    assert.match(status.text, new RegExp(`Kustomization\\t${namespace}/${name}\\tready\\tmain@sha1:${moved.slice(0, 8)}`))
  })
}

withPrograms(['git'], { name: 'an image on its way, in the sandbox', tests: 1 }, () =>
  describe('an image on its way, in the sandbox', () =>
    delivers(async () => {
      const product = await startProduct()
      return { product, cluster: product.composed.service.world.clusters.named(), registry: product.registry, stop: () => product.stop() }
    })),
)

withPrograms(['git', 'docker-registry', 'etcd', 'kube-apiserver'], { name: 'an image on its way, among real servers', tests: 1 }, () =>
  describe('an image on its way, among real servers', () => {
    const server = useApiServer()
    delivers(async () => {
      const { cluster, stop } = await server()
      await installKinds(cluster, kinds, { clock: realClock, signal: unending })
      const registry = await startDockerRegistry()
      const product = await startProduct({ clusters: () => ({ names: [cluster.name], named: () => cluster }) })
      return {
        product,
        cluster,
        registry: registry.address,
        async stop() {
          await product.stop()
          await registry.stop()
          await stop()
        },
      }
    })
  }),
)
