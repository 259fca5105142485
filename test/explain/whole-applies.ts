import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { any, type Expected, fault, type FaultCase } from './case.ts'
import { conditions, deployment, event, global, ks, namespace, object, readyTrue, replicaFailure, replicaSet } from './objects.ts'
import { failing, fleet, fluxNs, isWell, retriedJob, runs, scaledDown, slowStart, suspendedElsewhere, waited, within } from './whole.ts'

/** Kustomizations that do not build or are refused, in whole clusters. */
type Near = readonly KubeObject[]
const row = (name: string, says: string, objects: Near, expect: Expected): FaultCase => fault(name, `whole: ${says}`, objects, expect)
const builds = (message: string, spec: JsonObject = {}): KubeObject[] => [
  failing('apps', ['BuildFailed', message], { spec }),
  fleet(),
  isWell('infra'),
]
const applies = (message: string, { near = [] as Near, spec = {} } = {}): KubeObject[] => [
  failing('apps', ['ReconciliationFailed', message], { spec, owns: runs('gateway').slice(0, 1) }),
  fleet(),
  ...runs('gateway'),
  ...near,
]

const built: readonly FaultCase[] = [
  row(
    'bad path',
    'a folder that was moved',
    [
      failing(
        'apps',
        ['ArtifactFailed', 'kustomization path not found: stat /tmp/kustomization-2231541/clusters/prod/apps: no such file or directory'],
        { spec: { path: './clusters/prod/apps' } },
      ),
      fleet(),
    ],
    {
      cause: 'PathNotFound',
      at: /^Kustomization\/flux-system\/apps/,
      proof: /clusters\/prod\/apps/,
      fix: /spec\.path/,
    },
  ),
  row(
    'missing resource file',
    'a name with a slip',
    builds(
      "kustomize build failed: accumulating resources: accumulation err='accumulating resources from 'ingres.yaml': open /tmp/kustomization-77/apps/web/ingres.yaml: no such file or directory': must build at directory: not a valid directory: evalsymlink failure on '/tmp/kustomization-77/apps/web/ingres.yaml' : lstat /tmp/kustomization-77/apps/web/ingres.yaml: no such file or directory",
    ),
    { cause: 'ResourceFileMissing', proof: /ingres\.yaml/, fix: /resources|file/ },
  ),
  row(
    'patch without target',
    'a Deployment that was renamed',
    builds(
      'kustomize build failed: no resource matches strategic merge patch "Deployment.v1.apps/webb.[noNs]": no matches for Id Deployment.v1.apps/webb.[noNs]; failed to find unique target for patch Deployment.v1.apps/webb.[noNs]',
    ),
    {
      cause: 'PatchTargetMissing',
      proof: /webb/,
      fix: /patch|target/,
    },
  ),
  row(
    'duplicate resource',
    'a ConfigMap in two bases',
    builds(
      "kustomize build failed: accumulating resources: accumulation err='merging resources from '../base/settings.yaml': may not add resource with an already registered id: ConfigMap.v1.[noGrp]/settings.[noNs]': must build at directory: '/tmp/kustomization-8/base/settings.yaml': file is not directory",
    ),
    { cause: 'DuplicateResource', proof: /already registered id/, fix: any },
  ),
  row(
    'substitution variable missing',
    'in strict mode',
    builds(
      'post build failed for \'web\': envsubst error: variable substitution failed: variable not set (strict mode): "CLUSTER_DOMAIN"',
      { postBuild: { substitute: { REGION: 'eu' } } },
    ),
    {
      cause: 'VariableMissing',
      proof: /CLUSTER_DOMAIN/,
      fix: /postBuild|substitute/,
    },
  ),
  row(
    'substitution ConfigMap missing',
    'beside a suspended tenant',
    [
      ...builds('substitute from \'ConfigMap/cluster-settings\' error: configmaps "cluster-settings" not found', {
        postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'cluster-settings' }] },
      }),
      ...suspendedElsewhere(),
    ],
    {
      cause: 'ConfigMapMissing',
      proof: /cluster-settings/,
      fix: /ConfigMap|optional/,
    },
  ),
  row(
    'SOPS key missing',
    'an age identity for other recipients',
    [
      ...builds(
        "decryption failed for 'db-credentials': failed to decrypt and format 'apps/db-credentials' Secret data: cannot get sops data key: Failed to get the data key required to decrypt the SOPS file.\n\nGroup 0: FAILED\n  age1zyhut6uk754ayr3arpcelf2zvgrllmmj94q8pctwqnr66ul2g5as4wqujw: FAILED\n    - | failed to create reader for decrypting sops data key with\n      | age: no identity matched any of the recipients. Did not find\n      | keys in locations 'SOPS_AGE_KEY_FILE' and\n      | '/.config/sops/age/keys.txt'.\n\nRecovery failed because no master key was able to decrypt the file. In\norder for SOPS to recover the file, at least one key has to be successful,\nbut none were.",
        { decryption: { provider: 'sops', secretRef: { name: 'sops-age' } } },
      ),
      within(fluxNs, object('v1', 'Secret', 'sops-age', { data: { 'age.agekey': 'eA==' } })),
    ],
    { cause: 'DecryptionKeyMissing', proof: /no identity matched|data key/, fix: /key/ },
  ),
  row(
    'SOPS key denied',
    'a role without kms:Decrypt',
    builds(
      "decryption failed for 'db-credentials': failed to decrypt and format 'apps/db-credentials' Secret data: cannot get sops data key: Failed to get the data key required to decrypt the SOPS file.\n\nGroup 0: FAILED\n  arn:aws:kms:eu-west-1:123456789012:key/0f0f: FAILED\n    - | failed to decrypt sops data key with AWS KMS: operation error\n      | KMS: Decrypt, https response error StatusCode: 400, RequestID:\n      | 1b2c, AccessDeniedException: User:\n      | arn:aws:sts::123456789012:assumed-role/flux/1 is not authorized\n      | to perform: kms:Decrypt on resource: arn:aws:kms:eu-west-1:123456789012:key/0f0f\n\nRecovery failed because no master key was able to decrypt the file.",
      { decryption: { provider: 'sops' } },
    ),
    { cause: ['DecryptionKeyDenied'], proof: /not authorized|AccessDenied|data key/, fix: /kms|right|role/i },
  ),
]

const refusals: readonly FaultCase[] = [
  row(
    'missing CRD',
    'of an operator that is not installed',
    applies('ServiceMonitor/apps/web dry-run failed: no matches for kind "ServiceMonitor" in version "monitoring.coreos.com/v1"'),
    { cause: 'MissingCRD', proof: /ServiceMonitor/, fix: /CRD|install|dependsOn/ },
  ),
  row(
    'immutable field',
    'the template of a Job',
    applies(
      'Job/apps/migrate dry-run failed (Invalid): Job.batch "migrate" is invalid: spec.template: Invalid value: core.PodTemplateSpec{ObjectMeta:v1.ObjectMeta{Name:"", GenerateName:"", Namespace:""}, Spec:core.PodSpec{Volumes:[]core.Volume(nil)}}: field is immutable',
      {
        near: [
          object('batch/v1', 'Job', 'migrate', {
            spec: {},
            status: { succeeded: 1, conditions: conditions(['Complete', 'True', '', '']) },
          }),
        ],
      },
    ),
    { cause: 'ImmutableField', at: /Job\/apps\/migrate|Kustomization/, proof: /immutable/, fix: /force|delete|recreate|name/ },
  ),
  row(
    'immutable field',
    'the role of a binding',
    applies(
      'RoleBinding/apps/web dry-run failed (Invalid): RoleBinding.rbac.authorization.k8s.io "web" is invalid: roleRef: Invalid value: rbac.RoleRef{APIGroup:"rbac.authorization.k8s.io", Kind:"ClusterRole", Name:"edit"}: cannot change roleRef',
    ),
    {
      cause: 'ImmutableField',
      proof: /cannot change roleRef/,
      fix: /force|delete|recreate/,
    },
  ),
  row(
    'immutable field',
    'a claim that is bound',
    applies(
      'PersistentVolumeClaim/apps/data dry-run failed (Invalid): PersistentVolumeClaim "data" is invalid: spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
    ),
    {
      cause: ['ImmutableField', 'VolumeCannotShrink'],
      proof: /immutable after creation/,
      fix: any,
    },
  ),
  row(
    'admission policy',
    'of the API server itself',
    applies(
      "Deployment/apps/web dry-run failed (Invalid): deployments.apps \"web\" is forbidden: ValidatingAdmissionPolicy 'require-owner.acme.io' with binding 'require-owner-binding' denied request: every workload must carry the label acme.io/owner",
    ),
    {
      cause: ['PolicyDenied', 'WebhookDenied'],
      proof: /acme\.io\/owner/,
      fix: any,
    },
  ),
  row(
    'webhook denial',
    'of a policy engine, beside a retried job',
    applies(
      "Deployment/apps/web dry-run failed (Forbidden): admission webhook \"validate.kyverno.svc-fail\" denied the request: \n\nresource Deployment/apps/web was blocked due to the following policies \n\ndisallow-latest-tag:\n  autogen-validate-image-tag: 'validation error: Using a mutable image tag e.g. ''latest'' is not allowed. rule autogen-validate-image-tag failed at path /spec/template/spec/containers/0/image/'\n",
      { near: retriedJob() },
    ),
    { cause: ['WebhookDenied', 'PolicyDenied'], proof: /disallow-latest-tag/, fix: any },
  ),
  row(
    'webhook unreachable',
    'its Service has no endpoints',
    applies(
      'Issuer/apps/letsencrypt dry-run failed (InternalError): Internal error occurred: failed calling webhook "webhook.cert-manager.io": failed to call webhook: Post "https://cert-manager-webhook.cert-manager.svc:443/validate?timeout=30s": no endpoints available for service "cert-manager-webhook"',
    ),
    { cause: 'WebhookUnreachable', proof: /no endpoints/, fix: /webhook/ },
  ),
  row(
    'webhook certificate',
    'whose authority is not injected',
    applies(
      'ExternalSecret/apps/db dry-run failed (InternalError): Internal error occurred: failed calling webhook "validate.externalsecret.external-secrets.io": failed to call webhook: Post "https://external-secrets-webhook.external-secrets.svc:443/validate-external-secrets-io-v1-externalsecret?timeout=5s": tls: failed to verify certificate: x509: certificate signed by unknown authority',
    ),
    { cause: ['WebhookUnreachable', 'TlsUnknownAuthority'], proof: /unknown authority/, fix: any },
  ),
  row(
    'RBAC',
    'a tenant without a binding',
    applies(
      'Deployment/apps/web dry-run failed (Forbidden): deployments.apps "web" is forbidden: User "system:serviceaccount:apps:tenant" cannot patch resource "deployments" in API group "apps" in the namespace "apps"',
      { spec: { serviceAccountName: 'tenant' }, near: [within(fluxNs, object('v1', 'ServiceAccount', 'tenant'))] },
    ),
    {
      cause: 'RbacDenied',
      proof: /cannot patch/,
      fix: /Role|bind/,
    },
  ),
  row(
    'namespace missing',
    'that nobody made',
    applies('ConfigMap/staging/settings dry-run failed (NotFound): namespaces "staging" not found'),
    { cause: 'NamespaceMissing', proof: /staging/, fix: /namespace/i },
  ),
  row(
    'namespace terminating',
    'as a finalizer holds something in it',
    applies(
      'Deployment/preview-41/web dry-run failed (Forbidden): deployments.apps "web" is forbidden: unable to create new content in namespace preview-41 because it is being terminated',
      {
        near: [
          namespace('preview-41', {
            metadata: { deletionTimestamp: '2026-01-01T00:10:00Z' } as never,
            status: {
              phase: 'Terminating',
              conditions: conditions([
                'NamespaceFinalizersRemaining',
                'True',
                'SomeFinalizersRemain',
                'Some content in the namespace has finalizers remaining: volumes.acme.io/protect in 1 resource instances',
              ]),
            },
          }),
        ],
      },
    ),
    { cause: ['NamespaceTerminating', 'FinalizerStuck'], proof: /terminated|finalizers/i, fix: any },
  ),
  row(
    'invalid object',
    'a field with a slip',
    applies(
      'Deployment/apps/web dry-run failed: failed to create typed patch object (apps/web; apps/v1, Kind=Deployment): .spec.template.spec.containers[name="app"].resource: field not declared in schema',
    ),
    {
      cause: 'InvalidObject',
      proof: /field not declared/,
      fix: /field|correct/,
    },
  ),
  row(
    'port clash',
    'a node port',
    applies(
      'Service/apps/gateway dry-run failed (Invalid): Service "gateway" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
      { near: scaledDown() },
    ),
    {
      cause: ['PortTaken', 'HostPortTaken'],
      proof: /already allocated/,
      fix: /port/i,
    },
  ),
  row(
    'API server timeout',
    'of etcd',
    applies('Deployment/apps/web dry-run failed (InternalError): Internal error occurred: etcdserver: request timed out'),
    { cause: ['NoAnswer', 'ServerError', 'AdmissionTimeout', 'EtcdFull'], proof: /etcdserver/, fix: any },
  ),
  row(
    'field of another manager',
    'beside a slow start',
    applies(
      'Deployment/apps/web dry-run failed (Conflict): Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1: .spec.replicas',
      { near: slowStart() },
    ),
    { cause: 'FieldManagerConflict', proof: /kubectl-edit/, fix: any },
  ),
]

const waitsFor = (name: string, on: string): KubeObject =>
  failing(name, ['DependencyNotReady', `dependency 'flux-system/${on}' is not ready`], { spec: { dependsOn: [{ name: on }] } })
const below = (said: string, { rest = [] as Near } = {}): KubeObject[] => {
  const dep = deployment('web', {
    progressing: ['Progressing', 'False', 'ProgressDeadlineExceeded', 'ReplicaSet "web-6d4f" has timed out progressing.'],
    more: [replicaFailure(said)],
    status: { replicas: 0 },
  })
  const set = replicaSet(dep, { replicas: 0, more: [replicaFailure(said)] })
  return [waited('apps', [dep], 'Failed'), fleet(), dep, set, event(set, 'FailedCreate', `Error creating: ${said}`), ...rest]
}
const orders: readonly FaultCase[] = [
  row('dependsOn loop', 'of three', [waitsFor('apps', 'databases'), waitsFor('databases', 'infra'), waitsFor('infra', 'apps'), fleet()], {
    cause: 'DependencyLoop',
    proof: /databases|infra|apps/,
    fix: /dependsOn/,
  }),
  row(
    'dependency missing',
    'that was renamed',
    [
      failing(
        'apps',
        [
          'DependencyNotReady',
          'unable to get \'flux-system/infrastructure\' dependency: Kustomization.kustomize.toolkit.fluxcd.io "infrastructure" not found',
        ],
        { spec: { dependsOn: [{ name: 'infrastructure' }] } },
      ),
      fleet(),
      isWell('infra'),
    ],
    {
      cause: 'DependencyMissing',
      proof: /infrastructure/,
      fix: /dependsOn/,
    },
  ),
  row(
    'dependency fails',
    'two steps away, by a missing CRD',
    [
      waitsFor('apps', 'databases'),
      waitsFor('databases', 'operators'),
      failing('operators', [
        'ReconciliationFailed',
        'Cluster/apps/pg dry-run failed: no matches for kind "Cluster" in version "postgresql.cnpg.io/v2"',
      ]),
      fleet(),
      ...suspendedElsewhere(),
    ],
    {
      cause: ['MissingCRD', 'ApiVersionGone'],
      at: /operators/,
      proof: /postgresql\.cnpg\.io\/v2/,
      fix: any,
    },
  ),
  row(
    'dependency suspended',
    'while it was not ready',
    [
      waitsFor('apps', 'infra'),
      within(
        fluxNs,
        ks('infra', { suspend: true, sourceRef: { kind: 'GitRepository', name: 'fleet' } }, [
          'False',
          'ReconciliationFailed',
          'stopped by hand',
        ]),
      ),
      fleet(),
      within(fluxNs, ks('other', {}, readyTrue)),
    ],
    {
      cause: ['Suspended'],
      at: /infra/,
      proof: /suspend/,
      fix: /resume/,
    },
  ),
  row(
    'quota',
    'of CPU limits',
    below(
      'pods "web-6d4f-zz9lk" is forbidden: exceeded quota: team-quota, requested: limits.cpu=2, used: limits.cpu=7, limited: limits.cpu=8',
      {
        rest: [
          object('v1', 'ResourceQuota', 'team-quota', {
            spec: { hard: { 'limits.cpu': '8' } },
            status: { hard: { 'limits.cpu': '8' }, used: { 'limits.cpu': '7' } },
          }),
        ],
      },
    ),
    { cause: 'QuotaExceeded', proof: /team-quota/, fix: /quota/i },
  ),
  row(
    'service account missing',
    'of a Deployment',
    below('pods "web-6d4f-" is forbidden: error looking up service account apps/web-runner: serviceaccount "web-runner" not found'),
    { cause: 'ServiceAccountMissing', proof: /web-runner/, fix: /ServiceAccount|serviceAccount/ },
  ),
  row(
    'pod security',
    'restricted',
    below(
      'pods "web-6d4f-9k2ls" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "app" must set securityContext.allowPrivilegeEscalation=false), runAsNonRoot != true (pod or container "app" must set securityContext.runAsNonRoot=true)',
      { rest: retriedJob() },
    ),
    {
      cause: 'PodSecurityDenied',
      proof: /restricted/,
      fix: /securityContext/,
    },
  ),
  row(
    'limit range',
    'a CPU limit above the most',
    below('pods "web-6d4f-" is forbidden: maximum cpu usage per Container is 1, but limit is 2', {
      rest: [object('v1', 'LimitRange', 'per-container', { spec: { limits: [{ type: 'Container', max: { cpu: '1' } }] } })],
    }),
    { cause: 'LimitRangeExceeded', proof: /maximum cpu/, fix: /limit/i },
  ),
  row(
    'priority class missing',
    'of a Deployment',
    below('pods "web-6d4f-" is forbidden: no PriorityClass with name business-critical was found', {
      rest: [global('scheduling.k8s.io/v1', 'PriorityClass', 'low', { value: 1 })],
    }),
    { cause: 'PriorityClassMissing', proof: /business-critical/, fix: /PriorityClass|priorityClass/ },
  ),
]

export const wholeApplies: readonly FaultCase[] = [...built, ...refusals, ...orders]
