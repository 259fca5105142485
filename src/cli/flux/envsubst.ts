import type { Command } from 'commander'
import { SubstitutionError, envsubst } from '../../kustomize/envsubst.ts'
import type { VerbContext } from '../run-verb.ts'
import { exitCodes } from '../usage.ts'

/** `envsubst`: variables of the environment in standard input, line by line, as a Kustomization substitutes its own. Spec: kustomization 13. */
export function addEnvsubst(program: Command, context: VerbContext): void {
  program
    .command('envsubst')
    .description('Replace ${variables} of the environment in standard input, as postBuild does')
    .option('--strict', 'a variable that is not set and has no default is an error')
    .action(async ({ strict = false }: { strict?: boolean }) => {
      const given = Object.entries(process.env).flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, value]]))
      const text = Buffer.concat(await Array.fromAsync(context.input())).toString('utf8')
      try {
        for (const line of linesOf(text)) context.out(`${envsubst(line, new Map(given), { strict })}\n`)
      } catch (thrown) {
        if (!(thrown instanceof SubstitutionError)) throw thrown
        context.err(`✗ ${thrown.message}\n`)
        context.exit(exitCodes.failed)
      }
    })
}

function linesOf(text: string): string[] {
  const lines = text.split('\n').map(line => line.replace(/\r$/, ''))
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}
