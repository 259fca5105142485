import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type ApiServer, startKubeApiServer } from '../refs/kube-apiserver.ts'
import { withPrograms } from '../refs/when.ts'
import { testKernel } from '../support/kernel.ts'
import { startSandboxApi } from '../support/sandbox.ts'
import { differences } from './differential/compare.ts'
import { crds } from './differential/crds.ts'
import { kinds, workloads } from './differential/kinds.ts'
import { life } from './differential/life.ts'
import { objects } from './differential/objects.ts'
import { patches } from './differential/patches.ts'
import { ask, type Server, speak } from './differential/talk.ts'

const kernel = testKernel()
const conversations = [...objects, ...patches, ...life, ...workloads, ...kinds, ...crds]
const count = conversations.reduce((n, [, steps]) => n + steps.length, 0)

withPrograms(['etcd', 'kube-apiserver'], { name: 'the sandbox answers as the real API server', tests: conversations.length }, () =>
  describe(`the sandbox answers ${count} requests as the real API server does`, () => {
    let real: ApiServer
    let sandbox: { url: string; stop(): Promise<void> }
    before(async () => {
      real = await startKubeApiServer()
      sandbox = await startSandboxApi(kernel)
    })
    after(async () => {
      await sandbox.stop()
      await real.stop()
    })
    for (const [i, conversation] of conversations.entries()) {
      test(conversation[0], async () => {
        const namespace = `d-${i}`
        const servers: { real: Server; sandbox: Server } = { real: { url: real.url, token: real.token }, sandbox: { url: sandbox.url } }
        for (const server of Object.values(servers))
          await speak(server, ask.post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }), [])
        assert.equal((await differences(conversation, servers, namespace)).join('\n'), '')
      })
    }
  }),
)
