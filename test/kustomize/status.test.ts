import { testKernel } from '../support/kernel.ts'
import { onBothServers } from './servers.ts'
import { statusCases } from './status-suite.ts'

const kernel = testKernel({ buildDeadlineMs: 5000 })

onBothServers('status', { kernel, tests: 25 }, statusCases)
