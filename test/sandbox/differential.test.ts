import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { fc } from '../support/laws.ts'
import { type ApiServer, startKubeApiServer } from '../refs/kube-apiserver.ts'
import { withPrograms } from '../refs/when.ts'
import { testKernel } from '../support/kernel.ts'
import { startSandboxApi } from '../support/sandbox.ts'
import { differences } from './differential/compare.ts'
import { crds } from './differential/crds.ts'
import { unlikeDiscovery } from './differential/discovery.ts'
import { kinds, workloads } from './differential/kinds.ts'
import { life } from './differential/life.ts'
import { objects } from './differential/objects.ts'
import { patches } from './differential/patches.ts'
import { mixedDefinition, sequences } from './differential/random.ts'
import { ask, type Server, speak, type Step } from './differential/talk.ts'

const kernel = testKernel()
const conversations = [...objects, ...patches, ...life, ...workloads, ...kinds, ...crds]
const count = conversations.reduce((n, [, steps]) => n + steps.length, 0)

/** Both servers serve the custom resources that are drawn at random. */
async function defined(server: Server): Promise<void> {
  await speak(server, ask.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', mixedDefinition), [])
  await speak(server, ask.get('/apis/rand.example.com/v1/namespaces/default/mixeds', { until: said => said.status === 200 }), [])
}

withPrograms(
  ['etcd', 'kube-apiserver'],
  { name: 'the sandbox answers as the real API server', tests: conversations.length + sequences.length + 1 },
  () =>
    describe(`the sandbox answers ${count} requests as the real API server does`, () => {
      let real: ApiServer
      let sandbox: { url: string; stop(): Promise<void> }
      before(async () => {
        real = await startKubeApiServer()
        sandbox = await startSandboxApi(kernel)
        for (const server of [{ url: real.url, token: real.token }, { url: sandbox.url }]) await defined(server)
      })
      after(async () => {
        await sandbox.stop()
        await real.stop()
      })
      const inNamespace = async (name: string): Promise<{ real: Server; sandbox: Server }> => {
        const servers = { real: { url: real.url, token: real.token }, sandbox: { url: sandbox.url } }
        for (const server of Object.values(servers))
          await speak(server, ask.post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }), [])
        return servers
      }
      for (const [i, conversation] of conversations.entries()) {
        test(conversation[0], async () => {
          const servers = await inNamespace(`d-${i}`)
          assert.equal((await differences(conversation, servers, { namespace: `d-${i}` })).join('\n'), '')
        })
      }
      test('what is served is served under the same names, kinds and verbs', async () => {
        const servers = { real: { url: real.url, token: real.token }, sandbox: { url: sandbox.url } }
        assert.deepEqual(await unlikeDiscovery(servers), [])
      })
      for (const [what, sequence] of sequences) {
        test(`two managers change ${what} at random`, async () => {
          const servers = await inNamespace(`r-${what.length}`)
          let drawn = 0
          await fc.assert(
            fc.asyncProperty(sequence, async steps => {
              const name = `r${drawn++}`
              const own = steps.map(
                step =>
                  JSON.parse(JSON.stringify(step).replaceAll('"name":"r"', `"name":"${name}"`).replaceAll('/r?', `/${name}?`)) as Step,
              )
              assert.equal((await differences(['', own], servers, { namespace: `r-${what.length}`, silent: true })).join('\n'), '')
            }),
            { numRuns: 25, seed: 14 },
          )
        })
      }
    }),
)
