import { startKubeApiServer } from '../refs/kube-apiserver.ts'
import { withPrograms } from '../refs/when.ts'
import { withData } from '../support/data.ts'
import { startProduct } from '../support/service.ts'
import { everyKindSuite } from './every-kind-suite.ts'

const tests = 9

withData({ name: 'every Flux kind', tests: 2 * tests }, () => {
  everyKindSuite('every Flux kind, in the sandbox', clock => startProduct({ clock }))
  const real = 'every Flux kind, on the real API server'
  withPrograms(['etcd', 'kube-apiserver'], { name: real, tests }, () =>
    everyKindSuite(real, async clock => {
      const server = await startKubeApiServer()
      const product = await startProduct({ clock, options: { sandbox: false, kubeconfig: server.kubeconfigPath } })
      return {
        ...product,
        async stop() {
          await product.stop()
          await server.stop()
        },
      }
    }),
  )
})
