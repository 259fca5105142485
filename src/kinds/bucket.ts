import * as z from 'zod'
import { type JsonObject, objectAt, stringAt } from '../lib/json.ts'
import { kind, type ObjectOf } from './kind.ts'
import { accessFrom } from './namespace-access.ts'
import { brokenIn, type Rule, ruled } from './rule.ts'
import { columns, duration, localRef, shortDuration, sourceStatus, text, oldArtifact } from './shared-schemas.ts'

const sts = z.looseObject({
  provider: z.enum(['aws', 'ldap']).describe('who gives out temporary keys'),
  endpoint: z
    .string()
    .regex(/^(http|https):\/\/.*$/)
    .describe('where they are asked for'),
  secretRef: localRef.optional().describe('Secret with username and password, of ldap'),
  certSecretRef: localRef.optional().describe('Secret with ca.crt, or tls.crt and tls.key, of ldap'),
})

const older = {
  bucketName: text.describe('name of the bucket, or of the container at azure'),
  endpoint: text.describe('host and port of the object store; a URL at azure'),
  region: text.optional().describe('region of the bucket'),
  secretRef: localRef.optional().describe('Secret with the keys of the provider; absent: its ambient identity'),
  insecure: z.boolean().optional().describe('allows plain HTTP'),
  ignore: text.optional().describe('what to leave out of the artifact, in .gitignore syntax'),
  suspend: z.boolean().optional().describe('stops reconciling'),
}

const fields = {
  ...older,
  provider: z.enum(['generic', 'aws', 'gcp', 'azure']).default('generic').describe('whose interface the object store has'),
  prefix: text.optional().describe('only objects whose keys begin with it'),
  sts: sts.optional().describe('where temporary keys come from'),
  certSecretRef: localRef.optional().describe('Secret with ca.crt, or tls.crt and tls.key, of generic'),
  proxySecretRef: localRef.optional().describe('Secret with address, username, password'),
  interval: duration.describe('how often to look for changes'),
  timeout: shortDuration.default('60s').describe('limit of listing, and of fetching'),
}

const has = (self: JsonObject, field: string): boolean => self[field] !== undefined
const stsProvider = (self: JsonObject): string | undefined => stringAt(self, 'sts', 'provider')

const stsRules: readonly Rule[] = [
  {
    rule: "self.provider == 'aws' || self.provider == 'generic' || !has(self.sts)",
    message: "STS configuration is only supported for the 'aws' and 'generic' Bucket providers",
    holds: self => self.provider === 'aws' || self.provider === 'generic' || !has(self, 'sts'),
  },
  {
    rule: "self.provider != 'aws' || !has(self.sts) || self.sts.provider == 'aws'",
    message: "'aws' is the only supported STS provider for the 'aws' Bucket provider",
    holds: self => self.provider !== 'aws' || !has(self, 'sts') || stsProvider(self) === 'aws',
  },
  {
    rule: "self.provider != 'generic' || !has(self.sts) || self.sts.provider == 'ldap'",
    message: "'ldap' is the only supported STS provider for the 'generic' Bucket provider",
    holds: self => self.provider !== 'generic' || !has(self, 'sts') || stsProvider(self) === 'ldap',
  },
  {
    rule: "!has(self.sts) || self.sts.provider != 'aws' || !has(self.sts.secretRef)",
    message: "spec.sts.secretRef is not required for the 'aws' STS provider",
    holds: self => stsProvider(self) !== 'aws' || !has(objectAt(self, 'sts'), 'secretRef'),
  },
  {
    rule: "!has(self.sts) || self.sts.provider != 'aws' || !has(self.sts.certSecretRef)",
    message: "spec.sts.certSecretRef is not required for the 'aws' STS provider",
    holds: self => stsProvider(self) !== 'aws' || !has(objectAt(self, 'sts'), 'certSecretRef'),
  },
]

/** Of Flux 2.7, where the field is from. */
const accountRules: readonly Rule[] = [
  {
    rule: "self.provider != 'generic' || !has(self.serviceAccountName)",
    message: "ServiceAccountName is not supported for the 'generic' Bucket provider",
    holds: self => self.provider !== 'generic' || !has(self, 'serviceAccountName'),
  },
  {
    rule: '!has(self.secretRef) || !has(self.serviceAccountName)',
    message: 'cannot set both .spec.secretRef and .spec.serviceAccountName',
    holds: self => !has(self, 'secretRef') || !has(self, 'serviceAccountName'),
  },
]

/** What the API server judges of a Bucket beyond its schema. */
export const bucketRules: readonly Rule[] = [...stsRules, ...accountRules]

/** The first rule that a spec breaks, with the field that it is about; `undefined` when it breaks none. */
export function brokenRule(spec: unknown): { readonly field: 'sts' | 'serviceAccountName'; readonly message: string } | undefined {
  const find = (rules: readonly Rule[]): string | undefined => brokenIn(rules, spec)[0]?.message
  const [sts, account] = [find(stsRules), find(accountRules)]
  if (sts) return { field: 'sts', message: sts }
  return account ? { field: 'serviceAccountName', message: account } : undefined
}

const access = accessFrom.optional().describe('never acted on')

const spec = ruled(
  z.looseObject({ ...fields, serviceAccountName: text.optional().describe('ServiceAccount to sign in as, at the clouds') }),
  bucketRules,
)
const status = z.looseObject({ ...sourceStatus, observedIgnore: text.optional().describe('the ignore that made the artifact') })
const oldStatus = z.looseObject({
  ...sourceStatus,
  artifact: oldArtifact('identifies the content upstream'),
})

const endpoint = { name: 'Endpoint', type: 'string', path: '.spec.endpoint' } as const

/** The objects of a bucket as a source. Spec: sources 8 */
export const Bucket = kind({
  group: 'source.toolkit.fluxcd.io',
  kind: 'Bucket',
  plural: 'buckets',
  singular: 'bucket',
  shortNames: [],
  version: 'v1',
  description: 'Fetches the objects of a bucket and offers them to the other Flux kinds.',
  versions: [
    { name: 'v1', storage: true, spec, status, columns: [endpoint, columns.age, columns.ready, columns.status] },
    {
      name: 'v1beta1',
      storage: false,
      deprecated: 'v1beta1 Bucket is deprecated, upgrade to v1',
      spec: z.looseObject({
        ...older,
        accessFrom: access,
        provider: z.enum(['generic', 'aws', 'gcp']).default('generic').describe('whose interface the object store has'),
        interval: text.describe('how often to look for changes'),
        timeout: text.default('60s').describe('limit of listing, and of fetching'),
      }),
      status: oldStatus,
      columns: [endpoint, columns.ready, columns.status, columns.age],
    },
    {
      name: 'v1beta2',
      storage: false,
      deprecated: 'v1beta2 Bucket is deprecated, upgrade to v1',
      spec: ruled(z.looseObject({ ...fields, accessFrom: access }), stsRules),
      status,
      columns: [endpoint, columns.age, columns.ready, columns.status],
    },
  ],
  spec,
  status,
  unsupported: [],
})

/** A Bucket as the API server holds it. */
export type BucketObject = ObjectOf<typeof Bucket>
