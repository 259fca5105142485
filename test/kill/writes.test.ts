import { onBothServers } from '../kustomize/servers.ts'
import { testKernel } from '../support/kernel.ts'
import { killedAtWrites } from './writes-suite.ts'

onBothServers('a process killed at its writes', { kernel: testKernel(), tests: 5 }, killedAtWrites)
