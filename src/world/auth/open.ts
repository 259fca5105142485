import type { Clock } from '../clock/clock.ts'
import type { Http } from '../http/http.ts'
import { type MetadataDoor, metadataDoor } from '../http/metadata.ts'
import { aws } from './aws.ts'
import { azure, azureScopes } from './azure.ts'
import { managedOrigins } from './azure-managed.ts'
import { type CacheOptions, TokenCache } from './cache.ts'
import type { CloudProvider } from './cloud.ts'
import { codeCommitLogin, codeCommitRegion } from './codecommit.ts'
import { AuthError } from './error.ts'
import { accessToken, type Flow, registryLogin } from './flow.ts'
import { gcpProvider } from './gcp.ts'
import { installationOf, installationToken } from './github.ts'
import type { Env, Line } from './line.ts'
import type {
  Auth,
  BearerToken,
  BucketPlace,
  Cloud,
  ClusterAccess,
  ClusterPlace,
  Expiring,
  GithubAppData,
  KeyPlace,
  Login,
  SessionKeys,
  Who,
} from './provider.ts'

export interface AuthOptions {
  readonly http: Http
  readonly clock: Clock
  /** Where the identity of this process is looked for. */
  readonly env: Env
  readonly home: string
  /** Whether `aws` and `az` may be asked who the person is; absent: no. Only where a person sits. */
  readonly vendorTools?: boolean | undefined
  readonly cache: Omit<CacheOptions, 'clock'>
  /** Is shown every secret that is received or made, before anybody else. */
  readonly learn: (secret: string) => void
  /** Where the file system of this machine begins, for files that clouds have at fixed places; absent: `/`. */
  readonly root?: string | undefined
  /** Absent: the real one. */
  readonly door?: MetadataDoor | undefined
}

/** Signs in to clouds and GitHub. */
export function openAuth(options: AuthOptions): Auth {
  return new Clouds(options)
}

class Clouds implements Auth {
  readonly #options: AuthOptions
  readonly #cache: TokenCache
  readonly #door: MetadataDoor
  readonly #gcp = gcpProvider()

  constructor(options: AuthOptions) {
    this.#options = options
    this.#cache = new TokenCache({ clock: options.clock, ...options.cache })
    this.#door = options.door ?? metadataDoor({ also: managedOrigins(options.env) })
  }

  registry(cloud: Cloud, repository: string, who: Who): Promise<Login> {
    const at = { who, flow: this.#flow(who) }
    switch (cloud) {
      case 'aws':
        return registryLogin(aws, repository, at)
      case 'azure':
        return registryLogin(azure, repository, at)
      case 'gcp':
        return registryLogin(this.#gcp, repository, at)
    }
  }

  async git(cloud: Cloud, url: string, who: Who): Promise<Login | BearerToken> {
    if (cloud === 'azure') return this.#token(azure, { scopes: [azureScopes.devOps] }, who)
    if (cloud === 'gcp') throw new AuthError('WRONG_INPUT', 'unsupported provider')
    const at = codeCommitRegion(url)
    const keys = await this.#token(aws, { stsRegion: at.region }, who)
    return codeCommitLogin(at.url, { keys, region: at.region }, this.#flow(who).line(who.signal))
  }

  bucket(cloud: 'aws', place: BucketPlace, who: Who): Promise<SessionKeys>
  bucket(cloud: 'azure' | 'gcp', place: BucketPlace, who: Who): Promise<BearerToken>
  bucket(cloud: Cloud, { region, stsEndpoint, ...azures }: BucketPlace, who: Who): Promise<SessionKeys | BearerToken> {
    switch (cloud) {
      case 'aws':
        return this.#token(aws, { stsRegion: region, stsEndpoint }, who)
      case 'azure':
        return this.#token(azure, { scopes: [azureScopes.blob], ...azures }, who)
      case 'gcp':
        return this.#token(this.#gcp, {}, who)
    }
  }

  async cluster(place: ClusterPlace, who: Who): Promise<ClusterAccess> {
    const { clusterAccess } = await import('./clusters.ts')
    return clusterAccess(place, { who, flow: this.#flow(who), gcp: this.#gcp })
  }

  keyService(cloud: 'aws', place: KeyPlace, who: Who): Promise<SessionKeys>
  keyService(cloud: 'azure' | 'gcp', place: KeyPlace, who: Who): Promise<BearerToken>
  keyService(cloud: Cloud, { region, scope, managedClientId }: KeyPlace, who: Who): Promise<SessionKeys | BearerToken> {
    switch (cloud) {
      case 'aws':
        return this.#token(aws, { stsRegion: region }, who)
      case 'azure':
        return this.#token(azure, { scopes: scope ? [scope] : [], managedClientId }, who)
      case 'gcp':
        return this.#token(this.#gcp, {}, who)
    }
  }

  async githubApp(data: GithubAppData, way: Pick<Who, 'proxy' | 'signal' | 'asker'>): Promise<Login> {
    const installation = installationOf(data)
    const flow = this.#flow(way)
    return this.#cache.get(installation.cacheKey, signal => installationToken(installation, flow.line(signal)), way)
  }

  #token<T extends Expiring>(provider: CloudProvider<T>, wanted: Parameters<typeof accessToken>[1], who: Who): Promise<T> {
    return accessToken(provider, wanted, { who, flow: this.#flow(who) })
  }

  #flow({ proxy }: Pick<Who, 'proxy'>): Flow {
    const { http, clock, env, home, learn, root = '/', vendorTools = false } = this.#options
    const own = proxy === undefined ? http : http.with({ proxy })
    const line = (signal: AbortSignal): Line => ({
      http: own,
      door: this.#door,
      clock,
      env,
      home,
      root,
      vendorTools,
      signal,
      secrets: new Set(),
      learn,
    })
    return { cache: this.#cache, line }
  }
}
