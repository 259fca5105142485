import { after, before, describe } from 'node:test'
import { useApiServer } from '../../refs/shared-api-server.ts'
import { withPrograms } from '../../refs/when.ts'
import { testKernel } from '../../support/kernel.ts'
import { startSandboxApi } from '../../support/sandbox.ts'
import type { Started } from '../../world/cluster/contract.ts'
import { Scene } from '../oci/scene.ts'
import { keylessTests } from './keyless-suite.ts'
import { notationTests } from './notation-suite.ts'
import { verificationTests } from './suite.ts'

const kernel = testKernel()

function suite(name: string, open: () => Promise<Started>): void {
  describe(name, () => {
    let scene: Scene
    before(async () => {
      scene = await Scene.open(open, kernel)
    })
    after(() => scene.stop())
    verificationTests(() => scene)
    notationTests(() => scene)
    keylessTests(() => scene)
  })
}

suite('signatures in the sandbox', () => startSandboxApi(kernel))

const name = 'signatures on the real API server'
withPrograms(['etcd', 'kube-apiserver'], { name, tests: 43 }, () => suite(name, useApiServer()))
