import { Argument, type Command } from 'commander'
import { crdOf } from '../kinds/crd.ts'
import type { JsonObject } from '../lib/json.ts'
import { printAll } from '../lib/yaml.ts'
import { completionScript, shells } from './completion.ts'
import { addController } from './controller.ts'
import type { ProgramContext } from './program.ts'
import { exitCodes, port } from './usage.ts'
import { addVerbs } from './verbs.ts'

/** Commands beside which nobody looks for a verb. */
const servers = new Set(['controller', 'sandbox'])

/** Adds every command but `mcp` to a program that is started with a word. */
export async function addCommands(program: Command, first: string | undefined, context: ProgramContext): Promise<void> {
  addApprove(program, context)
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
      context.out(printAll((await context.kinds()).map(crdOf)))
    })
  program
    .command('completion')
    .description('Print a completion script')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .action((shell: string) => context.out(completionScript(shell, program)))
  // The flags of all verbs are a tenth of a server's start.
  if (!servers.has(first ?? '')) addVerbs(program, await context.tools(), context)
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

function addApprove(program: Command, context: ProgramContext): void {
  program
    .command('approve')
    .description('Approve a plan, as a person')
    .argument('<handle>', 'p1-…')
    .requiredOption('--server <url>', 'the MCP server')
    .requiredOption('--token-file <file>', 'file whose first token has scope flux:approve')
    .action((handle: string, options: JsonObject) => context.approve(handle, options))
}
