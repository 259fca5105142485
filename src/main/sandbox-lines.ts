import type { Sandbox } from '../sandbox/sandbox.ts'

/** What people read of a sandbox's Git server. */
export function gitLine({ git }: Pick<Sandbox, 'git'>): string {
  return typeof git === 'string' ? `Git server at ${git}: a push to NAME.git makes a repository` : `no Git server: ${git.message}`
}

/** Where everything of a sandbox is, for standard error. */
export function sandboxLines(sandbox: Pick<Sandbox, 'apiUrl' | 'registry' | 'git'>): string {
  return `sandbox: Kubernetes API ${sandbox.apiUrl}, registry ${sandbox.registry}\nsandbox: ${gitLine(sandbox)}\n`
}
