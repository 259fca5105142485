import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { figure, timed } from './figures.ts'

const cli = join(import.meta.dirname, '../dist/cli.js')

/** From the start of the bundle to its first tools/list answer. */
export async function bench(): Promise<readonly [string, string][]> {
  if (!existsSync(cli)) return [['bundle start to tools/list', 'not built: npm run build']]
  await firstList()
  return [['bundle start to tools/list (bound 400 ms, aim 150)', figure(await timed(9, firstList))]]
}

function firstList(): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const child = spawn(process.execPath, [cli, 'mcp'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, KUBECONFIG: '/nonexistent' },
  })
  const send = (message: object): void => void child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  let said = ''
  let asked = false
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
    if (!asked && said.includes('serverInfo')) {
      asked = true
      send({ method: 'notifications/initialized' })
      send({ id: 2, method: 'tools/list' })
    }
    if (said.includes('"id":2')) {
      child.kill()
      resolve()
    }
  })
  child.on('error', reject)
  send({
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } },
  })
  return promise
}
