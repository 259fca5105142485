import { useApiServer } from '../../refs/shared-api-server.ts'
import { withPrograms } from '../../refs/when.ts'
import { clusterContract } from './contract.ts'

const name = 'the real API server'

withPrograms(['etcd', 'kube-apiserver'], { name, tests: 17 }, () => clusterContract(name, useApiServer()))
