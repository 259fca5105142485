import type { AwsKeys } from '../../lib/aws-signature.ts'
import type { Cloud } from '../../kinds/cloud.ts'
import type { KubeObject } from '../../kinds/manifest.ts'
import type { Cluster } from '../cluster/cluster.ts'

export type { Cloud }

/** Good until `expiresAt`, in milliseconds since the epoch, UTC. */
export interface Expiring {
  readonly expiresAt: number
}

/** A user and a password. */
export interface Login extends Expiring {
  readonly type: 'basic'
  readonly username: string
  readonly password: string
}

/** A token to be sent as `Authorization: Bearer`. */
export interface BearerToken extends Expiring {
  readonly type: 'bearer'
  readonly token: string
}

/** Keys that sign requests to AWS. */
export interface SessionKeys extends AwsKeys, Expiring {
  readonly type: 'aws'
}

/** What signing in as a service account needs of a cluster. Its `server` tells equal accounts of two clusters apart. */
export type TokenIssuer = Pick<Cluster, 'server' | 'get' | 'tokenFor'>

/** What credentials are asked for, as Flux's metrics name it. */
export type Operation = 'reconcile' | 'fetch_kubeconfig' | `decrypt_with_${Cloud}`

/** The object whose pass asks for credentials. */
export interface Asker {
  readonly object: KubeObject
  readonly operation: Operation
}

/** Who signs in, and over which way. */
export interface Who {
  /**
   * The identity that a service account names in its annotations; absent: the identity of this process, as the cloud's own tools find it.
   * `allowed` is the gate ObjectLevelWorkloadIdentity: `settings.objectLevelWorkloadIdentity`.
   */
  readonly serviceAccount?:
    | {
        readonly cluster: TokenIssuer
        readonly namespace: string
        readonly name: string
        readonly allowed: boolean
        /** Of the account's token, instead of what the cloud wants; absent or empty: that. */
        readonly audiences?: readonly string[] | undefined
      }
    | undefined
  /** Proxy URL, user info included; absent: what the environment says. */
  readonly proxy?: string | undefined
  /** Is counted, and makes no difference. Absent: no pass asks. */
  readonly asker?: Asker | undefined
  readonly signal: AbortSignal
}

/** Where the bucket is. AWS needs a region: that of the object, else AWS_REGION. `stsEndpoint` is another address of the AWS token service.
 * `managedClientId` is a managed identity of Azure that this machine has: nothing else is tried then. `authorityHost` is where Entra is for a client
 * that the environment names. */
export interface BucketPlace {
  readonly region?: string | undefined
  readonly stsEndpoint?: string | undefined
  readonly managedClientId?: string | undefined
  readonly authorityHost?: string | undefined
}

/** Another cluster, as a ConfigMap describes it. Of Flux 2.7. */
export interface ClusterPlace {
  readonly provider: Cloud | 'generic'
  /** As its cloud names it: an ARN, a resource id. */
  readonly cluster?: string | undefined
  /** Absent: the cloud is asked. */
  readonly address?: string | undefined
  /** PEM; absent: the cloud is asked, generic trusts what the system does. */
  readonly ca?: string | undefined
  readonly audiences?: readonly string[] | undefined
  /** The cluster that this process runs in, for the tokens of its own account: generic alone. */
  readonly issuer: TokenIssuer
}

/** Where a cluster is, and a token for it. `server` is `https://host:port` with or without a path. */
export interface ClusterAccess extends Expiring {
  readonly server: string
  readonly ca?: string | undefined
  readonly token: string
}

/** Where a key is: the region of AWS, the scope of Azure. `managedClientId` as for a bucket. */
export interface KeyPlace {
  readonly region?: string | undefined
  readonly scope?: string | undefined
  readonly managedClientId?: string | undefined
}

/** The data of a Secret with `githubAppID`, by its keys. */
export type GithubAppData = Readonly<Record<string, string>>

/**
 * Short-lived credentials of clouds and of GitHub Apps, kept for 80 % of their life. Whoever has the same identity shares them, nobody else.
 * Every method @throws {AuthError} with Flux's words, never with a secret in them; an abort rejects with `signal.reason`. Spec: sources 5, 9.
 */
export interface Auth {
  /** For an OCI registry. @param repository `host[:port]/path`, without `oci://`; the host must be one of the cloud's. Spec: sources 9.3, 9.4. */
  registry(cloud: Cloud, repository: string, who: Who): Promise<Login>
  /** For a Git repository over HTTPS: a bearer token for Azure DevOps, a user and a password for AWS CodeCommit; gcp is not supported. */
  git(cloud: Cloud, url: string, who: Who): Promise<Login | BearerToken>
  /** For a bucket. */
  bucket(cloud: 'aws', place: BucketPlace, who: Who): Promise<SessionKeys>
  bucket(cloud: 'azure' | 'gcp', place: BucketPlace, who: Who): Promise<BearerToken>
  /** For a Kubernetes API server that knows identities of a cloud, or, generic, those of this cluster's issuer. */
  cluster(place: ClusterPlace, who: Who): Promise<ClusterAccess>
  /** For a key service: AWS by its region, Azure by its scope. */
  keyService(cloud: 'aws', place: KeyPlace, who: Who): Promise<SessionKeys>
  keyService(cloud: 'azure' | 'gcp', place: KeyPlace, who: Who): Promise<BearerToken>
  /** A GitHub App's installation: user `x-access-token`. `proxy` is that of Git. Spec: sources 5. */
  githubApp(data: GithubAppData, way: Pick<Who, 'proxy' | 'signal' | 'asker'>): Promise<Login>
}
