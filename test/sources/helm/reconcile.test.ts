import { after, before, describe } from 'node:test'
import { useApiServer } from '../../refs/shared-api-server.ts'
import { withPrograms } from '../../refs/when.ts'
import { testKernel } from '../../support/kernel.ts'
import { startSandboxApi } from '../../support/sandbox.ts'
import type { Started } from '../../world/cluster/contract.ts'
import { chartTests } from './chart-suite.ts'
import { ociTests } from './oci-suite.ts'
import { repositoryTests } from './repository-suite.ts'
import { HelmScene } from './scene.ts'

const kernel = testKernel()

function suite(name: string, open: () => Promise<Started>): void {
  describe(name, () => {
    let scene: HelmScene
    before(async () => {
      scene = await HelmScene.open(open, kernel)
    })
    after(() => scene.stop())
    repositoryTests(() => scene)
    chartTests(() => scene)
    ociTests(() => scene)
  })
}

suite('Helm sources in the sandbox', () => startSandboxApi(kernel))

const name = 'Helm sources on the real API server'
withPrograms(['etcd', 'kube-apiserver'], { name, tests: 50 }, () => suite(name, useApiServer()))
