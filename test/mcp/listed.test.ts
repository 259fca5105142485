import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { shown } from '../../src/tools/frame/listed.ts'
import { allTools } from '../../src/tools/index.ts'
import { bareEnv, program, root } from '../support/program.ts'

for (const readOnly of [false, true])
  suite(`the program as it is published, ${readOnly ? 'read-only' : 'writing'}`, () => {
    const client = new Client({ name: 'test', version: '1' })
    before(async () => {
      const args = [program, 'mcp', ...(readOnly ? ['--read-only'] : [])]
      await client.connect(new StdioClientTransport({ command: process.execPath, args, env: bareEnv, cwd: root, stderr: 'ignore' }))
    })
    after(() => client.close())

    test('lists the tools that its sources have', async () => {
      const { tools } = await client.listTools()
      const wanted = allTools({ gates: { key: new Uint8Array(32) }, readOnly, files: true }).map(shown)
      assert.deepEqual(
        tools.map(({ name, title, description, inputSchema, outputSchema }) => ({ name, title, description, inputSchema, outputSchema })),
        wanted.map(({ name, title, description, input, output }) => ({
          name,
          title,
          description,
          inputSchema: input,
          outputSchema: output,
        })),
      )
    })

    test('calls each of them by its own name', async () => {
      for (const { name } of (await client.listTools()).tools) {
        const { content } = await client.callTool({ name, arguments: { ['no such argument']: true } })
        assert.match(JSON.stringify(content), /InvalidArgument/, name)
      }
    })
  })
