import { useApiServer } from '../refs/shared-api-server.ts'
import { withPrograms } from '../refs/when.ts'
import { testKernel } from '../support/kernel.ts'
import { startSandboxApi } from '../support/sandbox.ts'
import { workloadsSuite } from './workloads-suite.ts'

const kernel = testKernel()

workloadsSuite('workloads in the sandbox', () => startSandboxApi(kernel))

const name = 'workloads on the real API server'
withPrograms(['etcd', 'kube-apiserver'], { name, tests: 9 }, () => workloadsSuite(name, useApiServer()))
