import { onBothApiServers } from '../../refs/both-servers.ts'
import { testKernel } from '../../support/kernel.ts'
import { Scene } from '../oci/scene.ts'
import { keylessTests } from './keyless-suite.ts'
import { notationTests } from './notation-suite.ts'
import { verificationTests } from './suite.ts'

onBothApiServers('signatures', { kernel: testKernel(), tests: 43, open: (server, kernel) => Scene.open(server, kernel) }, scene => {
  verificationTests(scene)
  notationTests(scene)
  keylessTests(scene)
})
