import { after, before, describe } from 'node:test'
import { withPrograms } from '../../refs/when.ts'
import { testKernel } from '../../support/kernel.ts'
import { startSandboxApi } from '../../support/sandbox.ts'
import { publishedTests } from './published-suite.ts'
import { HelmScene } from './scene.ts'

const kernel = testKernel()
const name = 'HelmCharts of what our sources publish'
withPrograms(['git'], { name, tests: 6 }, () =>
  describe(name, () => {
    let scene: HelmScene
    before(async () => {
      scene = await HelmScene.open(() => startSandboxApi(kernel), kernel)
    })
    after(() => scene.stop())
    publishedTests(() => scene)
  }),
)
