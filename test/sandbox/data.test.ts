import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { realClock } from '../../src/world/clock/real.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { restCluster } from '../../src/world/cluster/rest.ts'
import { createHttp } from '../../src/world/http/client.ts'
import { unending } from '../support/unending.ts'
import { program } from '../support/program.ts'

const data = mkdtempSync(join(tmpdir(), 'fluxpilot-data-'))
const http = createHttp({})
const signal = unending
const started: ChildProcess[] = []
after(async () => {
  for (const child of started) child.kill('SIGKILL')
  await http.close()
  rmSync(data, { recursive: true, force: true })
})

async function startSandbox(): Promise<{ cluster: Cluster; kill(): Promise<void> }> {
  const child = spawn(process.execPath, [program, 'sandbox', '--data', data], { stdio: ['ignore', 'ignore', 'pipe'] })
  started.push(child)
  let said = ''
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
    const [, url] = /Kubernetes API at (\S+),/.exec(said) ?? []
    if (url) resolve(url)
  })
  child.once('exit', () => reject(new Error(said)))
  const cluster = restCluster({ name: 'kept', server: await promise, http, clock: realClock })
  const kill = async (): Promise<void> => {
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  return { cluster, kill }
}

const settings = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data: { name },
})
const names = async (cluster: Cluster): Promise<string[]> =>
  (await cluster.list({ group: '', kind: 'ConfigMap', namespace: 'default' }, signal)).items.map(o => o.metadata.name)

test('what was acknowledged is there after a kill in the middle of writing, and revisions go on', async () => {
  const first = await startSandbox()
  const acknowledged: string[] = []
  const writing = (async () => {
    for (let i = 0; i < 400; i++) {
      await first.cluster.create(settings(`c-${String(i).padStart(3, '0')}`), { manager: 'test' }, signal)
      acknowledged.push(`c-${String(i).padStart(3, '0')}`)
      if (i === 60) void first.kill()
    }
  })()
  await assert.rejects(writing)
  appendFileSync(join(data, 'api', 'journal'), '0123456789abcdef {"revision":99999,"type":"ADDED","key":"/configmaps","object":{"torn')
  const second = await startSandbox()
  const kept = await names(second.cluster)
  assert.deepEqual(
    acknowledged.filter(n => !kept.includes(n)),
    [],
  )
  assert.ok(kept.length <= acknowledged.length + 1, 'at most the write that was under way')
  const before = (await second.cluster.get({ group: '', version: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'c-000' }, signal))
    ?.metadata
  const created = await second.cluster.create(settings('later'), { manager: 'test' }, signal)
  assert.ok(Number(created.metadata.resourceVersion) > Number(before?.resourceVersion))
  await second.cluster.delete({ group: '', version: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'c-000' }, {}, signal)
  await second.kill()
  const third = await startSandbox()
  const last = await names(third.cluster)
  assert.ok(last.includes('later') && !last.includes('c-000'))
  assert.equal(
    (await third.cluster.get({ group: '', version: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'c-001' }, signal))?.metadata.uid,
    (await third.cluster.list({ group: '', kind: 'ConfigMap', namespace: 'default' }, signal)).items[0]?.metadata.uid,
  )
  await third.kill()
})

test('a second process on the same folder is refused, naming the first', async () => {
  const first = await startSandbox()
  await assert.rejects(startSandbox(), /is in use by process \d+: stop it, or choose another folder/)
  await first.cluster.create(settings('alone'), { manager: 'test' }, signal)
  await first.kill()
})

test('the lock of a killed process is taken over', async () => {
  const next = await startSandbox()
  assert.ok((await names(next.cluster)).includes('alone'))
  await next.kill()
})
