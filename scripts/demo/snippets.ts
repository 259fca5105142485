import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** The lines that make clients run this very checkout. */
export function snippets(): string {
  const entry = { command: process.execPath, args: [join(root, 'src/main.ts'), 'mcp', '--read-only'] }
  return [
    'Claude Code, in a terminal:',
    `  claude mcp add fluxpilot -- ${entry.command} ${entry.args.join(' ')}`,
    'VS Code, in .vscode/mcp.json:',
    `  ${JSON.stringify({ servers: { fluxpilot: { type: 'stdio', ...entry } } })}`,
    'Cursor, in .cursor/mcp.json:',
    `  ${JSON.stringify({ mcpServers: { fluxpilot: entry } })}`,
    'Leave --read-only away to let it write; put --sandbox in its place to try it without a cluster.',
  ].join('\n')
}
