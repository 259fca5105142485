import type { Command } from 'commander'

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
      throw new TypeError(`no completion for '${shell}': use bash, zsh or fish`)
  }
}

interface Path {
  readonly words: readonly string[]
  readonly next: readonly string[]
}

function pathsOf(command: Command, words: readonly string[]): Path[] {
  const flags = command.options.flatMap(o => (o.long ? [o.long] : []))
  const names = command.commands.map(c => c.name())
  return [{ words, next: [...names, ...flags] }, ...command.commands.flatMap(c => pathsOf(c, [...words, c.name()]))]
}

function bash(paths: readonly Path[]): string {
  const cases = paths.map(({ words, next }) => `    "${words.join(' ')}") next="${next.join(' ')}";;`).join('\n')
  return `_fluxpilot() {
  local words="" word next=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) words="\${words:+$words }$word";; esac
  done
  case "$words" in
${cases}
  esac
  COMPREPLY=($(compgen -W "$next" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _fluxpilot fluxpilot
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
