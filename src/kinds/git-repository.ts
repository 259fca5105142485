import * as z from 'zod'
import { kind, type ObjectOf } from './kind.ts'
import { artifact, columns, commonStatus, duration, localRef, shortDuration, text } from './shared-schemas.ts'

const include = z.looseObject({
  repository: localRef.describe('the GitRepository whose artifact is taken'),
  fromPath: text.optional().describe('what of the artifact to take; absent: all of it'),
  toPath: text.optional().describe('where to put it; absent: a folder with the name of the repository'),
})

const spec = z.looseObject({
  url: z
    .string()
    .regex(/^(http|https|ssh):\/\/.*$/)
    .describe('where to clone from, as https://host/path or ssh://git@host/path'),
  ref: z
    .looseObject({
      branch: text.optional().describe('a branch; master when nothing is named'),
      tag: text.optional().describe('a tag, wins over a range'),
      semver: text.optional().describe('a range of versions among the tags'),
      name: text.optional().describe('a whole name such as refs/pull/4/head, wins over branch, tag and range'),
      commit: text.optional().describe('a commit, wins over all others; with a branch it must be in its history'),
    })
    .optional()
    .describe('what to check out'),
  provider: z.enum(['generic', 'aws', 'azure', 'github']).optional().describe('how to sign in; absent: generic, by the Secret alone'),
  secretRef: localRef.optional().describe('Secret with user name and password, bearerToken, or identity and known_hosts'),
  serviceAccountName: text.optional().describe('ServiceAccount to sign in as, at Azure DevOps and AWS CodeCommit'),
  proxySecretRef: localRef.optional().describe('Secret with address, username, password'),
  verify: z
    .looseObject({
      mode: z
        .enum(['head', 'HEAD', 'Tag', 'TagAndHEAD'])
        .default('HEAD')
        .describe('whose signature is looked at; head is an old word for HEAD'),
      secretRef: localRef.describe('Secret with the public keys of those who may sign'),
    })
    .meta({ required: ['secretRef'] })
    .optional()
    .describe('signatures that commit or tag must have'),
  interval: duration.describe('how often to look for a new revision'),
  timeout: shortDuration.default('60s').describe('limit of one look and clone'),
  ignore: text.optional().describe('what to leave out of the artifact, in .gitignore syntax'),
  suspend: z.boolean().optional().describe('stops reconciling'),
  recurseSubmodules: z.boolean().optional().describe('takes submodules along'),
  include: z.array(include).optional().describe('artifacts of other GitRepositories that become part of this one'),
  sparseCheckout: z.array(text).optional().describe('folders to check out; absent: all'),
})

const status = z.looseObject({
  ...commonStatus,
  artifact: artifact.optional().describe('the last stored artifact'),
  includedArtifacts: z.array(artifact).optional().describe('the artifacts that the last one took in'),
  observedIgnore: text.optional().describe('the ignore that made the artifact'),
  observedRecurseSubmodules: z.boolean().optional().describe('the recurseSubmodules that made the artifact'),
  observedInclude: z.array(include).optional().describe('the include that made the artifact'),
  observedSparseCheckout: z.array(text).optional().describe('the sparseCheckout that made the artifact'),
  sourceVerificationMode: text.optional().describe('whose signature was looked at'),
})

/** A Git repository as a source. Spec: sources 4.1 */
export const GitRepository = kind({
  group: 'source.toolkit.fluxcd.io',
  kind: 'GitRepository',
  plural: 'gitrepositories',
  singular: 'gitrepository',
  shortNames: ['gitrepo'],
  version: 'v1',
  description: 'Checks out a Git repository and offers it to the other Flux kinds.',
  versions: [{ name: 'v1', storage: true, spec, status, columns: [columns.url, columns.age, columns.ready, columns.status] }],
  spec,
  status,
  unsupported: [],
})

/** A GitRepository as the API server holds it. */
export type GitRepositoryObject = ObjectOf<typeof GitRepository>
