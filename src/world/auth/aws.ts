import type { AwsKeys } from '../../lib/aws-signature.ts'
import { assumeRole, publicEcr, registryLogin } from './aws-api.ts'
import { ownKeys } from './aws-own.ts'
import { type Account, annotation, type CloudProvider, type Wanted } from './cloud.ts'
import { AuthError } from './error.ts'
import type { SessionKeys } from './provider.ts'
import { cloudRegistry } from './registry-host.ts'

const roleKey = 'eks.amazonaws.com/role-arn'
const rolePattern = '^arn:aws:iam::[0-9]{1,30}:role/.{1,200}$'
const endpointPattern = String.raw`^https://(.+\.)?sts(-fips)?(\.[^.]+)?(\.vpce)?\.amazonaws\.com$`
const registryPattern = String.raw`([0-9+]*).dkr.ecr(?:-fips)?\.([^/.]*)\.(amazonaws\.com[.cn]*|sc2s\.sgov\.gov|c2s\.ic\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)`
const wholeRegistry =
  /^(?:public\.ecr\.aws|[0-9]+\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|sc2s\.sgov\.gov|c2s\.ic\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov))(?::\d+)?$/

/** AWS: STS, ECR. Spec: sources 9.4. */
export const aws: CloudProvider<SessionKeys> = {
  name: 'aws',
  audience: async () => 'sts.amazonaws.com',
  identity: roleOf,
  async own(wanted, line) {
    const region = regionFor(wanted) ?? line.env.AWS_REGION
    if (!region) throw new AuthError('NO_IDENTITY', noRegion)
    return ownKeys({ region, endpoint: checkedEndpoint(wanted) }, line)
  },
  async exchanged(token, account, { wanted, line }) {
    const region = regionFor(wanted)
    if (!region)
      throw new AuthError(
        'WRONG_INPUT',
        'an AWS region is required for authenticating with a service account. please configure one in the object spec',
      )
    const sessionName = `${account.name}.${account.namespace}.${region}.fluxcd.io`
    return assumeRole({ roleArn: roleOf(account), sessionName, token, region, endpoint: checkedEndpoint(wanted) }, line)
  },
  registryKey(repository) {
    const found = cloudRegistry(repository, { name: 'AWS', shown: registryPattern, whole: wholeRegistry })
    return found[1] ?? publicEcr
  },
  login: (keys: AwsKeys, { key }, line) => registryLogin(keys, key, line),
}

const noRegion =
  'AWS_REGION environment variable is not set in the Flux controller. if you have properly configured IAM Roles for Service Accounts (IRSA) or EKS Pod Identity, please delete/replace the controller pod so the EKS admission controllers can inject this environment variable, or set it manually if the cluster is not EKS'

/** The region of a registry is that of the token service. */
function regionFor({ stsRegion, registry }: Wanted): string | undefined {
  return stsRegion || (registry?.key === publicEcr ? 'us-east-1' : registry?.key)
}

function roleOf(account: Account): string {
  const role = annotation(account, roleKey)
  if (new RegExp(rolePattern).test(role)) return role
  throw new AuthError('WRONG_INPUT', `invalid ${roleKey} annotation: '${role}'. must match ${rolePattern}`)
}

/** Another address of the token service. @throws {AuthError} WRONG_INPUT with Flux's text. Spec: sources 9.4. */
export function checkStsEndpoint(endpoint: string): string {
  const fits = new RegExp(endpointPattern).test(endpoint) && URL.canParse(endpoint) && new URL(endpoint).origin === endpoint
  if (fits) return endpoint
  throw new AuthError('WRONG_INPUT', `invalid STS endpoint: '${endpoint}'. must match ${endpointPattern}`)
}

function checkedEndpoint({ stsEndpoint }: Wanted): string | undefined {
  return stsEndpoint ? checkStsEndpoint(stsEndpoint) : undefined
}
