import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { answer, type Answer } from '../../src/tools/frame/answer.ts'
import { allTools } from '../../src/tools/index.ts'
import { realClock } from '../../src/world/clock/real.ts'
import { openRegistries } from '../../src/world/registry/open.ts'
import { personKeys } from '../support/clouds/aws.ts'
import { azureClient } from '../support/clouds/azure.ts'
import { type Clouds, startClouds } from '../support/clouds/clouds.ts'
import { type Product, startProduct, stdioCaller } from '../support/service.ts'
import { unending } from '../support/unending.ts'

const env = {
  AWS_ACCESS_KEY_ID: personKeys.accessKeyId,
  AWS_SECRET_ACCESS_KEY: personKeys.secretAccessKey,
  AZURE_TENANT_ID: azureClient.tenant,
  AZURE_CLIENT_ID: azureClient.client,
  AZURE_CLIENT_SECRET: azureClient.secret,
}
const hosts = { aws: '123456789012.dkr.ecr.us-east-1.amazonaws.com', azure: 'foo.azurecr.io', gcp: 'europe-docker.pkg.dev' } as const
let product: Product
let clouds: Clouds
before(async () => {
  product = await startProduct({ options: { oras: 'off' } })
  clouds = await startClouds({ clock: realClock, registry: product.registry })
  clouds.tools.machine.set('google', { status: 200, body: '' })
})
after(async () => {
  await clouds?.close()
  await product.stop()
})

/** A tool on this machine, which is in all three clouds. */
function call(name: string, args: Record<string, unknown>): Promise<Answer> {
  const { service, engine } = product.composed
  const tool = allTools({ gates: service.gates, readOnly: false }).find(t => t.name === name)
  if (!tool) throw new TypeError(`no tool is called ${name}`)
  const registries = openRegistries({ http: clouds.http, clock: realClock, env: {}, home: '/nowhere', oras: 'off' })
  const auth = clouds.auth({ env, learn: secret => service.redactor.learn(secret) })
  return answer({ ...service, world: { ...service.world, auth, registries } }, tool, {
    args: args as never,
    call: { signal: unending, caller: stdioCaller, engine, progress: () => {} },
  })
}

for (const provider of ['aws', 'azure', 'gcp'] as const)
  test(`every tool that meets a registry signs in to ${provider}, and tells no secret`, async () => {
    const url = `oci://${hosts[provider]}/tools/app`
    const files = [{ path: 'a.yaml', content: 'a: 1\n' }]
    const pushed = await call('push_artifact', {
      url: `${url}:v1`,
      files,
      source: 'https://example.com/r.git',
      revision: 'main@sha1:abc',
      provider,
    })
    assert.equal(pushed.isError, false, pushed.text)
    const answers = [
      pushed,
      await call('tag_artifact', { url: `${url}:v1`, tags: ['stable'], provider }),
      await call('list_artifacts', { url, provider }),
      await call('pull_artifact', { url: `${url}:stable`, provider }),
      await call('get_image_digest', { image: `${hosts[provider]}/tools/app:v1`, provider }),
    ]
    for (const { text, isError } of answers) assert.equal(isError, false, text)
    assert.match(answers[2]?.text ?? '', /stable/)
    assert.match(answers[3]?.text ?? '', /a: 1/)
    const told = JSON.stringify(answers)
    assert.ok([...clouds.issued].every(secret => !told.includes(secret)))
  })
test('without a provider a cloud is not asked, and its registry refuses', async () => {
  const before = clouds.asked.filter(line => line.includes('api.ecr')).length
  const { isError, text } = await call('list_artifacts', { url: `oci://${hosts.aws}/tools/app` })
  assert.equal(isError, true, text)
  assert.equal(clouds.asked.filter(line => line.includes('api.ecr')).length, before)
})
test('a provider that is not the registry’s is refused, and what to do is said', async () => {
  const { isError, text } = await call('get_image_digest', { image: 'ghcr.io/org/app:v1', provider: 'azure' })
  assert.equal(isError, true)
  assert.match(text, /InvalidArgument.*invalid Azure registry: 'ghcr\.io'/s)
})
test('a machine that is in no cloud is told so', async () => {
  clouds.tools.machine.clear()
  const { isError, text } = await call('get_image_digest', { image: `${hosts.gcp}/tools/app:v1`, provider: 'gcp' })
  assert.equal(isError, true)
  assert.match(text, /failed to create provider access token for the controller/)
})
