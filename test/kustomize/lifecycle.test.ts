import { testKernel } from '../support/kernel.ts'
import { applyCases } from './apply-suite.ts'
import { pruneCases } from './prune-suite.ts'
import { healthCases } from './health-suite.ts'
import { onBothServers } from './servers.ts'

const kernel = testKernel()

onBothServers('apply', { kernel, tests: 21 }, applyCases)
onBothServers('prune and deletion', { kernel, tests: 17 }, pruneCases)
onBothServers('health', { kernel, tests: 12 }, healthCases)
