import { after, before } from 'node:test'
import type { Who } from '../../../src/world/auth/provider.ts'
import { type ManualClock, manualClock } from '../../../src/world/clock/manual.ts'
import { ClusterError } from '../../../src/world/cluster/error.ts'
import { type Clouds, startClouds } from '../../support/clouds/clouds.ts'
import { unending } from '../../support/unending.ts'

/** A clock that is moved; short pauses are over at once. */
export function patientClock(): ManualClock {
  const clock = manualClock(Date.UTC(2026, 0, 1))
  return Object.assign(clock, {
    sleep: (ms: number, signal: AbortSignal): Promise<void> =>
      ms < 5000 ? Promise.resolve() : Promise.withResolvers<void>().promise.finally(() => signal.throwIfAborted()),
  })
}

/** Clouds for the tests of one file. */
export function theClouds(): { readonly clock: ManualClock; readonly clouds: () => Clouds } {
  const clock = patientClock()
  let clouds: Clouds | undefined
  before(async () => {
    clouds = await startClouds({ clock })
  })
  after(() => clouds?.close())
  return {
    clock,
    clouds: () => {
      if (!clouds) throw new Error('the clouds are not there yet')
      return clouds
    },
  }
}

type Issuer = NonNullable<Who['serviceAccount']>['cluster']

/** A cluster with service accounts, by `namespace/name`, that gives tokens with real claims and no signature. */
export class Accounts implements Issuer {
  readonly server: string
  /** Annotations by account. */
  readonly all = new Map<string, Readonly<Record<string, string>>>()
  /** What tokens were asked for: `namespace/name audience`. */
  readonly asked: string[] = []
  readonly #now: () => number

  constructor(now: () => number, server = 'https://cluster.example.com') {
    this.#now = now
    this.server = server
  }

  get: Issuer['get'] = async ({ namespace = '', name }) => {
    const annotations = this.all.get(`${namespace}/${name}`)
    return annotations && { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name, annotations } }
  }

  tokenFor: Issuer['tokenFor'] = async ({ namespace, name }, audience) => {
    this.asked.push(`${namespace}/${name} ${[audience].flat().join(' ')}`)
    if (!this.all.has(`${namespace}/${name}`))
      throw new ClusterError('NOT_FOUND', { cluster: 'c', what: 'x', message: `serviceaccounts "${name}" not found` })
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const claims = {
      aud: [audience].flat(),
      exp: this.#now() / 1000 + 3600,
      sub: `system:serviceaccount:${namespace}:${name}`,
      n: this.asked.length,
    }
    return `${part({ alg: 'none' })}.${part(claims)}.c2ln`
  }

  /** Who signs in as an account. */
  who(account: string, more: Partial<Who> & { allowed?: boolean } = {}): Who {
    const [namespace = '', name = ''] = account.split('/')
    const { allowed = true, ...rest } = more
    return { serviceAccount: { cluster: this, namespace, name, allowed }, signal: unending, ...rest }
  }
}

/** Nobody but this process. */
export const nobody: Who = { signal: unending }

export const roleOf = (account: string): string => `arn:aws:iam::123456789012:role/${account.replace('/', '.')}`
export const awsAccount = (account: string): Record<string, string> => ({ 'eks.amazonaws.com/role-arn': roleOf(account) })
export const azureAccount = (account: string): Record<string, string> => ({
  'azure.workload.identity/tenant-id': 'tenant-1',
  'azure.workload.identity/client-id': account.replace('/', '.'),
})
