import { after, before, describe } from 'node:test'
import { useApiServer } from '../refs/shared-api-server.ts'
import { withPrograms } from '../refs/when.ts'
import { testKernel } from '../support/kernel.ts'
import { startSandboxApi } from '../support/sandbox.ts'
import type { Started } from '../world/cluster/contract.ts'
import { accessTests } from './access-suite.ts'
import { policyTests } from './policy-suite.ts'
import { repositoryTests } from './repository-suite.ts'
import { Scene } from './scene.ts'

const kernel = testKernel()

function suite(name: string, open: () => Promise<Started>): void {
  describe(name, () => {
    let scene: Scene
    before(async () => {
      scene = await Scene.open(open, kernel)
    })
    after(() => scene.stop())
    repositoryTests(() => scene)
    accessTests(() => scene)
    policyTests(() => scene)
  })
}

suite('images in the sandbox', () => startSandboxApi(kernel))

const name = 'images on the real API server'
withPrograms(['etcd', 'kube-apiserver'], { name, tests: 53 }, () => suite(name, useApiServer()))
