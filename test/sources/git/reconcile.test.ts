import { after, before, describe } from 'node:test'
import { useApiServer } from '../../refs/shared-api-server.ts'
import { withPrograms } from '../../refs/when.ts'
import { testKernel } from '../../support/kernel.ts'
import { startSandboxApi } from '../../support/sandbox.ts'
import type { Started } from '../../world/cluster/contract.ts'
import { checkoutTests } from './checkout-suite.ts'
import { lifecycleTests } from './lifecycle-suite.ts'
import { signatureTests } from './signatures-suite.ts'
import { GitScene } from './scene.ts'

const kernel = testKernel()

function suite(name: string, open: () => Promise<Started>): void {
  describe(name, () => {
    let scene: GitScene
    before(async () => {
      scene = await GitScene.open(open, kernel)
    })
    after(() => scene.stop())
    checkoutTests(() => scene)
    lifecycleTests(() => scene)
    signatureTests(() => scene)
  })
}

withPrograms(['git'], { name: 'GitRepositories in the sandbox', tests: 39 }, () =>
  suite('GitRepositories in the sandbox', () => startSandboxApi(kernel)),
)

const name = 'GitRepositories on the real API server'
withPrograms(['git', 'etcd', 'kube-apiserver'], { name, tests: 39 }, () => suite(name, useApiServer()))
