import { testKernel } from '../support/kernel.ts'
import { expressionCases } from './expressions-suite.ts'
import { onBothServers } from './servers.ts'

const kernel = testKernel()

onBothServers('expressions', { kernel, tests: 14 }, server => expressionCases(server, kernel))
