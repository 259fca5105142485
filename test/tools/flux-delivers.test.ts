import { control } from '../../src/engine/controller.ts'
import { holdLease } from '../../src/engine/lease.ts'
import { fluxDefaults } from '../../src/engine/settings.ts'
import { kustomizations } from '../../src/kustomize/reconciler.ts'
import { listenRegistry } from '../../src/sandbox/registry.ts'
import { startWorkloads } from '../../src/sandbox/workloads.ts'
import { ociRepositories } from '../../src/sources/oci/reconciler.ts'
import { realClock } from '../../src/world/clock/real.ts'
import { installFluxDefinitions } from '../flux/side.ts'
import { startFluxControllers } from '../refs/flux-controllers.ts'
import { startKubeApiServer } from '../refs/kube-apiserver.ts'
import { withPrograms } from '../refs/when.ts'
import { withData } from '../support/data.ts'
import { startProduct } from '../support/service.ts'
import { ensureNamespace } from '../support/world.ts'
import { type Delivering, deliverySuite } from './delivery-suite.ts'
import { unending } from '../support/unending.ts'

const controllers = [ociRepositories, kustomizations]

/** Our reconcilers, run as Flux runs its own, with a Lease each. */
async function besideOurs(): Promise<Delivering> {
  const stopped = new AbortController()
  const { signal } = stopped
  const product = await startProduct()
  const { clusters, ...world } = product.composed.service.world
  const cluster = clusters.named()
  const hands = { ...world, cluster }
  const running = Promise.all([
    control(controllers, { hub: cluster, hands, clock: realClock, settings: fluxDefaults, concurrency: 4, signal, failed: () => {} }),
    ...leases(cluster, signal),
  ]).catch(() => {})
  return {
    product,
    registry: product.registry,
    async stop() {
      stopped.abort(new Error('the test ends'))
      await running
      await product.stop()
    },
  }
}

function leases(cluster: Parameters<typeof holdLease>[0], signal: AbortSignal): Promise<void>[] {
  return controllers.map(({ convention }) => holdLease(cluster, convention.controller, { holder: 'flux-0_1', clock: realClock, signal }))
}

/** Flux's own controllers on the real API server. They run without leader election, so their Leases are held for them. */
async function besideFlux(): Promise<Delivering> {
  const stopped = new AbortController()
  const server = await startKubeApiServer()
  const product = await startProduct({ options: { sandbox: false, kubeconfig: server.kubeconfigPath } })
  const cluster = product.composed.service.world.clusters.named()
  await ensureNamespace(cluster, 'flux-system')
  await installFluxDefinitions(cluster, unending)
  const flux = await startFluxControllers(server.kubeconfigPath)
  const workloads = startWorkloads({ cluster, clock: realClock })
  const registry = await listenRegistry({ port: 0 })
  const held = Promise.all(leases(cluster, stopped.signal)).catch(() => {})
  return {
    product,
    registry: registry.address,
    async stop() {
      stopped.abort(new Error('the test ends'))
      await held
      await workloads.stop()
      await flux.stop()
      await product.stop()
      await registry.close()
      await server.stop()
    },
  }
}

deliverySuite('beside our reconcilers, in the sandbox', besideOurs)
withData({ name: "beside Flux's own controllers", tests: 9 }, () => {
  const name = "beside Flux's own controllers, on the real API server"
  withPrograms(['etcd', 'kube-apiserver', 'source-controller', 'kustomize-controller'], { name, tests: 9 }, () =>
    deliverySuite(name, besideFlux),
  )
})
