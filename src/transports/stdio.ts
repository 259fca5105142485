import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { type AdapterOptions, serverFactory } from './adapter.ts'

/** Serves MCP on standard input and output until the client closes them. Everything else goes to stderr. */
export function listenStdio(options: AdapterOptions): { close(): Promise<void> } {
  const { log } = options.service.world
  return serveStdio(serverFactory(options), { onerror: error => log.warn('protocol error', { message: error.message }) })
}
