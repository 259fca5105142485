import { testKernel } from '../support/kernel.ts'
import { edgeCases } from './edges-suite.ts'
import { onBothServers } from './servers.ts'

onBothServers('edges', { kernel: testKernel(), tests: 14 }, edgeCases)
