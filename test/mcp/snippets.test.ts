import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkout, published, readmeTable, remote, remoteSnippets, snippets, snippetsFor } from '../../scripts/snippets.ts'
import { prompts } from '../../src/prompts/index.ts'
import { allTools } from '../../src/tools/index.ts'
import { instructions } from '../../src/transports/adapter.ts'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { root, run } from '../support/program.ts'

const read = (name: string): string => readFileSync(join(root, name), 'utf8')
const gates = { key: new Uint8Array(32) }
const [tools, reading] = [allTools({ gates, readOnly: false }), allTools({ gates, readOnly: true })]
interface Package {
  readonly name: string
  readonly mcpName: string
  readonly bin: unknown
  readonly files: readonly string[]
  readonly engines: { readonly node: string }
  readonly version: string
}

test('the README has the snippets of their one source', () => {
  assert.ok(read('README.md').includes(readmeTable()), readmeTable())
})

test('every configuration is JSON with the server in it, under the key of its client', () => {
  for (const { client, text, json } of [...snippetsFor(published), ...remoteSnippets()].filter(s => s.json)) {
    const parsed = JSON.parse(text) as Record<string, { fluxpilot: Record<string, unknown> }>
    assert.deepEqual(parsed, json)
    const key = client.startsWith('VS Code') ? 'servers' : 'mcpServers'
    assert.deepEqual(Object.keys(parsed), [key], client)
    const { command, args, url } = parsed[key]?.fluxpilot ?? {}
    if (url === undefined) assert.deepEqual({ command, args }, published)
    else assert.equal(url, remote.url)
  }
})

test('the lines of the demo start a server that answers', async () => {
  assert.ok(snippets().includes(checkout.args.join(' ')))
  const child = run(checkout.args.slice(1))
  child.stdin?.write(
    `${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } } })}\n`,
  )
  const answer = await new Promise<string>(done => child.stdout?.once('data', chunk => done(String(chunk))))
  assert.match(answer, /"name":"fluxpilot"/)
  child.stdin?.end()
  assert.equal(await new Promise(done => child.once('exit', done)), 0, 'the server ends with its client')
})

test('the package is named for the registry of servers as it is for npm, and has one version', () => {
  const { name, mcpName, bin, files, engines, version } = JSON.parse(read('package.json')) as Package
  assert.equal(name, 'fluxpilot')
  assert.match(mcpName, /^[a-z0-9.-]+\/fluxpilot$/)
  assert.deepEqual(bin, { fluxpilot: 'dist/cli.js' })
  assert.ok(files.includes('dist'))
  assert.match(engines.node, /^>=22/)
  assert.match(version, /^\d+\.\d+\.\d+$/)
  assert.equal(published.args[1], `fluxpilot@${version.split('.')[0]}`)
})

test('every tool that the README, a prompt or the instructions name exists, and every tool is in the README with its effect', () => {
  const names = new Set(tools.map(t => t.name))
  const row = /^\| `([a-z_]+)` \| (reads|changes|destroys) \|/gm
  const rows = [...read('README.md').matchAll(row)].map(([, name, effect]) => [name, effect])
  assert.deepEqual(
    rows,
    // pull_artifact changes something only where it may write files: the README tells of a server that only reads.
    tools.map(t => [t.name, (reading.find(r => r.name === t.name) ?? t).effect]),
  )
  const texts = [instructions, ...prompts.map(p => p.body({ kind: 'k', name: 'n' }))]
  for (const text of texts) for (const [word] of text.matchAll(/\b[a-z]+_[a-z_]+\b/g)) assert.ok(names.has(word), word)
})

test('the instructions cost a model at most 300 tokens', () => {
  assert.ok(countTokens(instructions) <= 300, String(countTokens(instructions)))
})
