import * as z from 'zod'
import { kind, type ObjectOf } from './kind.ts'
import { columns, commonStatus, duration, localRef, text, texts } from './shared-schemas.ts'

const ref = z.looseObject({
  branch: text.optional().describe('a branch; master when nothing is named'),
  tag: text.optional().describe('a tag, wins over a range'),
  semver: text.optional().describe('a range of versions among the tags'),
  name: text.optional().describe('a whole name such as refs/heads/main, wins over branch, tag and range'),
  commit: text.optional().describe('a commit, wins over all others; with a branch it must be in its history'),
})

const signingKey = z.looseObject({
  secretRef: localRef.describe('Secret with git.asc and passphrase, or for SSH with identity and password'),
})

const commit = z.looseObject({
  author: z
    .looseObject({ email: text.describe('their address'), name: text.optional().describe('their name') })
    .describe('whom commits are by'),
  messageTemplate: text.optional().describe('the message, as a template of Go'),
  signingKey: signingKey.optional().describe('what commits are signed with'),
})

const push = z.looseObject({
  branch: text.optional().describe('where to push to; absent: the branch that was checked out'),
  options: texts.optional().describe('push options for the server'),
  refspec: text.optional().describe('a second push, by this refspec'),
})

const git = z.looseObject({
  checkout: z
    .looseObject({ ref: ref.describe('what to check out') })
    .optional()
    .describe("where to begin; absent: the GitRepository's ref"),
  commit: commit.describe('how to commit'),
  push: push.optional().describe('how to push'),
})

const older = {
  sourceRef: z
    .looseObject({
      apiVersion: text.optional().describe('version of its API'),
      kind: z.enum(['GitRepository']).default('GitRepository').describe('its kind'),
      name: text.describe('its name'),
      namespace: text.optional().describe('its namespace; absent: the same'),
    })
    .meta({ required: ['kind', 'name'] })
    .describe('where the files are'),
  git: git.optional().describe('how to check out, commit and push'),
  interval: duration.describe('how often to look'),
  update: z
    .looseObject({
      strategy: z.enum(['Setters']).default('Setters').describe('how files are changed'),
      path: text.optional().describe('folder or file to change; absent: the whole repository'),
    })
    .meta({ required: ['strategy'] })
    .default({ strategy: 'Setters' })
    .describe('what is changed'),
  suspend: z.boolean().optional().describe('stops reconciling'),
}

const requirement = z.looseObject({
  key: text.describe('the label'),
  operator: text.describe('In, NotIn, Exists or DoesNotExist'),
  values: z.array(text).meta({ 'x-kubernetes-list-type': 'atomic' }).optional().describe('values of it'),
})

const spec = z.looseObject({
  ...older,
  git: git
    .extend({
      commit: commit
        .extend({
          messageTemplateValues: texts.optional().describe('what the template has as .Values'),
          signingKey: signingKey
            .extend({ type: z.enum(['gpg', 'ssh']).optional().describe('what the key is; absent: gpg') })
            .optional()
            .describe('what commits are signed with'),
        })
        .describe('how to commit'),
    })
    .optional()
    .describe('how to check out, commit and push'),
  policySelector: z
    .looseObject({
      matchLabels: texts.optional().describe('labels that they must have'),
      matchExpressions: z.array(requirement).meta({ 'x-kubernetes-list-type': 'atomic' }).optional().describe('what their labels must be'),
    })
    .meta({ 'x-kubernetes-map-type': 'atomic' })
    .optional()
    .describe('which ImagePolicies of the namespace count; absent: all'),
})

const dateTime = z.string().meta({ format: 'date-time' })
const oldStatus = {
  ...commonStatus,
  lastAutomationRunTime: dateTime.optional().describe('when the last run began'),
  lastPushCommit: text.optional().describe('the commit that was pushed last'),
  lastPushTime: dateTime.optional().describe('when that was'),
}
const status = z.looseObject({
  ...oldStatus,
  observedPolicies: z
    .record(
      z.string(),
      z.looseObject({
        name: text.describe('the image'),
        tag: text.describe('its tag'),
        digest: text.optional().describe('what the tag stands for'),
      }),
    )
    .optional()
    .describe('what each policy had chosen at the last run'),
  observedSourceRevision: text.optional().describe('what was checked out at the last run'),
})

const lastRun = { name: 'Last run', type: 'string', path: '.status.lastAutomationRunTime' } as const

/** Commits the images that policies have chosen. Spec: image-helm-notification A.3 */
export const ImageUpdateAutomation = kind({
  group: 'image.toolkit.fluxcd.io',
  kind: 'ImageUpdateAutomation',
  plural: 'imageupdateautomations',
  singular: 'imageupdateautomation',
  shortNames: [],
  version: 'v1beta2',
  alsoReads: ['v1', 'v1beta1'],
  description: 'Writes the images that ImagePolicies have chosen into a Git repository.',
  versions: [
    {
      name: 'v1beta1',
      storage: false,
      deprecated: 'v1beta1 ImageUpdateAutomation is deprecated, upgrade to v1beta2',
      spec: z.looseObject(older),
      status: z.looseObject(oldStatus),
      columns: [lastRun],
    },
    { name: 'v1beta2', storage: true, spec, status, columns: [lastRun] },
    {
      name: 'v1',
      storage: false,
      spec,
      status,
      columns: [columns.ready, columns.status, { ...lastRun, priority: 1 }, columns.age],
    },
  ],
  spec,
  status,
  unsupported: [],
})

/** An ImageUpdateAutomation as the API server holds it. */
export type ImageUpdateAutomationObject = ObjectOf<typeof ImageUpdateAutomation>
