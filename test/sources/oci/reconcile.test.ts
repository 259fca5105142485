import { after, before, describe } from 'node:test'
import { useApiServer } from '../../refs/shared-api-server.ts'
import { withPrograms } from '../../refs/when.ts'
import { testKernel } from '../../support/kernel.ts'
import { startSandboxApi } from '../../support/sandbox.ts'
import type { Started } from '../../world/cluster/contract.ts'
import { accessTests } from './access-suite.ts'
import { cloudTests } from './cloud-suite.ts'
import { contentTests } from './content-suite.ts'
import { hostileTests } from './hostile-suite.ts'
import { lifecycleTests } from './lifecycle-suite.ts'
import { referenceTests } from './reference-suite.ts'
import { Scene } from './scene.ts'
import { storageTests } from './storage-suite.ts'

const kernel = testKernel()

function suite(name: string, open: () => Promise<Started>): void {
  describe(name, () => {
    let scene: Scene
    before(async () => {
      scene = await Scene.open(open, kernel)
    })
    after(() => scene.stop())
    lifecycleTests(() => scene)
    referenceTests(() => scene)
    contentTests(() => scene)
    accessTests(() => scene)
    cloudTests(() => scene)
    storageTests(() => scene)
    hostileTests(() => scene)
  })
}

suite('OCIRepositories in the sandbox', () => startSandboxApi(kernel))

const name = 'OCIRepositories on the real API server'
withPrograms(['etcd', 'kube-apiserver'], { name, tests: 155 }, () => suite(name, useApiServer()))
