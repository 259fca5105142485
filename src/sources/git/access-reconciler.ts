import { StepError } from '../../engine/outcome.ts'
import type { Run } from '../../engine/reconciler.ts'
import type { GitRepositoryObject } from '../../kinds/git-repository.ts'
import type { KubeObject } from '../../kinds/manifest.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { withDeadline } from '../../lib/deadline.ts'
import { durationMs } from '../../lib/duration.ts'
import type { GitRemote } from '../../world/git/git.ts'
import type { Hands } from '../../world/world.ts'
import { SourceProblem } from '../problem.ts'
import { cloudIn } from '../../kinds/cloud.ts'
import { signedIn } from '../cloud-reconciler.ts'
import { type Nearby, secretOf } from '../../engine/nearby.ts'
import { proxyOf, secretData } from '../../kinds/secret.ts'
import { appKey, authOf, targetOf } from './credentials.ts'

interface Step {
  readonly hands: Pick<Hands, 'auth' | 'clock' | 'cluster'>
  readonly run: Pick<Run, 'signal' | 'settings'>
  /** The automation whose pass it is; absent: that of the repository itself. */
  readonly automation?: KubeObject | undefined
}

/**
 * How an object reaches its Git server: URL, Secret, provider, proxy.
 * @throws {StepError} AuthenticationFailed, URLInvalid, InvalidProviderConfiguration. Spec: sources 4.3, 4.4, 4.7.
 */
export async function remoteOf(repository: GitRepositoryObject, step: Step): Promise<GitRemote> {
  const { metadata, spec } = repository
  const { hands, run } = step
  const nearby = { namespace: metadata.namespace, cluster: hands.cluster, signal: run.signal }
  const words = wordsOf(step)
  const proxy = await proxyFor(spec, { nearby, words })
  const target = checked(() => targetOf(spec.url, words.url), { reason: 'URLInvalid', stalls: true })
  const data = await secretFor(spec, { nearby, words })
  const auth = checked(() => authOf(spec.url, data), {
    reason: 'AuthenticationFailed',
    failed: 'failed to configure authentication options: ',
  })
  checkProvider(spec, { data, namespace: metadata.namespace ?? '' })
  const credentials = (await providerSignIn(repository, { data, proxy, url: target.url }, step)) ?? auth.signIn
  if (auth.conflict && credentials === auth.signIn) throw new StepError('GitOperationFailed', `${words.checkout}: ${auth.conflict}`)
  return { url: target.url, credentials, ...(auth.tls ? { tls: auth.tls } : {}), ...(proxy ? { proxy } : {}) }
}

function checked<T>(work: () => T, { reason, failed = '', stalls }: { reason: string; failed?: string; stalls?: boolean }): T {
  try {
    return work()
  } catch (cause) {
    throw new SourceProblem(reason, failed + messageOf(cause), { cause, condition: 'FetchFailed', stalls })
  }
}

/** What source-controller says where something is wrong with a URL or a Secret, and what image-automation-controller says. */
function wordsOf({ automation }: Step): Record<'url' | 'proxy' | 'secret' | 'checkout', string> {
  return automation
    ? { url: 'failed to parse URL', proxy: '', secret: 'failed to get auth secret', checkout: 'failed to checkout source' }
    : {
        url: 'failed to parse url',
        proxy: 'failed to configure proxy options: ',
        secret: 'failed to get secret',
        checkout: 'failed to checkout and determine revision',
      }
}

interface Reading {
  readonly nearby: Nearby
  readonly words: ReturnType<typeof wordsOf>
}

async function proxyFor({ proxySecretRef }: GitRepositoryObject['spec'], { nearby, words }: Reading): Promise<string | undefined> {
  if (!proxySecretRef) return undefined
  const { name } = proxySecretRef
  const failed = words.proxy
  const secret = await named(name, nearby, `${failed}failed to get proxy secret '${nearby.namespace ?? ''}/${name}': `)
  return checked(() => proxyOf(secret), { reason: 'AuthenticationFailed', failed })
}

async function secretFor({ secretRef }: GitRepositoryObject['spec'], { nearby, words }: Reading): Promise<Record<string, string>> {
  if (!secretRef) return {}
  const { name } = secretRef
  return secretData(await named(name, nearby, `${words.secret} '${nearby.namespace ?? ''}/${name}': `))
}

async function named(name: string, nearby: Nearby, failed: string): ReturnType<typeof secretOf> {
  try {
    return await secretOf(name, nearby)
  } catch (cause) {
    nearby.signal.throwIfAborted()
    throw new StepError('AuthenticationFailed', failed + messageOf(cause), { cause })
  }
}

interface Wanted {
  readonly data: Readonly<Record<string, string>>
  readonly proxy: string | undefined
  readonly url: string
}

/** What a provider gives to sign in with, whatever the Secret has beside it; `undefined` for generic. Spec: sources 4.4, 5, 9. */
async function providerSignIn(
  repository: GitRepositoryObject,
  { data, proxy, url }: Wanted,
  { hands, run, automation }: Step,
): Promise<Exclude<GitRemote['credentials'], { type: 'ssh' }> | undefined> {
  const { metadata, spec } = repository
  if (spec.provider === 'github') return appSignIn(repository, { data, proxy, url }, { hands, run, automation })
  const provider = cloudIn(spec.provider)
  if (!provider) return undefined
  const { serviceAccountName, timeout } = spec
  const wanted = { namespace: metadata.namespace, provider, serviceAccountName, timeout, proxy, asker: automation ?? repository }
  const failed = 'failed to configure authentication options: '
  const login = await signedIn(wanted, { hands, run }, who => hands.auth.git(provider, url, who)).catch((cause: unknown) => {
    throw cause instanceof SourceProblem || !(cause instanceof StepError)
      ? cause
      : new StepError(cause.code, failed + cause.message, { cause })
  })
  return login.type === 'bearer' ? login : { type: 'basic', username: login.username, password: login.password }
}

async function appSignIn(
  repository: GitRepositoryObject,
  { data, proxy }: Wanted,
  { hands: { auth, clock }, run, automation }: Step,
): Promise<{ type: 'basic'; username: string; password: string }> {
  const ms = durationMs(repository.spec.timeout ?? '60s')
  const asker = { object: automation ?? repository, operation: 'reconcile' } as const
  const deadline = { clock, ms, what: 'signing in to GitHub', signal: run.signal }
  try {
    const { username, password } = await withDeadline(deadline, signal => auth.githubApp(data, { proxy, asker, signal }))
    return { type: 'basic', username, password }
  } catch (cause) {
    run.signal.throwIfAborted()
    throw new StepError('AuthenticationFailed', `failed to configure authentication options: ${messageOf(cause)}`, { cause })
  }
}

/** Whether provider and Secret fit. */
function checkProvider(
  { provider = 'generic', secretRef }: GitRepositoryObject['spec'],
  { data, namespace }: { data: Readonly<Record<string, string>>; namespace: string },
): void {
  if (provider === 'github' && !secretRef) throw mismatch('secretRef with github app data must be specified when provider is set to github')
  if (provider === 'generic' && data[appKey])
    throw mismatch(`secretRef '${namespace}/${secretRef?.name ?? ''}' has github app data but provider is not set to github`)
}

function mismatch(message: string): SourceProblem {
  return new SourceProblem('InvalidProviderConfiguration', message, { condition: 'FetchFailed', stalls: true })
}
