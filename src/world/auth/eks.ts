import { presignedUrl, signedHeaders } from '../../lib/aws-signature.ts'
import { stringAt } from '../../lib/json.ts'
import { awsFailure, hostOf } from './aws-api.ts'
import { clusterAddress, clusterName, clusterToken, decodedCa, type TokenFor } from './cluster-place.ts'
import { AuthError } from './error.ts'
import { ask, documentOf, hide, type Line } from './line.ts'
import type { ClusterAccess, ClusterPlace, SessionKeys } from './provider.ts'

const pattern = String.raw`^arn:aws[\w-]*:eks:([^:]{1,100}):[0-9]{1,30}:cluster/(.{1,200})$`
/** As long as EKS takes a token. */
const seconds = 900

/** A cluster of EKS: its token is a signed question of who asks. https://docs.aws.amazon.com/eks/latest/userguide/cluster-auth.html */
export async function eksAccess(place: ClusterPlace, tokenFor: TokenFor<SessionKeys>, line: Line): Promise<ClusterAccess> {
  const now = line.clock.now()
  const { region, name, keys } = await clusterToken(async () => {
    const [region = '', name = ''] = clusterName(place.cluster, { pattern, what: 'EKS cluster ARN' })
    return { region, name, keys: await tokenFor({ stsRegion: region }) }
  }, line)
  const found = place.address && place.ca ? {} : await described(name, { keys, region, shown: place.cluster ?? '' }, line)
  const url = new URL(`https://${hostOf('sts', region)}/?Action=GetCallerIdentity&Version=2011-06-15`)
  const signed = presignedUrl({ url, headers: { 'x-k8s-aws-id': name } }, keys, { region, service: 'sts', now, seconds })
  const token = `k8s-aws-v1.${Buffer.from(signed).toString('base64url')}`
  hide(line, token)
  const server = clusterAddress(place.address || (stringAt(found, 'cluster', 'endpoint') ?? ''))
  const ca = place.ca || decodedCa(stringAt(found, 'cluster', 'certificateAuthority', 'data'), 'EKS')
  return { server, ca, token, expiresAt: Math.min(now + seconds * 1000, keys.expiresAt) }
}

/** DescribeCluster. https://docs.aws.amazon.com/eks/latest/APIReference/API_DescribeCluster.html */
async function described(
  name: string,
  { keys, region, shown }: { keys: SessionKeys; region: string; shown: string },
  line: Line,
): Promise<object> {
  const url = new URL(`https://${hostOf('eks', region)}/clusters/${encodeURIComponent(name)}`)
  const headers = signedHeaders({ method: 'GET', url }, keys, { region, service: 'eks', now: line.clock.now() })
  const reply = await ask(line, { method: 'GET', url: url.href, headers })
  if (reply.status === 200) return documentOf(reply)
  const { code, message } = awsFailure('EKS: DescribeCluster', reply, line)
  throw new AuthError(code, `failed to describe EKS cluster '${shown}': ${message}`)
}
