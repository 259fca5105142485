import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { findProgram } from '../../../scripts/refs/cache.ts'
import { type RunningRegistry, startDockerRegistry, user } from '../../refs/registries.ts'
import { withPrograms } from '../../refs/when.ts'
import { chartFiles, packageOf } from '../../support/chart-server.ts'
import { testKernel } from '../../support/kernel.ts'
import { startSandboxApi } from '../../support/sandbox.ts'
import { HelmScene, judged, revisionOf } from './scene.ts'

const kernel = testKernel()

withPrograms(['helm', 'docker-registry'], { name: 'charts that helm pushed', tests: 3 }, () => {
  let [scene, registry, home]: [HelmScene?, RunningRegistry?, string?] = []
  const world = (): { scene: HelmScene; registry: RunningRegistry; home: string } => {
    assert.ok(scene && registry && home)
    return { scene, registry, home }
  }
  const helm = (...args: string[]): string => {
    const env = { PATH: process.env.PATH, HOME: world().home, HELM_REGISTRY_CONFIG: join(world().home, 'config.json') }
    return execFileSync(findProgram('helm') ?? '', args, { cwd: world().home, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  }
  before(async () => {
    registry = await startDockerRegistry({ type: 'basic' })
    home = mkdtempSync(join(tmpdir(), 'fluxpilot-helm-'))
    scene = await HelmScene.open(() => startSandboxApi(kernel), kernel)
    helm('registry', 'login', registry.address, '-u', user.username, '-p', user.password, '--plain-http')
    for (const version of ['1.0.0', '1.1.0']) {
      writeFileSync(join(home, `app-${version}.tgz`), await packageOf(kernel, chartFiles('app', version)))
      helm('push', `app-${version}.tgz`, `oci://${registry.address}/charts`, '--plain-http')
    }
  })
  after(async () => {
    await scene?.stop()
    await registry?.stop()
    if (home) rmSync(home, { recursive: true, force: true })
  })

  const secrets: [says: string, type: string, data: (address: string) => Record<string, string>][] = [
    ['user and password', 'Opaque', () => ({ ...user })],
    [
      'a pull secret',
      'kubernetes.io/dockerconfigjson',
      address => ({ '.dockerconfigjson': JSON.stringify({ auths: { [address]: { ...user } } }) }),
    ],
  ]
  for (const [says, type, data] of secrets)
    test(`a chart that helm pushed is pulled with ${says}`, async () => {
      const { scene: s, registry: r, home: folder } = world()
      const secret = await s.secret(s.name(), type, data(r.address))
      const name = s.name()
      await s.repository(name, { url: `oci://${r.address}/charts`, type: 'oci', secretRef: { name: secret } })
      const { object } = await s.run(await s.chart(s.name(), { kind: 'HelmRepository', name }, { chart: 'app', version: '1.x' }))
      assert.equal(revisionOf(object), '1.1.0', judged(object).Ready)
      assert.deepEqual(await s.bytes(object), readFileSync(join(folder, 'app-1.1.0.tgz')))
    })
  test('without a Secret the registry refuses', async () => {
    const { scene: s, registry: r } = world()
    const name = s.name()
    await s.repository(name, { url: `oci://${r.address}/charts`, type: 'oci' })
    const { object } = await s.run(await s.chart(s.name(), { kind: 'HelmRepository', name }, { chart: 'app', version: '1.0.0' }))
    assert.match(judged(object).FetchFailed ?? '', /^True ChartPullError: .*UNAUTHORIZED/)
  })
  test('helm takes the chart that we packaged: it shows what is in it', async () => {
    const { home: folder } = world()
    assert.ok(readdirSync(folder).includes('app-1.0.0.tgz'))
    assert.match(helm('template', 'x', 'app-1.0.0.tgz'), /kind: ConfigMap/)
  })
})
