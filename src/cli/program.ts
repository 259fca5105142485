import { Argument, Command, Option } from 'commander'
import type { Kind } from '../kinds/kind.ts'
import { crdOf } from '../kinds/crd.ts'
import { printAll } from '../lib/yaml.ts'
import type { JsonObject } from '../lib/json.ts'
import type { Tool } from '../tools/tool.ts'
import { addController, type ControllerFlags } from './controller.ts'
import { completionScript, shells } from './completion.ts'
import { checkCommon, checkServer, commonOptions, repeatable } from './options.ts'
import type { VerbContext } from './run-verb.ts'
import { exitCodes, exitHelp, port } from './usage.ts'
import { addVerbs } from './verbs.ts'

/** What the commands need of the composition. */
export interface ProgramContext extends VerbContext {
  readonly version: string
  readonly tools: readonly Tool[]
  readonly kinds: readonly Kind[]
  serveMcp(options: JsonObject): Promise<void>
  serveSandbox(options: JsonObject): Promise<void>
  /** Resolves when it was told to stop. */
  serveController(flags: ControllerFlags, options: JsonObject): Promise<void>
  /** Whether all is well. */
  check(options: JsonObject): Promise<boolean>
  approve(handle: string, options: JsonObject): Promise<void>
  installCrds(options: JsonObject): Promise<void>
}

/** Commands beside which nobody looks for a verb. */
const servers = new Set(['mcp', 'controller', 'sandbox'])

/** The command line that begins with a word. What is wrong in it rejects with a CommanderError or a UsageError. */
export function makeProgram(context: ProgramContext, first: string | undefined): Command {
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
  addSandbox(program, context)
  addController(program, context)
  program
    .command('check')
    .description('Versions, CRDs, rights, and which engine would act, for each cluster')
    .action(async () => context.exit((await context.check(program.opts())) ? exitCodes.done : exitCodes.failed))
  program
    .command('crds')
    .description('Print the CRDs of the kinds that this engine reconciles')
    .option('--install', "apply them to the cluster instead; those that Flux brought stay Flux's")
    .action(async (options: JsonObject) => {
      if (options.install === true) return context.installCrds(program.opts())
      context.out(printAll(context.kinds.map(crdOf)))
    })
  program
    .command('completion')
    .description('Print a completion script')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .action((shell: string) => context.out(completionScript(shell, program)))
  // The flags of all verbs are a tenth of a server's start.
  if (!servers.has(first ?? '')) addVerbs(program, context.tools, context)
  return program
}

function addSandbox(program: Command, context: ProgramContext): void {
  program
    .command('sandbox')
    .description(
      'Run a Kubernetes API, simulated workloads, an OCI registry, a Git server and the engine on loopback until interrupted. It has no RBAC: everybody may do everything. Tokens of service accounts are signed with a test key: no cloud trusts them. Webhooks, admission policies and x-kubernetes-validations (CEL) are stored, not enforced; of the latter those of the Flux kinds are.',
    )
    .option('--port <n>', 'port of the API server; 0 takes a free one', '0')
    .option('--registry-port <n>', 'port of the registry; 0 takes a free one', '0')
    .option('--git-port <n>', 'port of the Git server, which there is when git is; 0 takes a free one', '0')
    .option('--data <folder>', 'keep everything there; memory without it')
    .action((options: JsonObject) => {
      port('--port', String(options.port))
      port('--registry-port', String(options.registryPort))
      port('--git-port', String(options.gitPort))
      return context.serveSandbox({ ...program.opts(), ...options })
    })
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
  program
    .command('approve')
    .description('Approve a plan, as a person')
    .argument('<handle>', 'p1-…')
    .requiredOption('--server <url>', 'the MCP server')
    .requiredOption('--token-file <file>', 'file whose first token has scope flux:approve')
    .action((handle: string, options: JsonObject) => context.approve(handle, options))
}
