import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { realClock } from '../../../src/world/clock/real.ts'
import { createHttp } from '../../../src/world/http/client.ts'
import type { Http } from '../../../src/world/http/http.ts'
import { openRegistries } from '../../../src/world/registry/open.ts'
import { type RunningRegistry, startDockerRegistry, user } from '../../refs/registries.ts'
import { withPrograms } from '../../refs/when.ts'
import { azureClient } from '../../support/clouds/azure.ts'
import { type Clouds, startClouds } from '../../support/clouds/clouds.ts'
import { testKernel } from '../../support/kernel.ts'
import { pushFiles } from '../../support/push.ts'
import { service, startTokenService, type TokenService } from '../../support/token-service.ts'
import { unending } from '../../support/unending.ts'

const host = 'foo.azurecr.io'
const env = { AZURE_TENANT_ID: azureClient.tenant, AZURE_CLIENT_ID: azureClient.client, AZURE_CLIENT_SECRET: azureClient.secret }
const name = "docker-registry that trusts a cloud's tokens"

withPrograms(['docker-registry'], { name, tests: 2 }, () => {
  let [tokens, registry, clouds, http]: [TokenService?, RunningRegistry?, Clouds?, Http?] = []
  before(async () => {
    tokens = await startTokenService(user)
    registry = await startDockerRegistry({ type: 'token', realm: `https://${host}/oauth2/token`, service, certificate: tokens.certificate })
    const authorization = `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}`
    const at = { address: new URL(tokens.realm).host, authorization }
    clouds = await startClouds({ clock: realClock, registry: registry.address, tokens: at })
    http = createHttp({})
  })
  after(async () => {
    await http?.close()
    await clouds?.close()
    await registry?.stop()
    await tokens?.close()
  })
  const opened = (at: Clouds) => openRegistries({ http: at.http, clock: realClock, env: {}, home: '/nowhere' })

  test('a login of the cloud pushes and pulls, by the tokens that it is swapped for', async () => {
    assert.ok(clouds && tokens)
    const login = await clouds.auth({ env }).registry('azure', `${host}/team/app`, { signal: unending })
    const registries = {
      open: (_: unknown, purpose: 'lookup' | 'transfer') => opened(clouds as Clouds).open({ credentials: login }, purpose),
    }
    const digest = await pushFiles({ kernel: testKernel(), registries }, `oci://${host}/team/app:v1`, { a: '1' })
    const found = await (
      await opened(clouds).open({ credentials: login }, 'lookup')
    ).resolve({ registry: host, repository: 'team/app', tag: 'v1' }, unending)
    assert.equal(found?.digest, digest)
    assert.ok(tokens.asked.some(({ scopes }) => scopes.includes('repository:team/app:pull,push')))
    assert.ok(clouds.asked.includes(`GET ${host}/oauth2/token`))
  })
  test('a login of nobody is refused', async () => {
    assert.ok(clouds)
    const credentials = { type: 'basic', username: '00000000-0000-0000-0000-000000000000', password: 'made-up' } as const
    const there = await opened(clouds).open({ credentials }, 'lookup')
    await assert.rejects(there.resolve({ registry: host, repository: 'team/app', tag: 'v1' }, unending), { code: 'DENIED' })
  })
})
