import { after, before, describe } from 'node:test'
import { AutomationScene } from '../images/automation-scene.ts'
import { withPrograms } from '../refs/when.ts'
import { testKernel } from '../support/kernel.ts'
import { startSandboxApi } from '../support/sandbox.ts'
import { imagesKilledAtWrites } from './images-suite.ts'

const kernel = testKernel()
const name = 'images of a process killed at its writes'
withPrograms(['git'], { name, tests: 2 }, () =>
  describe(name, () => {
    let scene: AutomationScene
    before(async () => {
      scene = await AutomationScene.open(() => startSandboxApi(kernel), kernel)
    })
    after(() => scene?.stop())
    imagesKilledAtWrites(() => scene)
  }),
)
