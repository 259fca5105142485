import * as z from 'zod'
import { kind, type ObjectOf } from './kind.ts'
import { columns, duration, localRef, shortDuration, sourceStatus, text } from './shared-schemas.ts'

const layerSelector = z.looseObject({
  mediaType: text.optional().describe('the first layer of this media type; without it the first layer'),
  operation: z.enum(['extract', 'copy']).optional().describe('extract unpacks the layer and archives it again, copy keeps its bytes'),
})

const spec = z.looseObject({
  url: z
    .string()
    .regex(/^oci:\/\/.*$/)
    .describe('registry and repository, as oci://host/repository'),
  ref: z
    .looseObject({
      digest: text.optional().describe('sha256:…, wins over all others'),
      semver: text.optional().describe('range of versions among the tags'),
      semverFilter: text.optional().describe('regular expression that tags must match before the range is looked at'),
      tag: text.optional().describe('one tag'),
    })
    .optional()
    .describe('what to pull; absent: the tag latest'),
  layerSelector: layerSelector.optional().describe('which layer to take, and how'),
  provider: z.enum(['generic', 'aws', 'azure', 'gcp']).default('generic').describe('how to sign in without a Secret'),
  secretRef: localRef.optional().describe('Secret of type kubernetes.io/dockerconfigjson'),
  serviceAccountName: text.optional().describe('ServiceAccount whose image pull secrets are used, and who signs in to the provider'),
  certSecretRef: localRef.optional().describe('Secret with ca.crt, or tls.crt and tls.key'),
  proxySecretRef: localRef.optional().describe('Secret with address, username, password'),
  verify: z
    .looseObject({
      provider: z.enum(['cosign', 'notation']).default('cosign').describe('who made the signatures'),
      secretRef: localRef.optional().describe('public keys or trust policy'),
      matchOIDCIdentity: z
        .array(
          z.looseObject({
            issuer: text.describe('regular expression for the issuer'),
            subject: text.describe('regular expression for the subject'),
          }),
        )
        .optional()
        .describe('whose keyless signatures count'),
    })
    .meta({ required: ['provider'] })
    .optional()
    .describe('signatures that the artifact must have'),
  interval: duration.describe('how often to look for a new revision'),
  timeout: shortDuration.default('60s').describe('limit of sign-in and verification'),
  ignore: text.optional().describe('what to leave out of the artifact, in .gitignore syntax'),
  insecure: z.boolean().optional().describe('allows plain HTTP'),
  suspend: z.boolean().optional().describe('stops reconciling'),
})

const status = z.looseObject({
  ...sourceStatus,
  observedIgnore: text.optional().describe('the ignore that made the artifact'),
  observedLayerSelector: layerSelector.optional().describe('the layerSelector that made the artifact'),
})
const printed = [columns.url, columns.ready, columns.status, columns.age]

/** An OCI artifact as a source. Spec: sources 3.1 */
export const OCIRepository = kind({
  group: 'source.toolkit.fluxcd.io',
  kind: 'OCIRepository',
  plural: 'ocirepositories',
  singular: 'ocirepository',
  shortNames: ['ocirepo'],
  version: 'v1',
  description: 'Pulls an OCI artifact and offers it to the other Flux kinds.',
  versions: [
    { name: 'v1', storage: true, spec, status, columns: printed },
    {
      name: 'v1beta2',
      storage: false,
      deprecated: 'v1beta2 OCIRepository is deprecated, upgrade to v1',
      spec,
      status: status.extend({
        contentConfigChecksum: text.optional().describe('what older controllers wrote for the two observed fields'),
      }),
      columns: printed,
    },
  ],
  spec,
  status,
  unsupported: [],
})

/** An OCIRepository as the API server holds it. */
export type OCIRepositoryObject = ObjectOf<typeof OCIRepository>
