import { Command, Option } from 'commander'
import type { Kind } from '../kinds/kind.ts'
import { crdOf } from '../kinds/crd.ts'
import { printAll } from '../lib/yaml.ts'
import type { JsonObject } from '../lib/json.ts'
import type { Tool } from '../tools/tool.ts'
import { completionScript } from './completion.ts'
import { addVerbs, type VerbContext } from './verbs.ts'

/** What the commands need of the composition. */
export interface ProgramContext extends VerbContext {
  readonly version: string
  readonly tools: readonly Tool[]
  readonly kinds: readonly Kind[]
  serveMcp(options: JsonObject): Promise<void>
  serveSandbox(options: JsonObject): Promise<void>
  check(options: JsonObject): Promise<void>
  approve(handle: string, options: JsonObject): Promise<void>
  installCrds(options: JsonObject): Promise<void>
}

const exitCodes =
  '\nExit codes: 0 done or ready, 1 failed or not ready, 2 wrong usage, 3 nothing done yet: the plan was printed, pass its handle with --plan.'

/** The command line. */
export function makeProgram(context: ProgramContext): Command {
  const program = new Command('fluxpilot')
    .description('AI-assisted GitOps: an MCP server and a command line for Flux, with an engine of its own')
    .version(context.version)
    .showHelpAfterError()
    .addHelpText('after', exitCodes)
  for (const option of commonOptions()) program.addOption(option)
  addMcp(program, context)
  program
    .command('sandbox')
    .description(
      'Run a Kubernetes API, simulated workloads, an OCI registry and the engine on loopback until interrupted. It has no RBAC: everybody may do everything.',
    )
    .option('--port <n>', 'port of the API server; 0 takes a free one', '0')
    .option('--registry-port <n>', 'port of the registry; 0 takes a free one', '0')
    .option('--data <folder>', 'keep everything there; memory without it')
    .action((options: JsonObject) => context.serveSandbox(options))
  program
    .command('check')
    .description('Versions, CRDs, rights, and which engine would act, for each cluster')
    .action(() => context.check(program.opts()))
  program
    .command('crds')
    .description('Print the CRDs of the kinds that this engine reconciles')
    .option('--install', 'apply them to the cluster instead')
    .action(async (options: JsonObject) => {
      if (options.install === true) return context.installCrds(program.opts())
      context.out(printAll(context.kinds.map(crdOf)))
    })
  program
    .command('completion')
    .description('Print a completion script')
    .argument('<shell>', 'bash, zsh or fish')
    .action((shell: string) => context.out(completionScript(shell, program)))
  addVerbs(program, context.tools, context)
  return program
}

function commonOptions(): Option[] {
  return [
    new Option('--kubeconfig <file>', 'instead of KUBECONFIG and ~/.kube/config'),
    new Option('--context <name...>', 'contexts to use; all without it'),
    new Option('--sandbox', 'use a sandbox in this process'),
    new Option('--engine <mode>', 'who reconciles').choices(['auto', 'flux', 'own']).default('auto'),
    new Option('--shard <key>', 'our sharding.fluxcd.io/key with --engine own'),
    new Option('--log-level <level>', 'logs go to stderr').choices(['debug', 'info', 'warn', 'error', 'silent']).default('warn'),
    new Option('--workspace <folder...>', 'folders whose files may be used; the working directory without it'),
    new Option('--oras <mode>', 'whether artifacts go through the oras CLI').choices(['auto', 'required', 'off']).default('auto'),
    new Option('--key-file <file>', 'key of fingerprints and plan handles; made anew without it'),
    new Option('--fingerprints <on>', 'whether hidden values carry fingerprints').choices(['on', 'off']).default('on'),
    new Option('--storage-path <folder>', 'where our engine keeps artifacts; a temporary folder without it'),
    new Option('--storage-addr <host:port>', 'where artifacts are served').default('127.0.0.1:0'),
    new Option('--storage-adv-addr <host:port>', 'the address that artifact URLs carry'),
  ]
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
    .option('--allowed-host <name...>', 'names that Host may have')
    .option('--allowed-origin <name...>', 'host names that Origin may have')
    .option('--tls-cert <file>', 'certificate chain, PEM')
    .option('--tls-key <file>', 'its key, PEM')
    .option('--behind-tls-proxy', 'TLS ends before this server')
    .option('--admin-addr <host:port>', '/healthz and /readyz')
    .action((options: JsonObject) => context.serveMcp({ ...program.opts(), ...options }))
  program
    .command('approve')
    .description('Approve a plan, as a person')
    .argument('<handle>', 'p1-…')
    .requiredOption('--server <url>', 'the MCP server')
    .requiredOption('--token-file <file>', 'file whose first token has scope flux:approve')
    .action((handle: string, options: JsonObject) => context.approve(handle, options))
}
