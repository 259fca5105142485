import { onBothApiServers } from '../../refs/both-servers.ts'
import { testKernel } from '../../support/kernel.ts'
import { accessTests } from './access-suite.ts'
import { lifecycleTests } from './lifecycle-suite.ts'
import { BucketScene } from './scene.ts'

onBothApiServers('Buckets', { kernel: testKernel(), tests: 49, open: (server, kernel) => BucketScene.open(server, kernel) }, scene => {
  lifecycleTests(scene)
  accessTests(scene)
})
