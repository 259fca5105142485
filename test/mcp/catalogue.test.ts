import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { resources } from '../../src/resources/index.ts'
import { textTool, type Tool } from '../../src/tools/tool.ts'
import { prompts } from '../../src/prompts/index.ts'
import { allTools } from '../../src/tools/index.ts'
import { shownSchema } from '../../src/tools/frame/schema.ts'

const pin = join(import.meta.dirname, 'catalogue.json')
const gates = { key: new Uint8Array(32) }
const all = allTools({ gates, readOnly: false })

test('the tools, their order and their schemas are as pinned', () => {
  const shown = all.map(t => ({ name: t.name, title: t.title, description: t.description, effect: t.effect, input: shownSchema(t.input) }))
  if (!existsSync(pin) || process.env.ACCEPT_PIN === '1') writeFileSync(pin, `${JSON.stringify(shown, null, 1)}\n`)
  assert.deepEqual(JSON.parse(JSON.stringify(shown)), JSON.parse(readFileSync(pin, 'utf8')))
})

test('read-only mode has the reading tools alone', () => {
  assert.deepEqual(
    allTools({ gates, readOnly: true }).map(t => t.name),
    [
      'get_status',
      'get_object',
      'get_events',
      'get_logs',
      'explain',
      'trace',
      'build',
      'plan',
      'get_image_digest',
      'list_artifacts',
      'diff_artifact',
      'search_docs',
      'list_clusters',
      'pull_artifact',
    ],
  )
})

test('every tool but list_clusters has arguments of its own, and says what it is for in under 600 characters', () => {
  for (const { name, input, description } of all) {
    assert.ok(name === 'list_clusters' || Object.keys(input.shape).length > 2, name)
    assert.ok(description.length > 20 && description.length <= 600, name)
  }
})

test('the list costs a model at most 3,000 tokens, without what few need 2,000, a prompt at most 400', () => {
  const few = ['explain', 'trace', 'get_logs', 'update_images', 'diff_artifact', 'search_docs']
  const tokensOf = (tools: readonly Tool[]): number =>
    tools.reduce(
      (sum, t) => sum + countTokens(JSON.stringify({ name: t.name, description: t.description, input_schema: shownSchema(t.input) })),
      0,
    )
  assert.ok(tokensOf(all) <= 3000, String(tokensOf(all)))
  const most = all.filter(t => !few.includes(t.name))
  assert.ok(tokensOf(most) <= 2000, String(tokensOf(most)))
  for (const { name, body } of prompts)
    assert.ok(countTokens(body({ kind: 'Kustomization', namespace: 'flux-system', name: 'apps', since: '1h' })) <= 400, name)
})

test('every tool that a prompt names exists', () => {
  const names = new Set(all.map(t => t.name))
  for (const { body } of prompts)
    for (const [word] of body({ kind: 'k', name: 'n' }).matchAll(/\b[a-z]+_[a-z_]+\b/g)) assert.ok(names.has(word), word)
})

test('no tool, resource or prompt of the product makes what only the fixtures of the conformance suite do', () => {
  for (const { name, raw } of [...all, ...resources, ...prompts]) assert.equal(raw, undefined, name)
  // A tool is made by tool() or textTool(), whose runs cannot answer raw: this compiles only while that is so.
  const nothingRaw: 'raw' extends keyof Awaited<ReturnType<Parameters<typeof textTool>[0]['run']>> ? never : true = true
  assert.ok(nothingRaw)
})
