import { onBothApiServers } from '../../refs/both-servers.ts'
import { testKernel } from '../../support/kernel.ts'
import { checkoutTests } from './checkout-suite.ts'
import { lifecycleTests } from './lifecycle-suite.ts'
import { signatureTests } from './signatures-suite.ts'
import { GitScene } from './scene.ts'

onBothApiServers(
  'GitRepositories',
  { kernel: testKernel(), tests: 39, programs: ['git'], open: (server, kernel) => GitScene.open(server, kernel) },
  scene => {
    checkoutTests(scene)
    lifecycleTests(scene)
    signatureTests(scene)
  },
)
