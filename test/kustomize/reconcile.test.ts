import { useApiServer } from '../refs/shared-api-server.ts'
import { withPrograms } from '../refs/when.ts'
import { testKernel } from '../support/kernel.ts'
import { startSandboxApi } from '../support/sandbox.ts'
import { kustomizeSuite } from './suite.ts'

const kernel = testKernel()

kustomizeSuite('Kustomizations in the sandbox', () => startSandboxApi(kernel), kernel)

const name = 'Kustomizations on the real API server'
withPrograms(['etcd', 'kube-apiserver'], { name, tests: 6 }, () => kustomizeSuite(name, useApiServer(), kernel))
