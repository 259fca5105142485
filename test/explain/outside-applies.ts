import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import type { FaultCase } from './case.ts'
import { global, object, release } from './objects.ts'
import { above, depends, serves, asking, inNamespace, thrice } from './outside-kit.ts'
import { app, breaks, config, inFlux, noEnds, refuses, releases, secret, service } from './practice.ts'
import { failing, fleet, fluxNs, isWell, within } from './whole.ts'

const installs = (name: string, why: string, more: readonly KubeObject[] = []): KubeObject[] => [
  ...releases(name, ['InstallFailed', `Helm install failed for release apps/${name} with chart ${name}@1.2.3: ${why}`]),
  ...more,
]
const upgrades = (name: string, why: string, more: readonly KubeObject[] = []): KubeObject[] => [
  ...releases(name, ['UpgradeFailed', `Helm upgrade failed for release apps/${name} with chart ${name}@1.2.3: ${why}`]),
  ...more,
]
const hook = (kind: string, name: string, serves: string, ns: string, rest: JsonObject = {}): KubeObject =>
  global('admissionregistration.k8s.io/v1', kind, name, {
    webhooks: [
      {
        name: serves,
        clientConfig: { service: { name: ns === 'kyverno' ? 'kyverno-svc' : name, namespace: ns, path: '/validate', port: 443 } },
        failurePolicy: 'Fail',
        rules: [],
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        ...rest,
      },
    ],
  })

const admission: FaultCase[] = [
  ...thrice('denied at admission', [
    [
      'Kyverno',
      refuses(
        'Deployment/apps/web dry-run failed (Forbidden): admission webhook "validate.kyverno.svc-fail" denied the request: \n\nresource Deployment/apps/web was blocked due to the following policies \n\nrequire-requests-limits:\n  autogen-validate-resources: \'validation error: CPU and memory resource requests and limits are required. rule autogen-validate-resources failed at path /spec/template/spec/containers/0/resources/limits/\'\n',
      ),
      /Deployment\/apps\/web|Kustomization\/flux-system\/shop/,
      /require-requests-limits/,
      /polic|limit|request/i,
    ],
    [
      'Gatekeeper, a release',
      upgrades(
        'web',
        'failed to create resource: admission webhook "validation.gatekeeper.sh" denied the request: [must-have-owner] you must provide labels: {"owner"}',
      ),
      /apps\/web/,
      /must-have-owner/,
      /polic|label/i,
    ],
    [
      'a ValidatingAdmissionPolicy, a StatefulSet',
      refuses(
        "StatefulSet/apps/db dry-run failed (Invalid): statefulsets.apps \"db\" is forbidden: ValidatingAdmissionPolicy 'replicas.example.com' with binding 'replicas-prod' denied request: object.spec.replicas must be at least 3",
      ),
      /StatefulSet\/apps\/db|replicas|Kustomization/,
      /must be at least 3/,
      /polic|replicas/i,
    ],
  ]),
  ...thrice('webhook that does not answer', [
    [
      "Kyverno's pod is out of memory",
      [
        ...refuses(
          'Deployment/apps/web dry-run failed (InternalError): Internal error occurred: failed calling webhook "validate.kyverno.svc-fail": failed to call webhook: Post "https://kyverno-svc.kyverno.svc:443/validate/fail?timeout=10s": dial tcp 10.96.1.1:443: connect: connection refused',
        ),
        hook('ValidatingWebhookConfiguration', 'kyverno-resource-validating-webhook-cfg', 'validate.kyverno.svc-fail', 'kyverno'),
        ...inNamespace('kyverno', [
          service('kyverno-svc', { selector: { app: 'kyverno' }, ports: [{ port: 443, targetPort: 9443 }] }),
          noEnds('kyverno-svc'),
          ...app('kyverno', {
            phase: 'Running',
            state: {
              ...serves('kyverno'),
              ready: false,
              started: false,
              restartCount: 31,
              state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting failed container=kyverno' } },
              lastState: {
                terminated: { exitCode: 137, reason: 'OOMKilled', startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:01:00Z' },
              },
            },
          }),
        ]),
      ],
      /kyverno/,
      /OOMKilled/,
      /memory/i,
    ],
    [
      'cert-manager has no ends, a release',
      installs(
        'certs',
        'failed to create resource: Internal error occurred: failed calling webhook "webhook.cert-manager.io": failed to call webhook: Post "https://cert-manager-webhook.cert-manager.svc:443/validate?timeout=30s": no endpoints available for service "cert-manager-webhook"',
      ),
      /cert-manager|apps\/certs/,
      /no endpoints available/,
      /webhook/i,
    ],
    [
      'its certificate is not for it',
      refuses(
        'Ingress/apps/shop dry-run failed (InternalError): Internal error occurred: failed calling webhook "validate.nginx.ingress.kubernetes.io": failed to call webhook: Post "https://ingress-nginx-controller-admission.ingress-nginx.svc:443/networking/v1/ingresses?timeout=10s": tls: failed to verify certificate: x509: certificate is valid for ingress.local, not ingress-nginx-controller-admission.ingress-nginx.svc',
      ),
      /./,
      /certificate is valid for ingress\.local/,
      /certificate|CA|caBundle/i,
    ],
  ]),
  ...thrice('right that is missing', [
    [
      'of the account of a tenant',
      refuses(
        'Role/apps/reader dry-run failed (Forbidden): roles.rbac.authorization.k8s.io "reader" is forbidden: user "system:serviceaccount:flux-system:tenant" (groups=["system:serviceaccounts" "system:serviceaccounts:flux-system" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["list"]}',
        [],
        { serviceAccountName: 'tenant' },
      ).concat(inFlux(object('v1', 'ServiceAccount', 'tenant'))),
      /./,
      /not currently held/,
      /role|RBAC|grant|bind/i,
    ],
    [
      'of a release',
      installs(
        'ops',
        'failed to create resource: clusterroles.rbac.authorization.k8s.io is forbidden: User "system:serviceaccount:apps:helm" cannot create resource "clusterroles" in API group "rbac.authorization.k8s.io" at the cluster scope',
        [object('v1', 'ServiceAccount', 'helm')],
      ),
      /./,
      /cannot create resource "clusterroles"/,
      /role|RBAC|grant/i,
    ],
    [
      'the account itself is not there',
      refuses('serviceaccounts "tenant" not found', [], { serviceAccountName: 'tenant' }),
      /tenant|shop/,
      /tenant/,
      /account/i,
    ],
  ]),
  ...thrice('kind that the cluster does not have', [
    [
      'ServiceMonitor, and the one who brings it fails',
      [...refuses('ServiceMonitor/apps/web dry-run failed: no matches for kind "ServiceMonitor" in version "monitoring.coreos.com/v1"')],
      /shop|ServiceMonitor/,
      /no matches for kind "ServiceMonitor"/,
      /CRD|CustomResourceDefinition|install/i,
    ],
    [
      'a release',
      installs(
        'web',
        'unable to build kubernetes objects from release manifest: resource mapping not found for name: "web" namespace: "apps" from "": no matches for kind "PodMonitor" in version "monitoring.coreos.com/v1"\nensure CRDs are installed first',
      ),
      /web|PodMonitor/,
      /PodMonitor/,
      /CRD|CustomResourceDefinition|install/i,
    ],
    [
      'an old version of an API',
      refuses('PodDisruptionBudget/apps/web dry-run failed: no matches for kind "PodDisruptionBudget" in version "policy/v1beta1"'),
      /web|shop/,
      /policy\/v1beta1/,
      /version|policy\/v1|apiVersion/i,
    ],
  ]),
  ...thrice('field that may not be changed', [
    [
      'of a Job',
      refuses(
        'Job/apps/migrate dry-run failed (Invalid): Job.batch "migrate" is invalid: spec.template: Invalid value: core.PodTemplateSpec{ObjectMeta:v1.ObjectMeta{Name:"", Labels:map[string]string{"app":"migrate"}}}: field is immutable',
      ),
      /Kustomization\/flux-system\/shop|Job\/apps\/migrate/,
      /field is immutable/,
      /force|recreate|delete|immutable/i,
    ],
    [
      'a StatefulSet of a release',
      upgrades(
        'db',
        "cannot patch \"db\" with kind StatefulSet: StatefulSet.apps \"db\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      ),
      /apps\/db/,
      /updates to statefulset spec/,
      /force|recreate|delete|replace/i,
    ],
    [
      'a role that a binding names, two levels above',
      above(
        refuses(
          'ClusterRoleBinding/shop dry-run failed (Invalid): ClusterRoleBinding.rbac.authorization.k8s.io "shop" is invalid: roleRef: Invalid value: rbac.RoleRef{APIGroup:"rbac.authorization.k8s.io", Kind:"ClusterRole", Name:"view"}: cannot change roleRef',
        ),
      ),
      /shop/,
      /cannot change roleRef/,
      /delete|recreate|force/i,
    ],
  ]),
  ...thrice('object that is not valid', [
    [
      'a label',
      refuses(
        "Service/apps/web dry-run failed (Invalid): Service \"web\" is invalid: metadata.labels: Invalid value: \"feature/login\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
      ),
      /Kustomization\/flux-system\/shop|Service\/apps\/web/,
      /feature\/login/,
      /label|value/i,
    ],
    [
      'a field of another type',
      refuses(
        'Deployment/apps/web dry-run failed: failed to create typed patch object (apps/web; apps/v1, Kind=Deployment): .spec.template.spec.containers[name="web"].env[name="PORT"].value: expected string, got &value.valueUnstructured{Value:8080}',
      ),
      /Kustomization\/flux-system\/shop|Deployment\/apps\/web/,
      /expected string/,
      /quot|string|type|field/i,
    ],
    [
      'a namespace that is not there, a release',
      releases(
        'web',
        [
          'InstallFailed',
          'Helm install failed for release shop/web with chart web@1.2.3: create: failed to create: namespaces "shop" not found',
        ],
        { spec: { targetNamespace: 'shop' } },
      ),
      /web|shop/,
      /namespaces "shop" not found/,
      /namespace/i,
    ],
  ]),
  ...thrice('field of which somebody else has charge', [
    [
      'with server-side apply',
      refuses(
        'Deployment/apps/web apply failed: Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas',
      ),
      /shop|apps\/web/,
      /conflict with "kubectl/,
      /manager|force|field|owner/i,
    ],
    [
      'made by hand, a release',
      installs(
        'web',
        'Unable to continue with install: ServiceAccount "web" in namespace "apps" exists and cannot be imported into the current release: invalid ownership metadata; label validation error: missing key "app.kubernetes.io/managed-by": must be set to "Helm"; annotation validation error: missing key "meta.helm.sh/release-name": must be set to "web"',
        [object('v1', 'ServiceAccount', 'web')],
      ),
      /web/,
      /invalid ownership metadata/,
      /adopt|annotat|label|owner/i,
    ],
    [
      'of another release',
      installs(
        'web',
        'Unable to continue with install: ClusterRole "reader" in namespace "" exists and cannot be imported into the current release: invalid ownership metadata; annotation validation error: key "meta.helm.sh/release-name" must equal "web": current value is "other"',
      ),
      /web|reader/,
      /current value is "other"/,
      /release|name|owner/i,
    ],
  ]),
]

const builds: FaultCase[] = [
  ...thrice('kustomize build', [
    [
      'a file that is not there',
      breaks(
        "kustomize build failed: accumulating resources: accumulation err='accumulating resources from 'hpa.yaml': open /tmp/kustomization-1/apps/prod/hpa.yaml: no such file or directory': must build at directory: not a valid directory: evalsymlink failure on '/tmp/kustomization-1/apps/prod/hpa.yaml' : lstat /tmp/kustomization-1/apps/prod/hpa.yaml: no such file or directory",
      ),
      /shop/,
      /hpa\.yaml/,
      /hpa\.yaml|file|resource/i,
    ],
    [
      'a patch of nothing',
      breaks(
        'kustomize build failed: no matches for Id Deployment.v1.apps/frontend.[noNs]; failed to find unique target for patch Deployment.v1.apps/frontend.[noNs]',
      ),
      /shop/,
      /frontend/,
      /patch|target/i,
    ],
    [
      'an id twice, two levels above',
      above(
        breaks(
          "kustomize build failed: accumulating resources: accumulation err='merging resources from '../base': may not add resource with an already registered id: ConfigMap.v1.[noGrp]/settings.[noNs]': must build at directory: '/tmp/kustomization-1/apps/base': file is not directory",
        ),
      ),
      /shop/,
      /already registered id/,
      /out of the kustomization/i,
    ],
  ]),
  ...thrice('YAML of a source', [
    [
      'its indent',
      breaks(
        "kustomize build failed: accumulating resources: accumulation err='accumulating resources from 'deployment.yaml': MalformedYAMLError: yaml: line 23: did not find expected key in File: deployment.yaml': must build at directory: '/tmp/kustomization-1/apps/deployment.yaml': file is not directory",
      ),
      /shop/,
      /line 23/,
      /YAML|line|indent/i,
    ],
    [
      'an unknown field of its kustomization.yaml',
      breaks('kustomize build failed: invalid Kustomization: json: unknown field "patchesStrategicMergee"'),
      /shop/,
      /patchesStrategicMergee/,
      /field|kustomization/i,
    ],
    [
      'a template that is not YAML',
      breaks(
        'failed to decode Kubernetes YAML from /tmp/kustomization-1/charts/templates/web.yaml: error converting YAML to JSON: yaml: invalid map key: map[string]interface {}{".Values.name":interface {}(nil)}',
      ),
      /shop/,
      /invalid map key|web\.yaml/,
      /./,
    ],
  ]),
  ...thrice('path', [
    [
      'that is not in the repository',
      breaks('kustomization path not found: stat /tmp/kustomization-1/clusters/prodd: no such file or directory', {
        reason: 'ArtifactFailed',
        spec: { path: './clusters/prodd' },
      }),
      /shop/,
      /prodd/,
      /path/i,
    ],
    [
      'two levels above',
      above(
        breaks('kustomization path not found: stat /tmp/kustomization-1/apps: no such file or directory', {
          reason: 'ArtifactFailed',
          spec: { path: './apps' },
        }),
      ),
      /Kustomization\/flux-system\/shop/,
      /path not found/,
      /path/i,
    ],
    [
      'others depend on it',
      depends(
        breaks('kustomization path not found: stat /tmp/kustomization-1/infra/nginx: no such file or directory', {
          reason: 'ArtifactFailed',
          spec: { path: './infra/nginx' },
        }),
      ),
      /Kustomization\/flux-system\/shop/,
      /infra\/nginx/,
      /path/i,
    ],
  ]),
  ...thrice('substitution', [
    [
      'from a ConfigMap that is not there',
      breaks("post build failed for 'web': substitute from 'ConfigMap/cluster-vars' error: configmaps \"cluster-vars\" not found", {
        spec: { postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'cluster-vars' }] } },
        more: [config('cluster-vars')],
      }),
      /shop|cluster-vars/,
      /cluster-vars/,
      /cluster-vars/,
    ],
    [
      'a variable that is not set',
      breaks(
        'post build failed for \'web\': envsubst error: variable substitution failed: variable not set (strict mode): "CLUSTER_DOMAIN"',
        { spec: { postBuild: { substitute: { CLUSTER_NAME: 'prod' } } } },
      ),
      /shop/,
      /CLUSTER_DOMAIN/,
      /CLUSTER_DOMAIN|variable/,
    ],
    [
      'a script in a ConfigMap that is taken for one',
      breaks("post build failed for 'scripts': envsubst error: variable substitution failed: unable to parse variable name", {
        spec: { postBuild: { substitute: { A: 'b' } } },
      }),
      /shop/,
      /unable to parse variable name/,
      /\$\$|escape|substitute|variable/i,
    ],
  ]),
  ...thrice('decryption', [
    [
      'no Secret of keys',
      breaks('secrets "sops-age" not found', { spec: { decryption: { provider: 'sops', secretRef: { name: 'sops-age' } } } }),
      /shop|sops-age/,
      /sops-age/,
      /sops-age|key/,
    ],
    [
      'for another recipient',
      breaks(
        "decryption failed for 'Secret.v1.[noGrp]/db.apps': failed to decrypt and format 'apps/db' Secret data: cannot get sops data key: Failed to get the data key required to decrypt the SOPS file.\n\nGroup 0: FAILED\n  age1a077vlnu40w8l5pfm4800uf9wrw88fp52spav3n55l3usrz5ypcqesxl4u: FAILED\n    - | failed to create reader for decrypting sops data key with\n      | age: identity did not match any of the recipients: incorrect\n      | identity for recipient block\n\nRecovery failed because no master key was able to decrypt the file.",
        {
          spec: { decryption: { provider: 'sops', secretRef: { name: 'sops-age' } } },
          more: [inFlux(secret('sops-age', { 'age.agekey': 'eA==' }))],
        },
      ),
      /shop|sops-age/,
      /did not\s*match any of/,
      /key|recipient/i,
    ],
    [
      'KMS refuses, two levels above',
      above(
        breaks(
          "decryption failed for 'Secret.v1.[noGrp]/db.apps': failed to decrypt and format 'apps/db' Secret data: cannot get sops data key: Failed to get the data key required to decrypt the SOPS file.\n\nGroup 0: FAILED\n  arn:aws:kms:eu-west-1:123456789012:key/1: FAILED\n    - | failed to decrypt sops data key with AWS KMS: operation error\n      | KMS: Decrypt, https response error StatusCode: 400,\n      | RequestID: 1, api error AccessDeniedException: User:\n      | arn:aws:sts::123456789012:assumed-role/nodes/i-1 is not\n      | authorized to perform: kms:Decrypt",
          { spec: { decryption: { provider: 'sops' } } },
        ),
      ),
      /Kustomization\/flux-system\/shop/,
      /AccessDeniedException|kms:Decrypt/,
      /KMS|role|key|permission|grant/i,
    ],
  ]),
  ...thrice('encrypted Secret without decryption', [
    [
      'as Flux says it',
      refuses('Secret/apps/db is SOPS encrypted, configuring decryption is required for this secret to be reconciled'),
      /apps\/db|shop/,
      /SOPS encrypted/,
      /decryption/,
    ],
    [
      'others depend on it',
      depends(refuses('Secret/apps/tls is SOPS encrypted, configuring decryption is required for this secret to be reconciled')),
      /apps\/tls|shop/,
      /SOPS encrypted/,
      /decryption/,
    ],
    [
      'as the API server says it',
      refuses(
        'ConfigMap/apps/settings dry-run failed: failed to create typed patch object (apps/settings; /v1, Kind=ConfigMap): .sops: field not declared in schema',
      ),
      /settings|shop/,
      /\.sops: field not declared/,
      /decrypt|sops/i,
    ],
  ]),
]

const kubeconfig = { kubeConfig: { secretRef: { name: 'remote' } } }
const remote: FaultCase[] = [
  ...thrice('cluster elsewhere', [
    [
      'no Secret',
      refuses('unable to read KubeConfig secret \'flux-system/remote\' error: secrets "remote" not found', [], kubeconfig),
      /shop|remote/,
      /remote/,
      /remote|kubeConfig/,
    ],
    [
      'it does not answer, a release',
      [
        ...asking('HelmRelease', [
          release('web', kubeconfig, [
            'False',
            'InstallFailed',
            'Helm install failed for release apps/web with chart web@1.2.3: Kubernetes cluster unreachable: Get "https://10.20.0.1:6443/version": dial tcp 10.20.0.1:6443: i/o timeout',
          ]),
          ...installs('other', 'x').filter(o => o.kind !== 'HelmRelease' && o.kind !== 'Event'),
          secret('remote', { value: 'eA==' }),
        ]),
      ],
      /web|remote/,
      /10\.20\.0\.1:6443/,
      /reach|cluster|network|server/i,
    ],
    [
      'its token is no longer taken',
      refuses(
        'Namespace/shop dry-run failed: failed to get API group resources: unable to retrieve the complete list of server APIs: v1: Unauthorized',
        [],
        kubeconfig,
      ).concat(inFlux(secret('remote', { value: 'eA==' }))),
      /shop|remote/,
      /Unauthorized/,
      /kubeconfig|token|credential/i,
    ],
  ]),
  ...thrice('reference into another namespace', [
    [
      'of a Kustomization',
      [
        failing('shop', ['AccessDenied', "can't access 'GitRepository/platform/fleet', cross-namespace references have been blocked"], {
          spec: { sourceRef: { kind: 'GitRepository', name: 'fleet', namespace: 'platform' } },
        }),
        within('platform', fleet()),
        isWell('catalog'),
      ],
      /shop/,
      /cross-namespace references have been blocked/,
      /namespace/i,
    ],
    [
      'of a release',
      [
        release('web', { chart: { spec: { chart: 'web', sourceRef: { kind: 'HelmRepository', name: 'charts', namespace: fluxNs } } } }, [
          'False',
          'AccessDenied',
          "can't access 'HelmRepository/flux-system/charts', cross-namespace references have been blocked",
        ]),
        isWell('catalog'),
      ],
      /web/,
      /cross-namespace references have been blocked/,
      /namespace/i,
    ],
    [
      'of an ImagePolicy',
      [
        object('image.toolkit.fluxcd.io/v1', 'ImagePolicy', 'web', {
          spec: { imageRepositoryRef: { name: 'web', namespace: fluxNs }, policy: { semver: { range: '*' } } },
          status: {
            observedGeneration: 1,
            conditions: [
              {
                type: 'Ready',
                status: 'False',
                reason: 'AccessDenied',
                message: "cannot access 'flux-system/web', cross-namespace references have been disabled",
                lastTransitionTime: '2026-01-01T00:00:00Z',
              },
            ],
          },
        }),
        isWell('catalog'),
      ],
      /web/,
      /cross-namespace references/,
      /namespace/i,
    ],
  ]),
]

export const outsideApplies: FaultCase[] = [...admission, ...builds, ...remote]
