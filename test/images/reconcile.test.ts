import { onBothApiServers } from '../refs/both-servers.ts'
import { testKernel } from '../support/kernel.ts'
import { accessTests } from './access-suite.ts'
import { policyTests } from './policy-suite.ts'
import { repositoryTests } from './repository-suite.ts'
import { Scene } from './scene.ts'

onBothApiServers('images', { kernel: testKernel(), tests: 53, open: (server, kernel) => Scene.open(server, kernel) }, scene => {
  repositoryTests(scene)
  accessTests(scene)
  policyTests(scene)
})
