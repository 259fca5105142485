import { readFile } from 'node:fs/promises'
import { messageOf } from '../../lib/coded-error.ts'
import { type EntraClient, entraToken } from './azure-api.ts'
import { managedToken, namesManagedIdentity } from './azure-managed.ts'
import { clientCertificate } from './entra-client.ts'
import { AuthError } from './error.ts'
import { textOf } from './files.ts'
import { hide, type Line, tokenIn } from './line.ts'
import type { BearerToken } from './provider.ts'
import { toldBy } from './vendor-tools.ts'

/** What a token of this process is for. `authorityHost` is where Entra is for a client of the environment. */
export interface OwnScope {
  readonly scope: string
  readonly authorityHost?: string | undefined
}

/** Where Entra is: AZURE_AUTHORITY_HOST, as AKS sets it, else that of the public cloud. @throws {AuthError} WRONG_INPUT unless it is https. */
export function authorityOf({ env }: Pick<Line, 'env'>): string {
  return originOf(env.AZURE_AUTHORITY_HOST || 'https://login.microsoftonline.com', 'AZURE_AUTHORITY_HOST')
}

function originOf(text: string, name: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'https:' && !url.username && !url.password) return url.origin
  throw new AuthError('WRONG_INPUT', `${name} must use https`)
}

/**
 * A token for the identity of this process: the client of the environment (secret, certificate, user), workload identity, managed identity;
 * the person's az before the machine, which takes its time to be no machine of Azure's. Spec: sources 9.4.
 */
export async function ownToken({ scope, authorityHost }: OwnScope, line: Line): Promise<BearerToken> {
  const { AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: client, AZURE_FEDERATED_TOKEN_FILE: file } = line.env
  if (tenant && client) {
    const proof = await proofOf(line)
    const authority = (): string => (authorityHost ? originOf(authorityHost, 'authorityHost') : authorityOf(line))
    if (proof) return entraToken({ authority: authority(), tenant, client, scope, proof }, line)
    if (file) {
      const assertion = (await textOf(file, 'the federated token')).trim()
      return entraToken({ authority: authorityOf(line), tenant, client, scope, proof: { assertion } }, line)
    }
  }
  const asksTool = line.vendorTools && !namesManagedIdentity(line.env)
  const token = asksTool ? await fromTool(scope, line) : undefined
  return token ?? managedToken(scope, client, line)
}

/** How the client of the environment proves itself. What is given and cannot be used is told: nobody else signs in instead. */
async function proofOf({ env, signal }: Line): Promise<EntraClient['proof'] | undefined> {
  const { AZURE_CLIENT_SECRET: secret, AZURE_CLIENT_CERTIFICATE_PATH: file, AZURE_USERNAME: username, AZURE_PASSWORD: password } = env
  if (secret) return { secret }
  if (file) {
    const sendChain = ['1', 'true'].includes((env.AZURE_CLIENT_SEND_CERTIFICATE_CHAIN ?? '').toLowerCase())
    try {
      const certificate = await clientCertificate(await readFile(file), env.AZURE_CLIENT_CERTIFICATE_PASSWORD ?? '', signal)
      return { certificate, sendChain }
    } catch (cause) {
      signal.throwIfAborted()
      throw new AuthError('NO_IDENTITY', `EnvironmentCredential: AZURE_CLIENT_CERTIFICATE_PATH: ${messageOf(cause)}`, { cause })
    }
  }
  if (username && !password) throw new AuthError('NO_IDENTITY', 'EnvironmentCredential: no value for AZURE_PASSWORD')
  return username && password ? { username, password } : undefined
}

/** The person's own token, where `az login` was done. */
async function fromTool(scope: string, line: Line): Promise<BearerToken | undefined> {
  const args = ['account', 'get-access-token', '--output', 'json', '--scope', scope]
  const told = await toldBy('az', args, { line, instead: 'sign in with az login' })
  if (!told) return undefined
  const at = { host: 'az' }
  const token = tokenIn(told, 'accessToken', at)
  hide(line, token)
  const { expires_on: end } = told
  if (typeof end !== 'number' || !Number.isFinite(end))
    throw new AuthError('BAD_ANSWER', 'az does not say when its token expires: update it')
  return { type: 'bearer', token, expiresAt: end * 1000 }
}
