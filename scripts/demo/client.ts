import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { join } from 'node:path'
import type { Stream } from 'node:stream'

const root = join(import.meta.dirname, '../..')

/** What a call answered. */
export interface Reply {
  readonly text: string
  readonly data: Readonly<Record<string, unknown>>
  readonly isError: boolean
}

/** A real MCP client on a server that it started over stdio, on the sandbox. */
export interface Session {
  /** `host:port` of the sandbox's registry. */
  readonly registry: string
  /** Where the sandbox's Git server is; `undefined` without git on this machine. */
  readonly git: string | undefined
  call(name: string, args: Readonly<Record<string, unknown>>, progress: (note: string) => void): Promise<Reply>
  close(): Promise<void>
}

export async function startSession(workspace: string): Promise<Session> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [join(root, 'src/main.ts'), 'mcp', '--sandbox', '--workspace', workspace],
    stderr: 'pipe',
    cwd: root,
  })
  const addresses = addressesOf(transport.stderr)
  const client = new Client({ name: 'demo', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } })
  await client.connect(transport)
  return {
    ...(await addresses),
    async call(name, args, progress) {
      const result = await client.callTool(
        { name, arguments: { ...args } },
        {
          timeout: 120_000,
          onprogress: ({ message }) => {
            if (message) progress(message)
          },
        },
      )
      const text = (result.content ?? []).map(part => (part.type === 'text' ? part.text : '')).join('\n')
      return { text, data: (result.structuredContent ?? {}) as Record<string, unknown>, isError: result.isError === true }
    },
    close: () => client.close(),
  }
}

function addressesOf(stderr: Stream | null): Promise<Pick<Session, 'registry' | 'git'>> {
  const { promise, resolve, reject } = Promise.withResolvers<Pick<Session, 'registry' | 'git'>>()
  let said = ''
  stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8')
    const [, registry, git] = /registry (\S+)\nsandbox: (?:Git server at ([^\s:]+:\S+):|no Git server)/.exec(said) ?? []
    if (registry) resolve({ registry, git })
  })
  stderr?.on('end', () => reject(new Error(`the server ended: ${said}`)))
  return promise
}
