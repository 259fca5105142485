import { startSandboxApi } from '../../support/sandbox.ts'
import { testKernel } from '../../support/kernel.ts'
import { clusterContract } from './contract.ts'

const kernel = testKernel()

clusterContract('the sandbox API server', () => startSandboxApi(kernel))
