import { execFileSync } from 'node:child_process'
import { borrowApiServer } from './lent-api-servers.ts'
import { type ApiServer, program, startOwnApiServer } from './own-api-server.ts'

export type { ApiServer } from './own-api-server.ts'

/** An API server for a suite, until its `stop`: one that is lent where there are such (`scripts/test.ts`), else one that is started. */
export function startKubeApiServer(): Promise<ApiServer> {
  const { FLUXPILOT_API_SERVERS: lent } = process.env
  return lent ? borrowApiServer(lent) : startOwnApiServer()
}

/** Runs kubectl against a server. */
export function kubectl(kubeconfigPath: string, args: readonly string[], input = ''): string {
  return execFileSync(program('kubectl'), ['--kubeconfig', kubeconfigPath, ...args], {
    input,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}
