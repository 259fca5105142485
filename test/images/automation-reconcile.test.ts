import { onBothApiServers } from '../refs/both-servers.ts'
import { testKernel } from '../support/kernel.ts'
import { automationTests } from './automation-suite.ts'
import { AutomationScene } from './automation-scene.ts'

onBothApiServers(
  'ImageUpdateAutomations',
  { kernel: testKernel(), tests: 21, programs: ['git'], open: (server, kernel) => AutomationScene.open(server, kernel) },
  scene => {
    automationTests(scene)
  },
)
