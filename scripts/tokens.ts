// Counts the tokens of tools/list in the form that models see. Unit: o200k_base.
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { allTools } from '../src/tools/index.ts'
import { shownSchema } from '../src/tools/frame/schema.ts'

const tools = allTools({ gates: { key: new Uint8Array(32) }, readOnly: false })
const rows = tools.map(t => ({
  name: t.name,
  tokens: countTokens(JSON.stringify({ name: t.name, description: t.description, input_schema: shownSchema(t.input) })),
}))
for (const { name, tokens } of rows) process.stdout.write(`${name.padEnd(20)} ${tokens}\n`)
process.stdout.write(`${'all'.padEnd(20)} ${rows.reduce((sum, r) => sum + r.tokens, 0)} of 3000\n`)
