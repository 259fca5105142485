import * as z from 'zod'
import { kind, type ObjectOf } from './kind.ts'
import { columns, commonStatus, duration, localRef, text, texts } from './shared-schemas.ts'

const affix = z.string().min(1).max(200)
const selector = z.looseObject({
  group: text.optional(), version: text.optional(), kind: text.optional(), name: text.optional(), namespace: text.optional(),
  labelSelector: text.optional().describe('label selector'), annotationSelector: text.optional().describe('the same over annotations'),
})
const objectRef = z.looseObject({ apiVersion: text.optional().describe('absent: apps/v1'), kind: text, name: text, namespace: text.optional() })
const dependency = z.looseObject({ name: text, namespace: text.optional().describe('absent: the object\'s own'), readyExpr: text.optional().describe('CEL expression that says when it is ready') })
const expression = z.looseObject({ apiVersion: text, kind: text, current: text, inProgress: text.optional(), failed: text.optional() })

const spec = z.looseObject({
  interval: duration.describe('how often to reconcile'),
  retryInterval: duration.optional().describe('how long to wait after a failure; absent: the interval'),
  timeout: duration.optional().describe('limit of building, applying and health checks; at least 30s'),
  sourceRef: z.looseObject({ apiVersion: text.optional(), kind: z.enum(['OCIRepository', 'GitRepository', 'Bucket']), name: text, namespace: text.optional().describe('absent: the object\'s own') }).describe('where the manifests come from'),
  path: text.optional().describe('folder in the source; absent: its root'),
  prune: z.boolean().describe('deletes what left the manifests'),
  deletionPolicy: z.enum(['MirrorPrune', 'Delete', 'WaitForTermination', 'Orphan']).optional().describe('what happens to the applied objects when this one is deleted'),
  dependsOn: z.array(dependency).optional().describe('Kustomizations that must be ready first'),
  suspend: z.boolean().optional().describe('stops reconciling'),
  force: z.boolean().default(false).describe('recreates objects whose immutable fields change'),
  wait: z.boolean().optional().describe('waits until everything applied is healthy'),
  healthChecks: z.array(objectRef).optional().describe('objects that must be healthy'),
  healthCheckExprs: z.array(expression).optional().describe('CEL expressions for the health of custom kinds'),
  targetNamespace: z.string().min(1).max(63).optional().describe('namespace of everything applied'),
  namePrefix: affix.optional(), nameSuffix: affix.optional(),
  patches: z.array(z.looseObject({ patch: text.describe('strategic merge or JSON patch, inline'), target: selector.optional() })).optional(),
  images: z.array(z.looseObject({ name: text, newName: text.optional(), newTag: text.optional(), digest: text.optional() })).optional(),
  components: z.array(text).optional().describe('kustomize components, relative to the path'),
  ignoreMissingComponents: z.boolean().optional().describe('leaves out components that are not there'),
  commonMetadata: z.looseObject({ labels: texts.optional(), annotations: texts.optional() }).optional().describe('added to everything applied'),
  postBuild: z.looseObject({
    substitute: texts.optional().describe('variables'),
    substituteFrom: z.array(z.looseObject({ kind: z.enum(['Secret', 'ConfigMap']), name: z.string().min(1).max(253), optional: z.boolean().default(false) })).optional().describe('objects whose data are variables'),
  }).optional().describe('variables to replace in the built manifests'),
  decryption: z.looseObject({ provider: z.enum(['sops']), secretRef: localRef.optional(), serviceAccountName: text.optional() }).optional(),
  serviceAccountName: text.optional().describe('ServiceAccount to act as'),
  kubeConfig: z.looseObject({ secretRef: z.looseObject({ name: text, key: text.optional() }).optional(), configMapRef: localRef.optional() }).optional().describe('another cluster to apply to'),
})

const status = z.looseObject({
  ...commonStatus, lastAppliedRevision: text.optional(), lastAppliedOriginRevision: text.optional(), lastAttemptedRevision: text.optional(),
  inventory: z.looseObject({ entries: z.array(z.looseObject({ id: text.describe('namespace_name_group_kind'), v: text.describe('API version') })) }).optional().describe('what was applied'),
})

/** Builds manifests from a source and applies them. Spec: kustomization 1 */
export const Kustomization = kind({
  group: 'kustomize.toolkit.fluxcd.io', kind: 'Kustomization', plural: 'kustomizations', singular: 'kustomization', shortNames: ['ks'], version: 'v1',
  description: 'Builds manifests from a source, applies them, prunes what left and checks health.',
  versions: [{ name: 'v1', storage: true, spec, status, columns: [columns.age, columns.ready, columns.status] }],
  spec, status, unsupported: ['decryption', 'healthCheckExprs', 'dependsOn[].readyExpr', 'serviceAccountName', 'kubeConfig'],
})

export type KustomizationObject = ObjectOf<typeof Kustomization>
