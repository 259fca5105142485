import { Command, Option } from 'commander'
import type { Kind } from '../kinds/kind.ts'
import type { JsonObject } from '../lib/json.ts'
import type { Tool } from '../tools/tool.ts'
import type { ControllerFlags } from './controller.ts'
import { checkCommon, checkServer, commonOptions, repeatable } from './options.ts'
import type { VerbContext } from './run-verb.ts'
import { exitHelp } from './usage.ts'

/** What the commands need of the composition. */
export interface ProgramContext extends VerbContext {
  readonly version: string
  /** Loaded when a command line asks for them. */
  tools(): Promise<readonly Tool[]>
  kinds(): Promise<readonly Kind[]>
  serveMcp(options: JsonObject): Promise<void>
  serveSandbox(options: JsonObject): Promise<void>
  /** Resolves when it was told to stop. */
  serveController(flags: ControllerFlags, options: JsonObject): Promise<void>
  /** Whether all is well. */
  check(options: JsonObject): Promise<boolean>
  approve(handle: string, options: JsonObject): Promise<void>
  installCrds(options: JsonObject): Promise<void>
}

/** The command line that begins with a word. What is wrong in it rejects with a CommanderError or a UsageError. */
export async function makeProgram(context: ProgramContext, first: string | undefined): Promise<Command> {
  const program = new Command('fluxpilot')
    .exitOverride()
    .configureOutput({ writeOut: text => context.out(text), writeErr: text => context.err(text) })
    .description('AI-assisted GitOps: an MCP server and a command line for Flux, with an engine of its own')
    .version(context.version)
    .showHelpAfterError('(add --help for usage)')
    .addHelpText('afterAll', exitHelp)
  for (const option of commonOptions()) program.addOption(option)
  program.hook('preAction', (_program, command) => checkCommon(command.optsWithGlobals()))
  addMcp(program, context)
  // What a server needs none of is not loaded for one.
  if (first !== 'mcp') {
    const { addCommands } = await import('./commands.ts')
    await addCommands(program, first, context)
  }
  return program
}

function addMcp(program: Command, context: ProgramContext): void {
  program
    .command('mcp')
    .description('Serve MCP on standard input and output, or over HTTP')
    .addOption(new Option('--read-only', 'register no tool that writes; the default over HTTP').conflicts('allowWrites'))
    .option('--approve', "changes need a plan, and destruction a person's approval; always so over HTTP")
    .option('--http <host:port>', 'serve HTTP at /mcp instead')
    .option('--allow-writes', 'register the tools that write over HTTP; needs --token-file')
    .option('--token-file <file>', 'one "TOKEN SCOPES" a line; scopes flux:read flux:write flux:destroy flux:approve')
    .addOption(repeatable('--allowed-host <name>', 'names that Host may have'))
    .addOption(repeatable('--allowed-origin <name>', 'host names that Origin may have'))
    .option('--tls-cert <file>', 'certificate chain, PEM')
    .option('--tls-key <file>', 'its key, PEM')
    .addOption(new Option('--behind-tls-proxy', 'TLS ends before this server').conflicts('tlsCert'))
    .option('--admin-addr <host:port>', '/healthz and /readyz')
    .action((options: JsonObject) => {
      const all = { ...program.opts(), ...options }
      checkServer(all)
      return context.serveMcp(all)
    })
}
