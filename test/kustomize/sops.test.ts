import { testKernel } from '../support/kernel.ts'
import { onBothServers } from './servers.ts'
import { sopsCases } from './sops-suite.ts'

onBothServers('decryption', { kernel: testKernel(), tests: 23 }, sopsCases)
