import type { Command } from 'commander'

export const shells = ['bash', 'zsh', 'fish'] as const

/** A completion script for a shell, from the program itself. @throws {TypeError} for a shell that is not known. */
export function completionScript(shell: string, program: Command): string {
  const paths = pathsOf(program, [])
  switch (shell) {
    case 'bash':
      return bash(paths)
    case 'zsh':
      return `#compdef fluxpilot\nautoload -U +X bashcompinit && bashcompinit\n${bash(paths)}`
    case 'fish':
      return fish(paths)
    default:
      throw new TypeError(`no completion for '${shell}': use ${shells.join(', ')}`)
  }
}

interface Path {
  readonly words: readonly string[]
  readonly next: readonly string[]
}

function pathsOf(command: Command, words: readonly string[], inherited: readonly string[] = []): Path[] {
  const own = command.options.flatMap(o => (o.long && !o.hidden ? [o.long] : []))
  const flags = [...new Set([...own, ...inherited, '--help'])]
  const names = command.commands.map(c => c.name())
  return [{ words, next: [...names, ...flags] }, ...command.commands.flatMap(c => pathsOf(c, [...words, c.name()], flags))]
}

/** The deepest command that the words name decides what comes next: operands and the values of flags are passed over. */
function bash(paths: readonly Path[]): string {
  const cases = paths.map(({ words, next }) => `    "${words.join(' ')}") next="${next.join(' ')}";;`).join('\n')
  const known = paths.map(({ words }) => `"${words.join(' ')}"`).join('|')
  return `_fluxpilot() {
  local words="" word next=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${words:+$words }$word" in ${known}) words="\${words:+$words }$word";; esac
  done
  case "$words" in
${cases}
  esac
  COMPREPLY=($(compgen -W "$next" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _fluxpilot fluxpilot
`
}

function fish(paths: readonly Path[]): string {
  return (
    paths
      .map(({ words, next }) => {
        const condition = words.length === 0 ? '__fish_use_subcommand' : words.map(w => `__fish_seen_subcommand_from ${w}`).join('; and ')
        return next
          .map(n =>
            n.startsWith('--')
              ? `complete -c fluxpilot -n '${condition}' -l ${n.slice(2)}`
              : `complete -c fluxpilot -f -n '${condition}' -a ${n}`,
          )
          .join('\n')
      })
      .join('\n') + '\n'
  )
}
