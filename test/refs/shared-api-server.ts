import { shared } from '../support/shared.ts'
import type { Started } from '../world/cluster/contract.ts'
import { type ApiServer, startKubeApiServer } from './kube-apiserver.ts'

const servers = shared<ApiServer>()

/** The API server of this process, for a suite that is being defined and shares it with others: it has namespaces of its own there. */
export function useApiServer(): () => Promise<Started> {
  const server = servers(async () => {
    const value = await startKubeApiServer()
    return { value, close: () => value.stop() }
  })
  return async () => ({ cluster: await server().cluster(), stop: async () => {} })
}
