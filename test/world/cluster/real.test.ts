import { startKubeApiServer } from '../../refs/kube-apiserver.ts'
import { withPrograms } from '../../refs/when.ts'
import { clusterContract } from './contract.ts'

const name = 'the real API server'

withPrograms(['etcd', 'kube-apiserver'], { name, tests: 17 }, () =>
  clusterContract(name, async () => {
    const server = await startKubeApiServer()
    return { cluster: await server.cluster(), stop: () => server.stop() }
  }),
)
