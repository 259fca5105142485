import * as z from 'zod'
import { kind, type ObjectOf } from './kind.ts'
import { type Rule, ruled } from './rule.ts'
import { columns, commonStatus, duration, localRef, text, texts } from './shared-schemas.ts'

const affix = z.string().min(1).max(200)
const ownNamespace = text.optional().describe("absent: the object's own")
const selector = z.looseObject({
  group: text.optional().describe('API group'),
  version: text.optional().describe('API version'),
  kind: text.optional().describe('API kind'),
  name: text.optional().describe('regular expression for names'),
  namespace: text.optional().describe('regular expression for namespaces'),
  labelSelector: text.optional().describe('as kubectl -l takes it'),
  annotationSelector: text.optional().describe('the same over annotations'),
})
const objectRef = z.looseObject({
  apiVersion: text.optional().describe('absent: apps/v1'),
  kind: text.describe('kind of the object'),
  name: text.describe('name of the object'),
  namespace: text.optional().describe('absent: none, for cluster-scoped kinds'),
})
const dependency = z.looseObject({
  name: text.describe('name of the Kustomization'),
  namespace: ownNamespace,
  readyExpr: text.optional().describe('CEL expression that says when it is ready'),
})
const expression = z.looseObject({
  apiVersion: text.describe('group and version that the expressions are for'),
  kind: text.describe('kind that the expressions are for'),
  current: text.describe('true when the object is healthy'),
  inProgress: text.optional().describe('true while the object is on its way'),
  failed: text.optional().describe('true when the object cannot get healthy'),
})
const image = z.looseObject({
  name: text.describe('image to change, without tag'),
  newName: text.optional().describe('replaces the name'),
  newTag: text.optional().describe('replaces the tag'),
  digest: text.optional().describe('replaces the tag, wins over newTag'),
})
const variables = z.looseObject({
  kind: z.enum(['Secret', 'ConfigMap']).describe('kind of the object'),
  name: z.string().min(1).max(253).describe('name, in the same namespace'),
  optional: z.boolean().default(false).describe('goes on when the object is not there'),
})
/** What the API server judges of a kubeConfig beyond its schema. */
export const kubeConfigRules: readonly Rule[] = [
  {
    rule: 'has(self.secretRef) != has(self.configMapRef)',
    message: 'exactly one of secretRef and configMapRef is needed',
    holds: self => (self.secretRef === undefined) !== (self.configMapRef === undefined),
  },
]
const kubeConfig = ruled(
  z.looseObject({
    secretRef: z
      .looseObject({ name: text.describe('name, in the same namespace'), key: text.optional().describe('absent: value, then value.yaml') })
      .optional()
      .describe('Secret with a kubeconfig'),
    configMapRef: localRef.optional().describe('ConfigMap that says how to sign in without a Secret'),
  }),
  kubeConfigRules,
)

const spec = z.looseObject({
  interval: duration.describe('how often to reconcile'),
  retryInterval: duration.optional().describe('how long to wait after a failure; absent: the interval'),
  timeout: duration.optional().describe('limit of building, applying and health checks; at least 30s'),
  sourceRef: z
    .looseObject({
      apiVersion: text.optional().describe('taken and not looked at'),
      kind: z.enum(['OCIRepository', 'GitRepository', 'Bucket']).describe('kind of the source'),
      name: text.describe('name of the source'),
      namespace: ownNamespace,
    })
    .describe('where the manifests come from'),
  path: text.optional().describe('folder in the source; absent: its root'),
  prune: z.boolean().describe('deletes what left the manifests'),
  deletionPolicy: z
    .enum(['MirrorPrune', 'Delete', 'WaitForTermination', 'Orphan'])
    .optional()
    .describe('what happens to the applied objects when this one is deleted'),
  dependsOn: z.array(dependency).optional().describe('Kustomizations that must be ready first'),
  suspend: z.boolean().optional().describe('stops reconciling'),
  force: z.boolean().default(false).describe('recreates objects whose immutable fields change'),
  wait: z.boolean().optional().describe('waits until everything applied is healthy'),
  healthChecks: z.array(objectRef).optional().describe('objects that must be healthy'),
  healthCheckExprs: z.array(expression).optional().describe('CEL expressions for the health of custom kinds'),
  targetNamespace: z.string().min(1).max(63).optional().describe('namespace of everything applied'),
  namePrefix: affix.optional().describe('put before every name'),
  nameSuffix: affix.optional().describe('put after every name'),
  patches: z
    .array(
      z.looseObject({
        patch: text.describe('strategic merge or JSON patch, inline'),
        target: selector.optional().describe('which objects; absent: what the patch names'),
      }),
    )
    .optional()
    .describe('changes to the built manifests'),
  images: z.array(image).optional().describe('container images to replace'),
  components: z.array(text).optional().describe('kustomize components, relative to the path'),
  ignoreMissingComponents: z.boolean().optional().describe('leaves out components that are not there'),
  commonMetadata: z
    .looseObject({
      labels: texts.optional().describe('labels, win over those there'),
      annotations: texts.optional().describe('annotations, win over those there'),
    })
    .optional()
    .describe('added to everything applied'),
  postBuild: z
    .looseObject({
      substitute: texts.optional().describe('variables'),
      substituteFrom: z.array(variables).optional().describe('objects whose data are variables'),
    })
    .optional()
    .describe('variables to replace in the built manifests'),
  decryption: z
    .looseObject({
      provider: z.enum(['sops']).describe('tool that encrypted the manifests'),
      secretRef: localRef.optional().describe('Secret with the keys'),
      serviceAccountName: text.optional().describe('ServiceAccount to ask a key service as'),
    })
    .optional()
    .describe('how to decrypt manifests'),
  serviceAccountName: text.optional().describe('ServiceAccount to act as'),
  kubeConfig: kubeConfig.optional().describe('another cluster to apply to'),
})

const status = z.looseObject({
  ...commonStatus,
  lastAppliedRevision: text.optional().describe('artifact revision that was last applied in full'),
  lastAppliedOriginRevision: text.optional().describe('what that artifact was made from'),
  lastAttemptedRevision: text.optional().describe('artifact revision that was last tried'),
  inventory: z
    .looseObject({
      entries: z
        .array(z.looseObject({ id: text.describe('namespace_name_group_kind'), v: text.describe('API version') }))
        .describe('one per object'),
    })
    .optional()
    .describe('what was applied'),
})

/** Builds manifests from a source and applies them. Spec: kustomization 1 */
export const Kustomization = kind({
  group: 'kustomize.toolkit.fluxcd.io',
  kind: 'Kustomization',
  plural: 'kustomizations',
  singular: 'kustomization',
  shortNames: ['ks'],
  version: 'v1',
  description: 'Builds manifests from a source, applies them, prunes what left and checks health.',
  versions: [{ name: 'v1', storage: true, spec, status, columns: [columns.age, columns.ready, columns.status] }],
  spec,
  status,
  unsupported: [],
})

/** A Kustomization as the API server holds it. */
export type KustomizationObject = ObjectOf<typeof Kustomization>
