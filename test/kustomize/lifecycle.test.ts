import { testKernel } from '../support/kernel.ts'
import { applyCases } from './apply-suite.ts'
import { onBothServers } from './servers.ts'

const kernel = testKernel()

onBothServers('apply', { kernel, tests: 22 }, applyCases)
