import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { findProgram } from '../scripts/refs/cache.ts'
import { withPrograms } from './refs/when.ts'

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-package-'))
const cli = join(folder, 'node_modules/fluxpilot/dist/cli.js')

withPrograms(['node-floor'], { name: 'the published package on the lowest Node', tests: 5 }, () => {
  const node = findProgram('node-floor') ?? ''
  const { version, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string
    engines: { node: string }
  }
  before(() => {
    execFileSync(process.execPath, [join(root, 'scripts/build.ts')], { cwd: root })
    execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    writeFileSync(join(folder, 'package.json'), '{"private": true}')
    const packed = readdirSync(folder).find(f => f.endsWith('.tgz')) ?? ''
    execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${packed}`], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  })
  after(() => rmSync(folder, { recursive: true, force: true }))
  const run = (...args: string[]): string =>
    execFileSync(node, [cli, ...args], { cwd: folder, encoding: 'utf8', env: { PATH: '', HOME: folder } })

  test('it is the Node that engines names, and the package says its version', () => {
    assert.equal(engines.node, `>=${execFileSync(node, ['--version'], { encoding: 'utf8' }).trim().replace(/^v/, '').replace(/\.0$/, '')}`)
    assert.equal(run('--version').trim(), version)
  })

  test('it reconciles in its own sandbox: kernel, worker and schemas are there', () => {
    assert.match(run('check', '--sandbox'), /Kustomization v1: .*our engine reconciles it on request/)
    assert.match(run('crds'), /kind: CustomResourceDefinition/)
  })

  test('its sandbox starts by itself and tells its addresses', async () => {
    const child = spawn(node, [cli, 'sandbox'], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: '', HOME: folder } })
    let said = ''
    for await (const chunk of child.stderr as AsyncIterable<Buffer>) {
      said += chunk.toString()
      if (said.includes('stop with')) break
    }
    child.kill()
    assert.match(said, /Kubernetes API at http:\/\/127.0.0.1:\d+, OCI registry at 127.0.0.1:\d+/)
  })

  test('what ssh goes through a proxy with is there', () => {
    const to = join(folder, 'tunnel.json')
    writeFileSync(to, JSON.stringify({ proxy: 'socks5://127.0.0.1:1', host: 'git.example.com', port: 22 }))
    const tunnel = spawnSync(node, [join(folder, 'node_modules/fluxpilot/dist/tunnel.js'), to], { encoding: 'utf8' })
    assert.match(
      tunnel.stderr,
      /^socks connect tcp 127\.0\.0\.1:1->git\.example\.com:22: dial tcp 127\.0\.0\.1:1: connect: connection refused\n$/,
    )
  })

  test('it answers tools/list over stdio', async () => {
    const child = spawn(node, [cli, 'mcp'], { cwd: folder, stdio: ['pipe', 'pipe', 'ignore'], env: { PATH: '', HOME: folder } })
    const send = (message: object): void => void child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
    let said = ''
    send({
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } },
    })
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      said += chunk.toString()
      if (said.includes('serverInfo') && !said.includes('"id":2')) send({ id: 2, method: 'tools/list' })
      if (said.includes('"delete_object"')) break
    }
    child.kill()
    assert.match(said, /"name":"reconcile"/)
  })
})
