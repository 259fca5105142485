import { fault, type FaultCase } from './case.ts'
import {
  availableNow,
  buildFails,
  crashing,
  deployment,
  event,
  git,
  goodChart,
  goodCharts,
  goodGit,
  heldNamespace,
  inventory,
  ks,
  namespace,
  notHealthy,
  ns,
  object,
  pod,
  readyTrue,
  refused,
  release,
  replicaSet,
  running,
} from './objects.ts'

const denied = (what: string) => `Deployment/apps/web dry-run failed (Forbidden): ${what}`
const by = (ready: readonly [string, string, string], spec = {}) => [ks('apps', spec, ready), goodGit()] as const
const waitsFor = (name: string) => ['False', 'DependencyNotReady', `dependency 'apps/${name}' is not ready`] as const
const dependsOn = (...names: string[]) => ({ dependsOn: names.map(name => ({ name })) })

/** Faults of building, applying, ordering and of the controllers themselves. */
export const fluxFaults: readonly FaultCase[] = [
  fault(
    'bad path',
    'Flux wording',
    [...by(['False', 'ArtifactFailed', 'kustomization path not found: stat /tmp/kustomization-123/deploy: no such file or directory'])],
    { cause: 'PathNotFound', proof: /path not found/, fix: /spec\.path/ },
  ),
  fault(
    'bad path',
    'beside a suspended source',
    [
      ks('apps', { path: './clusters/prd' }, [
        'False',
        'ArtifactFailed',
        'kustomization path not found: stat /tmp/kustomization-3/clusters/prd: no such file or directory',
      ]),
      git('repo', { suspend: true }, ['True', 'Succeeded', 'stored artifact'], { artifact: { revision: 'main@sha1:aa', url: 'http://x' } }),
    ],
    { cause: 'PathNotFound', proof: /clusters\/prd/, fix: /spec\.path/ },
  ),
  fault(
    'substitution variable missing',
    'strict',
    [
      ...by(
        buildFails(
          'post build failed for \'web\': envsubst error: variable substitution failed: variable not set (strict mode): "cluster_domain"',
        ),
      ),
    ],
    {
      cause: 'VariableMissing',
      proof: /cluster_domain/,
      fix: /substitute/,
    },
  ),
  fault(
    'substitution variable missing',
    'source of variables missing',
    [
      ks(
        'apps',
        { postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'vars' }] } },
        buildFails('substitute from \'ConfigMap/vars\' error: configmaps "vars" not found'),
      ),
      goodGit(),
    ],
    { cause: 'ConfigMapMissing', at: /ConfigMap\/apps\/vars/, proof: /vars/, fix: /create/i },
  ),
  fault(
    'SOPS key missing',
    'age',
    [
      ...by(
        buildFails(
          "secret.enc.yaml decryption failed for 'db': cannot get sops data key: Error getting data key: 0 successful groups required, got 0",
        ),
        { decryption: { provider: 'sops' } },
      ),
    ],
    {
      cause: 'DecryptionKeyMissing',
      proof: /data key/,
      fix: /private key/,
    },
  ),
  fault(
    'SOPS key missing',
    'Secret of keys missing',
    [
      ks(
        'apps',
        { decryption: { provider: 'sops', secretRef: { name: 'sops-age' } } },
        buildFails('cannot get decryption Secret \'apps/sops-age\': secrets "sops-age" not found'),
      ),
      goodGit(),
    ],
    { cause: ['SecretMissing'], at: /sops-age/, proof: /sops-age/, fix: /create/i },
  ),
  fault(
    'SOPS not configured',
    'Secret in clear form refused',
    [...by(refused('Secret/apps/db is SOPS encrypted, configuring decryption is required for this secret to be reconciled'))],
    {
      cause: 'DecryptionNotConfigured',
      proof: /SOPS encrypted/,
      fix: /decryption/,
    },
  ),
  fault(
    'kustomize build error',
    'bad patch target',
    [
      ...by(
        buildFails(
          'kustomize build failed: no matches for Id Deployment.v1.apps/web.[noNs]; failed to find unique target for patch Deployment.v1.apps/web.[noNs]',
        ),
      ),
    ],
    {
      cause: 'PatchTargetMissing',
      proof: /no matches for Id/,
      fix: /target/,
    },
  ),
  fault(
    'kustomize build error',
    'duplicate id',
    [
      ...by(
        buildFails(
          "kustomize build failed: accumulating resources: accumulation err='merging resources from './b.yaml': may not add resource with an already registered id: ConfigMap.v1.[noGrp]/a.[noNs]'",
        ),
      ),
    ],
    {
      cause: 'DuplicateResource',
      proof: /already registered id/,
      fix: /twice|one of them/,
    },
  ),
  fault(
    'kustomize build error',
    'YAML syntax',
    [
      ...by(
        buildFails(
          'failed to decode Kubernetes YAML from /tmp/kustomization-1/deploy/a.yaml: MalformedYAMLError: yaml: line 4: mapping values are not allowed in this context in File: a.yaml <nil>',
        ),
      ),
    ],
    {
      cause: 'YamlInvalid',
      proof: /line 4/,
      fix: /file/,
    },
  ),
  fault(
    'kustomize build error',
    'resource file missing',
    [
      ...by(
        buildFails(
          "kustomize build failed: accumulating resources: accumulation err='accumulating resources from 'missing.yaml': open /tmp/kustomization-2/missing.yaml: no such file or directory': must build at directory: not a valid directory: evalsymlink failure on '/tmp/kustomization-2/missing.yaml' : lstat /tmp/kustomization-2/missing.yaml: no such file or directory",
        ),
      ),
    ],
    {
      cause: 'ResourceFileMissing',
      proof: /missing\.yaml/,
      fix: /resources/,
    },
  ),
  fault(
    'missing CRD',
    'Kustomization',
    [...by(refused('ServiceMonitor/apps/web dry-run failed: no matches for kind "ServiceMonitor" in version "monitoring.coreos.com/v1"'))],
    { cause: 'MissingCRD', proof: /no matches for kind/, fix: /CustomResourceDefinition/ },
  ),
  fault(
    'missing CRD',
    'HelmRelease',
    [
      release('web', {}, [
        'False',
        'InstallFailed',
        'Helm install failed for release apps/web with chart web@1.2.3: unable to build kubernetes objects from release manifest: resource mapping not found for name: "web" namespace: "apps" from "": no matches for kind "Certificate" in version "cert-manager.io/v1" ensure CRDs are installed first',
      ]),
      goodChart(),
      goodCharts(),
    ],
    { cause: 'MissingCRD', proof: /Certificate/, fix: /CustomResourceDefinition/ },
  ),
  fault(
    'immutable field',
    'selector',
    [
      ...by(
        refused(
          'Deployment/apps/web dry-run failed (Invalid): Deployment.apps "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable',
        ),
      ),
    ],
    { cause: 'ImmutableField', proof: /immutable/, fix: /force/ },
  ),
  fault(
    'immutable field',
    'StatefulSet',
    [
      ...by(
        refused(
          "StatefulSet/apps/db dry-run failed (Invalid): StatefulSet.apps \"db\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy' are forbidden",
        ),
      ),
    ],
    {
      cause: 'ImmutableField',
      proof: /updates to statefulset/,
      fix: /force/,
    },
  ),
  fault(
    'bad selector',
    'template labels',
    [
      ...by(
        refused(
          'Deployment/apps/web dry-run failed (Invalid): Deployment.apps "web" is invalid: spec.template.metadata.labels: Invalid value: {"app":"b"}: `selector` does not match template `labels`',
        ),
      ),
    ],
    {
      cause: 'SelectorMismatch',
      proof: /does not match template/,
      fix: /labels/,
    },
  ),
  fault(
    'quota',
    'a claim at dry-run',
    [
      ...by(
        refused(
          'PersistentVolumeClaim/apps/data dry-run failed (Forbidden): persistentvolumeclaims "data" is forbidden: exceeded quota: storage, requested: requests.storage=50Gi, used: requests.storage=80Gi, limited: requests.storage=100Gi',
        ),
      ),
    ],
    {
      cause: 'QuotaExceeded',
      at: /ResourceQuota\/apps\/storage/,
      proof: /exceeded quota/,
      fix: /ResourceQuota storage/,
    },
  ),
  fault(
    'webhook denial',
    'policy',
    [
      ...by(
        refused(
          denied(
            'admission webhook "validate.kyverno.svc-fail" denied the request: resource Deployment/apps/web was blocked due to the following policies',
          ),
        ),
      ),
    ],
    { cause: 'WebhookDenied', proof: /denied the request/, fix: /policy/ },
  ),
  fault(
    'webhook denial',
    'HelmRelease',
    [
      release('web', {}, [
        'False',
        'UpgradeFailed',
        'Helm upgrade failed for release apps/web with chart web@1.2.3: admission webhook "validation.gatekeeper.sh" denied the request: [require-owner] you must provide labels: {"owner"}',
      ]),
      goodChart(),
      goodCharts(),
    ],
    { cause: 'WebhookDenied', proof: /gatekeeper/, fix: /denial|policy/ },
  ),
  fault(
    'webhook unreachable',
    'no endpoints',
    [
      ...by(
        refused(
          'Certificate/apps/web dry-run failed (InternalError): Internal error occurred: failed calling webhook "webhook.cert-manager.io": failed to call webhook: Post "https://cert-manager-webhook.cert-manager.svc:443/validate?timeout=30s": no endpoints available for service "cert-manager-webhook"',
        ),
      ),
      namespace('cert-manager'),
    ],
    { cause: 'WebhookUnreachable', proof: /failed calling webhook/, fix: /Service/ },
  ),
  fault(
    'RBAC',
    'impersonated account',
    [
      ...by(
        refused(
          denied(
            'deployments.apps "web" is forbidden: User "system:serviceaccount:apps:deployer" cannot patch resource "deployments" in API group "apps" in the namespace "apps"',
          ),
        ),
        { serviceAccountName: 'deployer' },
      ),
      object('v1', 'ServiceAccount', 'deployer'),
    ],
    {
      cause: 'RbacDenied',
      proof: /cannot patch resource/,
      fix: /Role/,
    },
  ),
  fault(
    'RBAC',
    'cluster scope',
    [
      ...by(
        refused(
          'Namespace/team dry-run failed (Forbidden): namespaces "team" is forbidden: User "system:serviceaccount:apps:tenant" cannot patch resource "namespaces" in API group "" at the cluster scope',
        ),
      ),
    ],
    {
      cause: 'RbacDenied',
      proof: /cannot patch/,
      fix: /Role/,
    },
  ),
  fault(
    'RBAC escalation',
    'roles',
    [
      ...by(
        refused(
          'Role/apps/r dry-run failed (Forbidden): roles.rbac.authorization.k8s.io "r" is forbidden: user "system:serviceaccount:apps:tenant" (groups=["system:serviceaccounts"]) is attempting to grant RBAC permissions not currently held: {APIGroups:[""], Resources:["secrets"], Verbs:["get"]}',
        ),
      ),
    ],
    {
      cause: 'RbacEscalation',
      proof: /not currently held/,
      fix: /bind/,
    },
  ),
  fault(
    'namespace missing',
    'Kustomization',
    [...by(refused('Deployment/team/web namespace not specified: namespaces "team" not found'))],
    { cause: 'NamespaceMissing', at: /Namespace\/team/, proof: /"team" not found/, fix: /create (the )?namespace/ },
  ),
  fault(
    'namespace missing',
    'HelmRelease',
    [
      release('web', { targetNamespace: 'team' }, [
        'False',
        'InstallFailed',
        'Helm install failed for release team/team-web with chart web@1.2.3: create: failed to create: namespaces "team" not found',
      ]),
      goodChart(),
      goodCharts(),
    ],
    {
      cause: 'NamespaceMissing',
      at: /Namespace\/team/,
      proof: /team/,
      fix: /create (the )?namespace/,
    },
  ),
  fault(
    'namespace terminating',
    'finalizers hold it',
    [
      ...by(
        refused(
          'ConfigMap/team/a dry-run failed (Forbidden): configmaps "a" is forbidden: unable to create new content in namespace team because it is being terminated',
        ),
      ),
      heldNamespace('team', 'example.com/keep in 1 resource instances', { since: '2026-01-01T01:00:00Z' }),
    ],
    { cause: 'NamespaceTerminating', at: /Namespace\/team/, proof: /finalizers remaining|being terminated/, fix: /finalizers/ },
  ),
  fault(
    'invalid object',
    'schema',
    [
      ...by(
        refused(
          'Deployment/apps/web dry-run failed (Invalid): Deployment.apps "web" is invalid: spec.template.spec.containers[0].ports[0].containerPort: Invalid value: 99999: must be between 1 and 65535, inclusive',
        ),
      ),
    ],
    {
      cause: 'InvalidObject',
      proof: /containerPort/,
      fix: /containerPort/,
    },
  ),
  fault(
    'invalid object',
    'unknown field',
    [
      ...by(
        refused(
          'Deployment/apps/web dry-run failed: failed to create typed patch object (apps/web; apps/v1, Kind=Deployment): .spec.template.spec.containers[name="app"].prots: field not declared in schema',
        ),
      ),
    ],
    {
      cause: 'InvalidObject',
      proof: /prots/,
      fix: /field/,
    },
  ),
  fault(
    'field manager conflict',
    'HelmRelease',
    [
      release('web', {}, [
        'False',
        'UpgradeFailed',
        'Helm upgrade failed for release apps/web with chart web@1.2.3: conflict occurred while applying object apps/web apps/v1, Kind=Deployment: Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1: .spec.replicas',
      ]),
      goodChart(),
      goodCharts(),
    ],
    {
      cause: 'FieldManagerConflict',
      proof: /kubectl-edit/,
      fix: /force|leave/,
    },
  ),
  fault(
    'field manager conflict',
    'Kustomization',
    [
      ...by(
        refused(
          'Deployment/apps/web dry-run failed (Conflict): Apply failed with 2 conflicts: conflicts with "hpa-controller" using apps/v1:\n- .spec.replicas',
        ),
      ),
    ],
    { cause: 'FieldManagerConflict', proof: /Apply failed/, fix: /force|leave/ },
  ),
  fault(
    'PodSecurity denial',
    'a bare Pod',
    [
      ...by(
        refused(
          'Pod/apps/tool dry-run failed (Forbidden): pods "tool" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "app" must set securityContext.allowPrivilegeEscalation=false)',
        ),
      ),
    ],
    {
      cause: 'PodSecurityDenied',
      proof: /violates PodSecurity/,
      fix: /securityContext/,
    },
  ),
  fault(
    'dependsOn missing',
    'Kustomization',
    [
      ...by(
        ['False', 'DependencyNotReady', 'dependency \'apps/base\' not found: kustomizations.kustomize.toolkit.fluxcd.io "base" not found'],
        dependsOn('base'),
      ),
    ],
    { cause: 'DependencyMissing', at: /Kustomization\/apps\/base/, proof: /base/, fix: /dependsOn/ },
  ),
  fault(
    'dependsOn missing',
    'HelmRelease',
    [
      release('web', dependsOn('db'), [
        'False',
        'DependencyNotReady',
        'unable to get \'apps/db\' dependency: helmreleases.helm.toolkit.fluxcd.io "db" not found',
      ]),
      goodChart(),
      goodCharts(),
    ],
    {
      cause: 'DependencyMissing',
      at: /HelmRelease\/apps\/db/,
      proof: /db/,
      fix: /dependsOn/,
    },
  ),
  fault('dependsOn loop', 'of two', [ks('a', dependsOn('b'), waitsFor('b')), ks('b', dependsOn('a'), waitsFor('a')), goodGit()], {
    cause: 'DependencyLoop',
    proof: /Kustomization\/apps\/[ab]/,
    fix: /dependsOn/,
  }),
  fault(
    'dependsOn loop',
    'of three, seen from outside',
    [
      ks('top', dependsOn('a'), waitsFor('a')),
      ks('a', dependsOn('b'), waitsFor('b')),
      ks('b', dependsOn('c'), waitsFor('c')),
      ks('c', dependsOn('a'), waitsFor('a')),
      goodGit(),
    ],
    { cause: 'DependencyLoop', proof: /apps\/b/, fix: /dependsOn/ },
  ),
  fault(
    'dependsOn not ready',
    'two steps away',
    [
      ks('apps', dependsOn('infra'), waitsFor('infra')),
      ks('infra', dependsOn('crds'), waitsFor('crds')),
      ks('crds', {}, buildFails('kustomize build failed: yaml: line 3: did not find expected key')),
      goodGit(),
    ],
    { cause: 'YamlInvalid', at: /Kustomization\/apps\/crds/, proof: /line 3/, fix: /file/ },
  ),
  fault(
    'dependsOn not ready',
    'a release, beside one that is well',
    [
      release('web', dependsOn('db', 'cache'), ['False', 'DependencyNotReady', "dependency 'apps/db' is not ready"]),
      release('db', {}, [
        'False',
        'InstallFailed',
        'Helm install failed for release apps/db with chart db@1: execution error at (db/templates/secret.yaml:4:3): A password is required!',
      ]),
      release('cache', {}, ['True', 'InstallSucceeded', 'Helm install succeeded']),
      goodChart(),
      goodChart(`${ns}-db`),
      goodCharts(),
    ],
    { cause: 'ChartNeedsValue', at: /HelmRelease\/apps\/db/, proof: /password is required/, fix: /values/ },
  ),
  fault('suspended', 'the Kustomization itself', [ks('apps', { suspend: true }, readyTrue), goodGit()], {
    cause: 'Suspended',
    at: /Kustomization\/apps\/apps/,
    proof: /suspend/,
    fix: /resume/,
  }),
  fault(
    'suspended',
    'a dependency that never ran',
    [ks('apps', dependsOn('base'), waitsFor('base')), ks('base', { suspend: true }, ['False', 'BuildFailed', 'old failure']), goodGit()],
    {
      cause: ['Suspended'],
      at: /base/,
      proof: /suspend/,
      fix: /resume/,
    },
  ),
  fault(
    'health timeout',
    'only slow',
    [
      ks('apps', { wait: true, timeout: '30s' }, notHealthy('Deployment/apps/web'), inventory(deployment('web'))),
      goodGit(),
      deployment('web'),
    ],
    {
      cause: 'HealthTimeout',
      proof: /timeout waiting for/,
      fix: /spec\.timeout/,
    },
  ),
  fault('not reconciled', 'our own engine was not asked', [ks('apps', {}, undefined), goodGit()], {
    cause: 'NotReconciled',
    proof: /none/,
    fix: /call reconcile/,
  }),
  fault(
    'source fails',
    'before what reads it was ever reconciled',
    [
      ks('apps', {}, undefined),
      git('repo', {}, [
        'False',
        'GitOperationFailed',
        'failed to checkout and determine revision: couldn\'t find remote ref "refs/heads/main"',
      ]),
    ],
    { cause: 'GitRefNotFound', at: /GitRepository/, proof: /couldn't find remote ref/, fix: /spec\.ref/ },
  ),
  fault('no controller', 'none installed', [release('web', {}, undefined), goodChart(), goodCharts()], {
    cause: 'NoController',
    proof: /none/,
    fix: /install/,
  }),
  fault(
    'not reconciled',
    'a change that nobody saw',
    [
      (() => {
        const seen = ks('apps', {}, readyTrue)
        return { ...seen, metadata: { ...seen.metadata, generation: 3 } }
      })(),
      goodGit(),
    ],
    { cause: 'NotReconciled', proof: /generation/, fix: /call reconcile/ },
  ),
  ...(() => {
    const down = deployment('kustomize-controller', { progressing: availableNow })
    const here = { ...down, metadata: { ...down.metadata, namespace: 'flux-system', labels: { 'app.kubernetes.io/part-of': 'flux' } } }
    const zero = { ...here, spec: { ...here.spec, replicas: 0 }, status: { observedGeneration: 1 } }
    const asked = ks('apps', {}, readyTrue)
    const requested = { ...asked, metadata: { ...asked.metadata, annotations: { 'reconcile.fluxcd.io/requestedAt': 'now' } } }
    return [
      fault('controller down', 'scaled to zero', [ks('apps', {}, undefined), zero, goodGit()], {
        cause: 'ControllerDown',
        at: /kustomize-controller/,
        proof: /0 of 0/,
        fix: /replicas/,
      }),
      fault('controller down', 'no ready pod, request not handled', [requested, here, goodGit()], {
        cause: 'ControllerDown',
        proof: /requestedAt|readyReplicas/,
        fix: /bring/,
      }),
    ]
  })(),
  fault(
    'HelmRelease failed install',
    'template',
    [
      release('web', {}, [
        'False',
        'InstallFailed',
        'Helm install failed for release apps/web with chart web@1.2.3: template: web/templates/deployment.yaml:10:14: executing "web/templates/deployment.yaml" at <.Values.image.tag>: nil pointer evaluating interface {}.tag',
      ]),
      goodChart(),
      goodCharts(),
    ],
    {
      cause: ['ChartNeedsValue', 'TemplateFailed'],
      proof: /nil pointer/,
      fix: /value/,
    },
  ),
  fault(
    'HelmRelease failed install',
    'foreign object',
    [
      release('web', {}, [
        'False',
        'InstallFailed',
        'Helm install failed for release apps/web with chart web@1.2.3: Unable to continue with install: Service "web" in namespace "apps" exists and cannot be imported into the current release: invalid ownership metadata; label validation error: missing key "app.kubernetes.io/managed-by"',
      ]),
      goodChart(),
      goodCharts(),
    ],
    {
      cause: 'ResourceExists',
      proof: /cannot be imported/,
      fix: /delete|labels/,
    },
  ),
  ...(() => {
    const dep = deployment('web')
    const marked = {
      ...dep,
      metadata: { ...dep.metadata, labels: { 'helm.toolkit.fluxcd.io/name': 'web', 'helm.toolkit.fluxcd.io/namespace': ns } },
    }
    const set = replicaSet(marked)
    const failed = pod(set, { phase: 'Running', container: crashing(1) })
    return [
      fault(
        'HelmRelease failed install',
        'its workload crashes',
        [
          release('web', {}, [
            'False',
            'InstallFailed',
            'Helm install failed for release apps/web with chart web@1.2.3: client rate limiter Wait returned an error: context deadline exceeded',
          ]),
          goodChart(),
          goodCharts(),
          marked,
          set,
          failed,
          event(failed, 'BackOff', 'Back-off restarting failed container app in pod web'),
        ],
        { cause: 'CrashLoop', at: /Pod\/apps\/web/, proof: /exit code 1/, fix: /log/ },
      ),
    ]
  })(),
  fault(
    'missing ConfigMap key',
    'values of a release',
    [
      release('web', { valuesFrom: [{ kind: 'ConfigMap', name: 'vals', valuesKey: 'prod.yaml' }] }, [
        'False',
        'ValuesError',
        "could not resolve ConfigMap chart values reference 'apps/vals' with key 'prod.yaml': missing key 'prod.yaml' in ConfigMap 'apps/vals'",
      ]),
      object('v1', 'ConfigMap', 'vals', { data: {} }),
      goodChart(),
      goodCharts(),
    ],
    { cause: ['ValuesKeyMissing', 'ConfigMapKeyMissing'], proof: /prod\.yaml/, fix: /key/ },
  ),
  fault(
    'finalizer stuck',
    'custom object',
    [object('v1', 'ConfigMap', 'held', { metadata: { deletionTimestamp: '2026-01-01T01:00:00Z', finalizers: ['example.com/keep'] } })],
    { cause: 'FinalizerStuck', proof: /example\.com\/keep/, fix: /finalizer/ },
  ),
  fault(
    'finalizer stuck',
    'Kustomization without a controller',
    [
      (() => {
        const gone = ks('apps', {}, readyTrue)
        return { ...gone, metadata: { ...gone.metadata, deletionTimestamp: '2026-01-01T01:00:00Z', finalizers: ['finalizers.fluxcd.io'] } }
      })(),
      goodGit(),
    ],
    { cause: 'FinalizerStuck', proof: /finalizers\.fluxcd\.io/, fix: /controller/ },
  ),
  fault(
    'a nested Kustomization',
    'fails for its own reason',
    [
      ks('apps', { wait: true }, notHealthy(`Kustomization/${ns}/tenant`), inventory(ks('tenant', {}, undefined))),
      ks(
        'tenant',
        {},
        refused(
          denied(
            'deployments.apps "web" is forbidden: User "system:serviceaccount:apps:tenant" cannot patch resource "deployments" in API group "apps" in the namespace "apps"',
          ),
        ),
      ),
      goodGit(),
      pod('well', { phase: 'Running', ready: true, container: running() }),
    ],
    { cause: 'RbacDenied', at: /Kustomization\/apps\/tenant/, proof: /cannot patch/, fix: /Role/ },
  ),
]
