import { after, before, describe } from 'node:test'
import { useApiServer } from '../refs/shared-api-server.ts'
import { withPrograms } from '../refs/when.ts'
import { testKernel } from '../support/kernel.ts'
import { startSandboxApi } from '../support/sandbox.ts'
import type { Started } from '../world/cluster/contract.ts'
import { automationTests } from './automation-suite.ts'
import { AutomationScene } from './automation-scene.ts'

const kernel = testKernel()

function suite(name: string, open: () => Promise<Started>): void {
  describe(name, () => {
    let scene: AutomationScene
    before(async () => {
      scene = await AutomationScene.open(open, kernel)
    })
    after(() => scene.stop())
    automationTests(() => scene)
  })
}

withPrograms(['git'], { name: 'ImageUpdateAutomations in the sandbox', tests: 18 }, () =>
  suite('ImageUpdateAutomations in the sandbox', () => startSandboxApi(kernel)),
)

const name = 'ImageUpdateAutomations on the real API server'
withPrograms(['git', 'etcd', 'kube-apiserver'], { name, tests: 18 }, () => suite(name, useApiServer()))
