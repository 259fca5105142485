import { stringAt } from '../../lib/json.ts'
import { clusterAddress, clusterName, clusterToken, decodedCa, type TokenFor } from './cluster-place.ts'
import { apiError } from './gcp-api.ts'
import { ask, documentOf, type Line, refusal } from './line.ts'
import type { BearerToken, ClusterAccess, ClusterPlace } from './provider.ts'

const pattern = '^projects/[^/]{1,200}/locations/[^/]{1,200}/clusters/[^/]{1,200}$'

/** A cluster of GKE. https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters/get */
export async function gkeAccess(place: ClusterPlace, tokenFor: TokenFor<BearerToken>, line: Line): Promise<ClusterAccess> {
  const { token, expiresAt } = await clusterToken(() => tokenFor({}), line)
  const found = place.address && place.ca ? {} : await described(place.cluster, token, line)
  const server = clusterAddress(place.address || (stringAt(found, 'endpoint') ?? ''))
  return { server, ca: place.ca || decodedCa(stringAt(found, 'masterAuth', 'clusterCaCertificate'), 'GKE'), token, expiresAt }
}

async function described(cluster: string | undefined, token: string, line: Line): Promise<object> {
  clusterName(cluster, { pattern, what: 'GKE cluster ID' })
  const path = (cluster ?? '').split('/').map(encodeURIComponent).join('/')
  const url = `https://container.googleapis.com/v1/${path}`
  const reply = await ask(line, { method: 'GET', url, headers: { authorization: `Bearer ${token}`, accept: 'application/json' } })
  if (reply.status === 200) return documentOf(reply)
  throw refusal(reply, `failed to describe GKE cluster '${cluster}': googleapi: Error ${reply.status}: ${apiError(reply, line)}`)
}
