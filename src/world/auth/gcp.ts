import { type Account, annotation, type CloudProvider } from './cloud.ts'
import { AuthError } from './error.ts'
import { exchangeSubject, gcpScopes, impersonated } from './gcp-api.ts'
import { ownToken } from './gcp-identity.ts'
import { GkeMetadata } from './gke.ts'
import type { BearerToken } from './provider.ts'
import { cloudRegistry } from './registry-host.ts'

const poolKey = 'gcp.auth.fluxcd.io/workload-identity-provider'
const poolPattern = String.raw`^projects/\d{1,30}/locations/global/workloadIdentityPools/[^/]{1,100}/providers/[^/]{1,100}$`
const emailKey = 'iam.gke.io/gcp-service-account'
const emailPattern = String.raw`^[a-zA-Z0-9-]{1,100}@[a-zA-Z0-9-]{1,100}\.iam\.gserviceaccount\.com$`
const registryPattern = String.raw`^(((.+\.)?gcr\.io)|(.+-docker\.pkg\.dev))$`

/** Google Cloud: STS, impersonation, Artifact Registry. The names of the cluster are read once. Spec: sources 9.4. */
export function gcpProvider(): CloudProvider<BearerToken> {
  const gke = new GkeMetadata()
  return {
    name: 'gcp',
    audience: async (account, line) => poolAudience(account) ?? (await gke.read(line)).pool,
    identity: emailOf,
    own: (_, line) => ownToken(line),
    async exchanged(token, account, { line }) {
      const audience = poolAudience(account) ?? (await gke.read(line)).audience
      const email = emailOf(account)
      const subject = { token, type: 'urn:ietf:params:oauth:token-type:jwt', audience }
      if (!email) return exchangeSubject({ ...subject, scopes: gcpScopes }, line)
      const first = await exchangeSubject({ ...subject, scopes: gcpScopes.slice(0, 1) }, line)
      const url = `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${email}:generateAccessToken`
      return impersonated(first, { url }, line)
    },
    registryKey(repository) {
      cloudRegistry(repository, { name: 'GCP', shown: registryPattern, whole: new RegExp(registryPattern) })
      return 'gcp'
    },
    login: async ({ token, expiresAt }) => ({ type: 'basic', username: 'oauth2accesstoken', password: token, expiresAt }),
  }
}

/** The audience of the pool that an account names; `undefined` when it names none: then the cluster is Google's own. */
function poolAudience(account: Account): string | undefined {
  const pool = annotation(account, poolKey)
  if (pool === '') return undefined
  if (new RegExp(poolPattern).test(pool)) return `//iam.googleapis.com/${pool}`
  throw new AuthError('WRONG_INPUT', `invalid ${poolKey} annotation: '${pool}'. must match ${poolPattern}`)
}

function emailOf(account: Account): string {
  const email = annotation(account, emailKey)
  if (email === '' || new RegExp(emailPattern).test(email)) return email
  throw new AuthError('WRONG_INPUT', `invalid ${emailKey} annotation: '${email}'. must match ${emailPattern}`)
}
