import { after, before, describe } from 'node:test'
import { useApiServer } from '../../refs/shared-api-server.ts'
import { withPrograms } from '../../refs/when.ts'
import { testKernel } from '../../support/kernel.ts'
import { startSandboxApi } from '../../support/sandbox.ts'
import type { Started } from '../../world/cluster/contract.ts'
import { accessTests } from './access-suite.ts'
import { lifecycleTests } from './lifecycle-suite.ts'
import { BucketScene } from './scene.ts'

const kernel = testKernel()

function suite(name: string, open: () => Promise<Started>): void {
  describe(name, () => {
    let scene: BucketScene
    before(async () => {
      scene = await BucketScene.open(open, kernel)
    })
    after(() => scene.stop())
    lifecycleTests(() => scene)
    accessTests(() => scene)
  })
}

suite('Buckets in the sandbox', () => startSandboxApi(kernel))

const name = 'Buckets on the real API server'
withPrograms(['etcd', 'kube-apiserver'], { name, tests: 49 }, () => suite(name, useApiServer()))
