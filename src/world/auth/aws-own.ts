import { type AwsPlace, fromContainer, fromMachine, lasting, webIdentity } from './aws-identity.ts'
import { fromFiles } from './aws-profiles.ts'
import type { Line } from './line.ts'
import type { SessionKeys } from './provider.ts'

/**
 * The keys of this process, looked for where AWS' own SDK looks, in its order: environment, web identity (IRSA), shared files, container (ECS, EKS Pod
 * Identity), machine (IMDSv2). @throws {AuthError} NO_IDENTITY when none has any. https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
export async function ownKeys(place: AwsPlace, line: Line): Promise<SessionKeys> {
  const { env } = line
  if (env.AWS_ACCESS_KEY_ID && env.AWS_SECRET_ACCESS_KEY)
    return lasting({ id: env.AWS_ACCESS_KEY_ID, secret: env.AWS_SECRET_ACCESS_KEY, token: env.AWS_SESSION_TOKEN }, line)
  if (env.AWS_WEB_IDENTITY_TOKEN_FILE && env.AWS_ROLE_ARN)
    return webIdentity(
      { file: env.AWS_WEB_IDENTITY_TOKEN_FILE, role: env.AWS_ROLE_ARN, session: env.AWS_ROLE_SESSION_NAME },
      { place, line },
    )
  return (await fromFiles(place, line)) ?? (await fromContainer(line)) ?? (await fromMachine(line))
}
