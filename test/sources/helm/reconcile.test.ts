import { onBothApiServers } from '../../refs/both-servers.ts'
import { testKernel } from '../../support/kernel.ts'
import { chartTests } from './chart-suite.ts'
import { ociTests } from './oci-suite.ts'
import { repositoryTests } from './repository-suite.ts'
import { HelmScene } from './scene.ts'

onBothApiServers('Helm sources', { kernel: testKernel(), tests: 50, open: (server, kernel) => HelmScene.open(server, kernel) }, scene => {
  repositoryTests(scene)
  chartTests(scene)
  ociTests(scene)
})
