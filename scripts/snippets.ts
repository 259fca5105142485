// How clients are told of the server: one source for the README and the demo. Spec: mcp 7.
import { join } from 'node:path'

/** The command that starts the server. */
export interface Entry {
  readonly command: string
  readonly args: readonly string[]
}
/** Where to write what, for one client. */
export interface Snippet {
  readonly client: string
  readonly text: string
  /** The configuration in `text`; absent for a command line. */
  readonly json?: unknown
}

/** The published package. */
export const published: Entry = { command: 'npx', args: ['-y', 'fluxpilot@0', 'mcp', '--read-only'] }
/** A server that somebody runs for others. */
export const remote = { type: 'http', url: 'https://HOST/mcp' } as const

const written = (client: string, json: unknown): Snippet => ({ client, json, text: JSON.stringify(json) })

/** Snippets for a server that the client starts. */
export function snippetsFor(entry: Entry): Snippet[] {
  const servers = { mcpServers: { fluxpilot: entry } }
  return [
    { client: 'Claude Code', text: `claude mcp add fluxpilot -- ${entry.command} ${entry.args.join(' ')}` },
    written('Claude Code, `.mcp.json`', servers),
    written('Claude Desktop, `claude_desktop_config.json`', servers),
    written('VS Code, `.vscode/mcp.json`', { servers: { fluxpilot: { type: 'stdio', ...entry } } }),
    written('Cursor, `.cursor/mcp.json`', servers),
    written('Copilot CLI, `~/.copilot/mcp-config.json`', { mcpServers: { fluxpilot: { type: 'stdio', ...entry, tools: ['*'] } } }),
  ]
}

/** Snippets for a server that runs elsewhere. */
export function remoteSnippets(): Snippet[] {
  return [
    { client: 'Claude Code, a server over HTTP', text: `claude mcp add --transport http fluxpilot ${remote.url}` },
    written('Others, a server over HTTP', { mcpServers: { fluxpilot: remote } }),
  ]
}

/** The table of the README. */
export function readmeTable(): string {
  const rows = [...snippetsFor(published), ...remoteSnippets()].map(({ client, text }) => `| ${client} | \`${text}\` |`)
  return ['| Where | How |', '|---|---|', ...rows].join('\n')
}

const root = join(import.meta.dirname, '..')
const shown = ['Claude Code', 'VS Code, `.vscode/mcp.json`', 'Cursor, `.cursor/mcp.json`']

/** The command that runs this very checkout. */
export const checkout: Entry = { command: process.execPath, args: [join(root, 'src/main.ts'), 'mcp', '--read-only'] }

/** The lines that make clients run this very checkout. */
export function snippets(): string {
  const lines = snippetsFor(checkout)
    .filter(s => shown.includes(s.client))
    .map(({ client, text, json }) => `${client.replaceAll('`', '')}, ${json ? 'in that file' : 'in a terminal'}:\n  ${text}`)
  return [...lines, 'Leave --read-only away to let it write; put --sandbox in its place to try it without a cluster.'].join('\n')
}
