import { testKernel } from '../support/kernel.ts'
import { buildCases } from './build-suite.ts'
import { onBothServers } from './servers.ts'

const kernel = testKernel()

onBothServers('builds', { kernel, tests: 14 }, buildCases)
