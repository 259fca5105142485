import { onBothApiServers } from '../../refs/both-servers.ts'
import { testKernel } from '../../support/kernel.ts'
import { accessTests } from './access-suite.ts'
import { cloudTests } from './cloud-suite.ts'
import { contentTests } from './content-suite.ts'
import { hostileTests } from './hostile-suite.ts'
import { lifecycleTests } from './lifecycle-suite.ts'
import { referenceTests } from './reference-suite.ts'
import { Scene } from './scene.ts'
import { storageTests } from './storage-suite.ts'

onBothApiServers('OCIRepositories', { kernel: testKernel(), tests: 155, open: (server, kernel) => Scene.open(server, kernel) }, scene => {
  lifecycleTests(scene)
  referenceTests(scene)
  contentTests(scene)
  accessTests(scene)
  cloudTests(scene)
  storageTests(scene)
  hostileTests(scene)
})
