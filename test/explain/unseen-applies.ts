import {
  crashing,
  deployment,
  event,
  git,
  goodChart,
  goodCharts,
  ks,
  namespace,
  object,
  release,
  replicaSet,
  pod,
  type PodShape,
  stored,
} from './objects.ts'
import {
  alone,
  app,
  around,
  breaks,
  charts,
  chartless,
  headless,
  inFlux,
  pulls,
  refuses,
  releases,
  secret,
  three,
  unstarted,
  waits,
} from './practice.ts'
import { gaveUp, over, asked, behind, fluxObject, fromAbove, later, program, releaseBehind } from './unseen.ts'
import { failing, fleet, labelled, within } from './whole.ts'

const shop = /Kustomization\/flux-system\/shop/
const web = /HelmRelease\/apps\/web/
const failed = (action: 'install' | 'upgrade', says: string): readonly [string, string] => [
  action === 'install' ? 'InstallFailed' : 'UpgradeFailed',
  `Helm ${action} failed for release apps/web with chart web@1.2.3: ${says}`,
]
const remote = { kubeConfig: { secretRef: { name: 'prod-kubeconfig' } } }
const age = { decryption: { provider: 'sops', secretRef: { name: 'sops' } } }
/** The Deployment of a controller of Flux, as its manifests label it, with its pod unless it is scaled to none. */
const controller = (name: string, shape: PodShape, { replicas = 1, said = '' } = {}) => {
  const dep = labelled(deployment(name, { spec: { replicas } }), {
    'app.kubernetes.io/part-of': 'flux',
    'app.kubernetes.io/component': name,
  })
  const set = replicaSet(dep)
  const one = pod(set, shape)
  return [dep, set, ...(replicas > 0 ? [one] : []), ...(said ? [event(one, 'BackOff', said)] : [])].map(o => inFlux(o))
}
const silent = (name: string) => within('apps', release(name, {}))

export const unseenApplies = [
  ...three('a cluster elsewhere that cannot be used', [
    [
      'the key is missing in its Secret',
      breaks("KubeConfig secret 'flux-system/prod-kubeconfig' does not contain a 'value.yaml' key with a kubeconfig", {
        reason: 'ReconciliationFailed',
        spec: { kubeConfig: { secretRef: { name: 'prod-kubeconfig', key: 'value.yaml' } } },
        more: [inFlux(secret('prod-kubeconfig', { kubeconfig: 'eA==' }))],
      }),
      /Kustomization\/flux-system\/shop|Secret\/flux-system\/prod-kubeconfig/,
      /value\.yaml/,
      /key/i,
    ],
    [
      'the Secret is not there, for a release',
      unstarted(
        'web',
        ['RESTClientError', 'could not get KubeConfig secret \'apps/prod-kubeconfig\': secrets "prod-kubeconfig" not found'],
        remote,
      ),
      /HelmRelease\/apps\/web|Secret\/apps\/prod-kubeconfig/,
      /prod-kubeconfig" not found/,
      /create|secret/i,
    ],
    [
      'it does not know who asks',
      refuses('failed to build kube client: the server has asked for the client to provide credentials', [], remote).concat(
        inFlux(secret('prod-kubeconfig', { value: 'eA==' })),
      ),
      /Kustomization\/flux-system\/shop|Secret\/flux-system\/prod-kubeconfig/,
      /provide credentials/,
      /kubeconfig|credential|token/i,
    ],
  ]),
  ...three('tenants that may not', [
    [
      'a release and its storage',
      releases(
        'web',
        failed(
          'install',
          'create: failed to create: secrets is forbidden: User "system:serviceaccount:apps:tenant" cannot create resource "secrets" in API group "" in the namespace "apps"',
        ),
        {
          spec: { serviceAccountName: 'tenant' },
        },
      ).concat(object('v1', 'ServiceAccount', 'tenant')),
      /HelmRelease\/apps\/web|ServiceAccount\/apps\/tenant|Role/,
      /cannot create resource "secrets"/,
      /role|grant|RBAC/i,
    ],
    [
      'the controller may not act for it',
      refuses(
        'ConfigMap/apps/web dry-run failed (Forbidden): serviceaccounts "tenant" is forbidden: User "system:serviceaccount:flux-system:kustomize-controller" cannot impersonate resource "serviceaccounts" in API group "" in the namespace "apps"',
        [],
        { serviceAccountName: 'tenant' },
      ),
      /Kustomization\/flux-system\/shop|ServiceAccount|Role/,
      /cannot impersonate/,
      /role|grant|RBAC|impersonat/i,
    ],
    [
      'it gives more than it has',
      fromAbove(
        refuses(
          'ClusterRole/reader dry-run failed (Forbidden): clusterroles.rbac.authorization.k8s.io "reader" is forbidden: user "system:serviceaccount:apps:tenant" (groups=["system:serviceaccounts" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["nodes"], Verbs:["list"]}',
          [],
          { serviceAccountName: 'tenant' },
        ),
      ),
      /Kustomization\/flux-system\/shop|ClusterRole\/\S*reader|ServiceAccount/,
      /not currently held/,
      /grant|role|escalate|permission/i,
    ],
  ]),
  ...three('sources in another namespace that may not be used', [
    [
      'a release',
      unstarted('web', ['AccessDenied', "can't access 'HelmRepository/flux-system/charts', cross-namespace references have been blocked"]),
      web,
      /cross-namespace/,
      /namespace/i,
    ],
    [
      'a Kustomization',
      breaks("can't access 'GitRepository/platform/fleet', cross-namespace references have been blocked", {
        reason: 'AccessDenied',
        spec: { sourceRef: { kind: 'GitRepository', name: 'fleet', namespace: 'platform' } },
        more: [within('platform', git('fleet', {}, stored))],
      }),
      shop,
      /cross-namespace/,
      /namespace/i,
    ],
    [
      'a policy of images',
      alone([
        fluxObject('image.toolkit.fluxcd.io/v1', 'ImagePolicy', 'app', [
          { imageRepositoryRef: { name: 'app', namespace: 'team-a' }, policy: { semver: { range: '*' } } },
          [
            'Ready',
            'False',
            'AccessDenied',
            "failed to get the referred ImageRepository: access denied: cannot access 'team-a/app', cross-namespace references have been disabled",
          ],
        ]),
      ]),
      /ImagePolicy\/flux-system\/app/,
      /cross-namespace/,
      /namespace|access/i,
    ],
  ]),
  ...three('an object twice', [
    [
      'in two files',
      breaks(
        "kustomize build failed: accumulating resources: accumulation err='merging resources from 'service.yaml': may not add resource with an already registered id: Service.v1.[noGrp]/web.apps': must build at directory: '/tmp/kustomization-118/deploy/service.yaml': file is not directory",
      ),
      shop,
      /already registered id/,
      /take one|remove|twice|duplicate|once|rename/i,
    ],
    [
      'after the namespace is set',
      fromAbove(
        breaks(
          'kustomize build failed: namespace transformation produces ID conflict: [{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","namespace":"apps"}} {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","namespace":"apps"}}]',
        ),
      ),
      shop,
      /ID conflict/,
      /take one|remove|twice|duplicate|once|rename/i,
    ],
    [
      'a patch that fits two',
      breaks(
        'kustomize build failed: multiple matches for Id Deployment.v1.apps/web.[noNs]; failed to find unique target for patch Deployment.v1.apps/web.[noNs]',
      ),
      shop,
      /unique target|multiple matches/,
      /patch|target|namespace|remove|twice/i,
    ],
  ]),
  ...three('patches that find nothing', [
    [
      'a strategic one',
      breaks(
        'kustomize build failed: no resource matches strategic merge patch "Deployment.v1.apps/webb.[noNs]": no matches for Id Deployment.v1.apps/webb.[noNs]; failed to find unique target for patch Deployment.v1.apps/webb.[noNs]',
      ),
      shop,
      /webb/,
      /patch|name/i,
    ],
    [
      'one of JSON',
      breaks(
        'kustomize build failed: replace operation does not apply: doc is missing path: /spec/template/spec/containers/0/resources/limits: missing value',
      ),
      shop,
      /missing path/,
      /patch|path|add/i,
    ],
    [
      'a replacement',
      behind(breaks('kustomize build failed: unable to find field "spec.rules.0.hosts" in replacement target')),
      shop,
      /spec\.rules\.0\.hosts/,
      /field|path|replacement/i,
    ],
  ]),
  ...three('kustomization.yaml that kustomize does not take', [
    [
      'an unknown field',
      breaks('kustomize build failed: invalid Kustomization: json: unknown field "patchesStrategicMergee"'),
      shop,
      /patchesStrategicMergee/,
      /field|correct|remove/i,
    ],
    [
      'charts in kustomize',
      breaks(
        'kustomize build failed: trouble configuring builtin HelmChartInflationGenerator with config: `\nname: redis\nrepo: https://charts.bitnami.com/bitnami\nversion: 20.1.0\n`: must specify --enable-helm',
      ),
      shop,
      /enable-helm/,
      /HelmRelease|helm/i,
    ],
    [
      'a file of a generator',
      later(
        breaks(
          "kustomize build failed: loading KV pairs: file sources: [config/app.properties]: evalsymlink failure on '/tmp/kustomization-77/deploy/config/app.properties' : lstat /tmp/kustomization-77/deploy/config: no such file or directory",
        ),
      ),
      shop,
      /app\.properties/,
      /file|path|add/i,
    ],
  ]),
  ...three('fields that do not belong', [
    [
      'unknown to the schema',
      refuses(
        'Deployment/apps/web dry-run failed: failed to create typed patch object (apps/web; apps/v1, Kind=Deployment): .spec.template.spec.containers[name="web"].resource: field not declared in schema',
      ),
      /Deployment\/apps\/web|Kustomization\/flux-system\/shop/,
      /\.resource: field not declared/,
      /field|remove|correct|spelling/i,
    ],
    [
      'a Secret that is not base64',
      fromAbove(
        refuses('Secret/apps/db dry-run failed: failed to convert Secret: error decoding from json: illegal base64 data at input byte 8'),
      ),
      /Secret\/apps\/db|Kustomization\/flux-system\/shop/,
      /illegal base64/,
      /base64|stringData/i,
    ],
    [
      'Helm, and a number that should be a text',
      releases(
        'web',
        failed(
          'upgrade',
          'cannot patch "web" with kind Deployment: Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string',
        ),
      ),
      /HelmRelease\/apps\/web|Deployment\/apps\/web/,
      /cannot unmarshal number/,
      /quot|string|type|value/i,
    ],
  ]),
  ...three('objects that are not valid', [
    [
      'a mount without its volume',
      refuses(
        'Deployment/apps/web dry-run failed (Invalid): Deployment.apps "web" is invalid: spec.template.spec.containers[0].volumeMounts[0].name: Not found: "config"',
      ),
      /Deployment\/apps\/web|Kustomization\/flux-system\/shop/,
      /Not found: "config"/,
      /volume|field|correct/i,
    ],
    [
      'an Ingress without a type of path',
      releases(
        'web',
        failed(
          'install',
          '1 error occurred:\n\t* Ingress.networking.k8s.io "web" is invalid: spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified\n\n',
        ),
      ),
      /HelmRelease\/apps\/web|Ingress\/apps\/web/,
      /pathType must be specified/,
      /pathType|set|field/i,
    ],
    [
      'a schedule with 25 hours',
      behind(
        refuses(
          'CronJob/apps/report dry-run failed (Invalid): CronJob.batch "report" is invalid: spec.schedule: Invalid value: "0 25 * * *": end of range (25) above maximum (23): 25',
        ),
      ),
      /CronJob\/apps\/report|Kustomization\/flux-system\/shop/,
      /above maximum \(23\)/,
      /schedule|value|correct/i,
    ],
  ]),
  ...three('what cannot be changed', [
    [
      'a claim template',
      refuses(
        "StatefulSet/apps/db dry-run failed (Invalid): StatefulSet.apps \"db\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
        [
          object('apps/v1', 'StatefulSet', 'db', {
            spec: { replicas: 1 },
            status: { observedGeneration: 1, replicas: 1, readyReplicas: 1, currentReplicas: 1, updatedReplicas: 1, availableReplicas: 1 },
          }),
          headless('db'),
        ],
      ),
      /StatefulSet\/apps\/db|Kustomization\/flux-system\/shop/,
      /updates to statefulset spec/,
      /delete|recreate|replace|force/i,
    ],
    [
      'a class of storage',
      refuses(
        'StorageClass/fast dry-run failed (Forbidden): StorageClass.storage.k8s.io "fast" is invalid: parameters: Forbidden: updates to parameters are forbidden.',
      ),
      /StorageClass\/\S*fast|Kustomization\/flux-system\/shop/,
      /updates to parameters are forbidden/,
      /delete|recreate|replace|force|new name|another name/i,
    ],
    [
      'the role of a binding',
      releases(
        'web',
        failed(
          'upgrade',
          'cannot patch "web" with kind RoleBinding: RoleBinding.rbac.authorization.k8s.io "web" is invalid: roleRef: Invalid value: rbac.RoleRef{APIGroup:"rbac.authorization.k8s.io", Kind:"ClusterRole", Name:"edit"}: cannot change roleRef',
        ),
      ),
      /HelmRelease\/apps\/web|RoleBinding\/apps\/web/,
      /cannot change roleRef/,
      /delete|recreate|replace|force/i,
    ],
  ]),
  ...three('namespaces that are going or gone', [
    [
      'one that cannot end',
      refuses(
        'ConfigMap/apps/web dry-run failed (Forbidden): configmaps "web" is forbidden: unable to create new content in namespace apps because it is being terminated',
      ).concat(
        namespace('apps', {
          metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' },
          spec: { finalizers: ['kubernetes'] },
          status: {
            phase: 'Terminating',
            conditions: [
              {
                type: 'NamespaceContentRemaining',
                status: 'True',
                reason: 'SomeResourcesRemain',
                message: 'Some resources are remaining: kafkatopics.kafka.strimzi.io has 3 resource instances',
                lastTransitionTime: '2026-01-01T00:00:00Z',
              },
              {
                type: 'NamespaceFinalizersRemaining',
                status: 'True',
                reason: 'SomeFinalizersRemain',
                message: 'Some content in the namespace has finalizers remaining: strimzi.io/topic-operator in 3 resource instances',
                lastTransitionTime: '2026-01-01T00:00:00Z',
              },
            ],
          },
        }),
      ),
      /Namespace\/\S*apps|Kustomization\/flux-system\/shop/,
      /being terminated|finalizers remaining/,
      /finalizer|namespace|operator/i,
    ],
    [
      'one that was never made, for a release',
      releases('web', failed('install', 'create: failed to create: namespaces "team-a" not found'), {
        spec: { targetNamespace: 'team-a', storageNamespace: 'team-a' },
      }),
      /HelmRelease\/apps\/web|Namespace\/\S*team-a/,
      /namespaces "team-a" not found/,
      /create/i,
    ],
    [
      'one whose API does not answer',
      asked(
        'Namespace',
        alone([
          namespace('apps', {
            metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' },
            spec: { finalizers: ['kubernetes'] },
            status: {
              phase: 'Terminating',
              conditions: [
                {
                  type: 'NamespaceDeletionDiscoveryFailure',
                  status: 'True',
                  reason: 'DiscoveryFailed',
                  message:
                    'Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: metrics.k8s.io/v1beta1: stale GroupVersion discovery: metrics.k8s.io/v1beta1',
                  lastTransitionTime: '2026-01-01T00:00:00Z',
                },
              ],
            },
          }),
        ]),
      ),
      /Namespace\/\S*apps|APIService/,
      /metrics\.k8s\.io\/v1beta1/,
      /APIService|metrics|server|remove|restore/i,
    ],
  ]),
  ...three('health checks that say nothing sensible', [
    [
      'an expression that cannot be read',
      breaks(
        "Reconciliation failed terminally due to configuration error: failed to create custom status evaluator for healthchecks[0]: failed to parse the expression InProgress: failed to parse the CEL expression 'status.phase = \"Ready\"': ERROR: <input>:1:14: Syntax error: token recognition error at: '= '",
        {
          reason: 'InvalidCELExpression',
          spec: { healthCheckExprs: [{ apiVersion: 'acme.io/v1', kind: 'Site', current: 'status.phase = "Ready"' }] },
        },
      ),
      shop,
      /Syntax error/,
      /expression|healthCheckExprs/i,
    ],
    [
      'a field that is not there',
      breaks(
        'health check failed after 30.1s: failed to evaluate the CEL expression \'status.conditions.filter(e, e.type == "Ready").all(e, e.status == "True")\': no such key: conditions',
        {
          reason: 'HealthCheckFailed',
          spec: {
            healthCheckExprs: [
              {
                apiVersion: 'acme.io/v1',
                kind: 'Site',
                current: 'status.conditions.filter(e, e.type == "Ready").all(e, e.status == "True")',
              },
            ],
          },
        },
      ),
      shop,
      /no such key: conditions/,
      /expression|healthCheckExprs|has\(/i,
    ],
    [
      'a check of what is never applied',
      breaks("health check failed after 5m0.05s: timeout waiting for: [Deployment/apps/legacy status: 'NotFound']", {
        reason: 'HealthCheckFailed',
        spec: { healthChecks: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'legacy', namespace: 'apps' }] },
      }),
      /Kustomization\/flux-system\/shop|Deployment\/apps\/legacy/,
      /legacy/,
      /healthChecks|remove|add|create/i,
    ],
  ]),
  ...three('braces of shells in manifests', [
    [
      'a list of Bash',
      breaks(
        "post build failed for 'ConfigMap.v1.[noGrp]/scripts.apps': envsubst error: variable substitution failed: missing closing brace",
        { spec: { postBuild: { substitute: { A: 'b' } } } },
      ),
      shop,
      /missing closing brace/,
      /\$\$|escape|brace/i,
    ],
    [
      'an expansion that is none',
      later(
        breaks("post build failed for 'CronJob.v1.batch/backup.apps': envsubst error: variable substitution failed: bad substitution", {
          spec: { postBuild: { substitute: { A: 'b' } } },
        }),
      ),
      shop,
      /bad substitution/,
      /\$\$|escape|brace|expression|\$\{/i,
    ],
    [
      'a variable with a hyphen',
      breaks(
        "post build failed for 'Ingress.v1.networking.k8s.io/web.apps': envsubst error: variable substitution failed: '1ST-HOST' is an invalid var name",
        { spec: { postBuild: { substitute: { '1ST-HOST': 'a.io' } } } },
      ),
      shop,
      /1ST-HOST/,
      /name|rename|letter/i,
    ],
  ]),
  ...three('keys of SOPS that are somewhere else', [
    [
      'the cloud refuses',
      breaks(
        "decryption failed for 'db': failed to decrypt and format 'apps/db' Secret data: cannot get sops data key: Failed to get the data key required to decrypt the SOPS file.\n\nGroup 0: FAILED\n  arn:aws:kms:eu-west-1:123456789012:key/1f2e: FAILED\n    - | failed to decrypt sops data key with AWS KMS: operation error KMS: Decrypt, https response error StatusCode: 400, AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/node/i-0aa is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:eu-west-1:123456789012:key/1f2e",
        { spec: { decryption: { provider: 'sops' } } },
      ),
      /Kustomization\/flux-system\/shop|ServiceAccount/,
      /kms:Decrypt/,
      /kms|grant|role|permission|key/i,
    ],
    [
      'PGP',
      breaks(
        "decryption failed for 'db': failed to decrypt and format 'apps/db' Secret data: cannot get sops data key: Failed to get the data key required to decrypt the SOPS file.\n\nGroup 0: FAILED\n  85D77543B3D624B63CEA9E6DBC17301B491B3F21: FAILED\n    - | could not decrypt data key with PGP key:\n      | github.com/ProtonMail/go-crypto/openpgp error: could not\n      | load secring: open /.gnupg/secring.gpg: no such file or directory; GnuPG binary error: failed to decrypt sops data key with pgp: gpg: decryption failed: No secret key",
        { spec: age, more: [inFlux(secret('sops', { 'sops.asc': 'eA==' }))] },
      ),
      /Kustomization\/flux-system\/shop|Secret\/flux-system\/sops/,
      /could not decrypt data key with PGP|No secret key/,
      /key/i,
    ],
    [
      'somebody edited the file',
      fromAbove(
        breaks(
          "decryption failed for 'db': failed to decrypt and format 'apps/db' Secret data: MAC mismatch. File has 2F0C, computed 77AA",
          {
            spec: age,
            more: [inFlux(secret('sops', { 'age.agekey': 'eA==' }))],
          },
        ),
      ),
      shop,
      /MAC mismatch/,
      /encrypt|sops|edit/i,
    ],
  ]),
  ...three('controllers of Flux that do not run', [
    [
      'sources cannot be downloaded',
      breaks(
        'failed to download archive: GET http://source-controller.flux-system.svc.cluster.local./gitrepository/flux-system/fleet/9f2b7c0d.tar.gz giving up after 10 attempt(s): Get "http://source-controller.flux-system.svc.cluster.local./gitrepository/flux-system/fleet/9f2b7c0d.tar.gz": dial tcp 10.96.3.4:80: connect: connection refused',
        { reason: 'ArtifactFailed', more: controller('source-controller', {}, { replicas: 0 }) },
      ),
      /Deployment\/flux-system\/source-controller/,
      /connection refused|replicas/,
      /scale|replicas|start/i,
    ],
    [
      'a release that nobody looks at',
      alone([
        silent('web'),
        ...controller(
          'helm-controller',
          { phase: 'Running', container: crashing(137, 'OOMKilled') },
          { said: 'Back-off restarting failed container manager in pod helm-controller-6d4f-x2x4z_flux-system(1f0c)' },
        ),
      ]),
      /(?:Pod|Deployment)\/flux-system\/helm-controller/,
      /OOMKilled/,
      /memory/i,
    ],
    [
      'a Kustomization that nobody looks at',
      alone([
        inFlux(ks('shop', { sourceRef: { kind: 'GitRepository', name: 'fleet' } })),
        ...controller('kustomize-controller', {
          container: {
            state: {
              waiting: {
                reason: 'ImagePullBackOff',
                message:
                  'Back-off pulling image "ghcr.io/fluxcd/kustomize-controller:v1.6.99": ErrImagePull: ghcr.io/fluxcd/kustomize-controller:v1.6.99: not found',
              },
            },
          },
        }),
      ]),
      /(?:Pod|Deployment)\/flux-system\/kustomize-controller/,
      /v1\.6\.99/,
      /image|tag/i,
    ],
  ]),
  ...three('somebody suspended it', [
    [
      'the repository of the charts, before it had an index',
      chartless('web', ['NoSourceArtifact', "no artifact available for HelmRepository source 'charts'"], {
        from: { ...charts({ suspend: true }, ['Failed', '']), status: {} } as ReturnType<typeof goodCharts>,
      }),
      /HelmRepository\/apps\/charts/,
      /suspend/i,
      /resume|suspend/i,
    ],
    [
      'two steps away',
      behind([
        failing('shop', ['DependencyNotReady', "dependency 'flux-system/base' is not ready"], { spec: { dependsOn: [{ name: 'base' }] } }),
        failing(
          'base',
          ['HealthCheckFailed', "health check failed after 2m0s: timeout waiting for: [Job/apps/init status: 'InProgress']"],
          { spec: { suspend: true } },
        ),
        fleet(),
        ...around(),
      ]),
      /Kustomization\/flux-system\/base/,
      /suspend/i,
      /resume|suspend/i,
    ],
    [
      'a release that another waits for',
      [
        releaseBehind('web', 'db'),
        release('db', { suspend: true }, undefined, { conditions: [] }),
        goodChart('apps-web'),
        goodCharts(),
        fleet(),
        ...around(),
      ],
      /HelmRelease\/apps\/db/,
      /suspend/i,
      /resume|suspend/i,
    ],
  ]),
  ...three('hooks of Helm that fail', [
    [
      'a migration',
      releases(
        'web',
        failed('upgrade', 'pre-upgrade hooks failed: 1 error occurred:\n\t* job web-migrate failed: BackoffLimitExceeded\n\n'),
        {
          made: gaveUp('web-migrate', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit', {
            ...over(1, 'Error'),
            log: 'Running migrations...\ndjango.db.utils.ProgrammingError: column "sku" of relation "orders" already exists',
          }),
        },
      ),
      /(?:Pod|Job)\/apps\/web-migrate/,
      /column "sku" of relation "orders" already exists/,
      /migrat|schema|column|log/i,
    ],
    [
      'one whose image is not there',
      releases('web', failed('install', 'failed post-install: 1 error occurred:\n\t* timed out waiting for the condition\n\n'), {
        made: pulls(
          'web-seed',
          'ghcr.io/acme/seed:9.9.9',
          'rpc error: code = NotFound desc = failed to pull and unpack image "ghcr.io/acme/seed:9.9.9": failed to resolve reference "ghcr.io/acme/seed:9.9.9": ghcr.io/acme/seed:9.9.9: not found',
          { kind: 'Job' },
        ),
      }),
      /(?:Pod|Job)\/apps\/web-seed/,
      /seed:9\.9\.9/,
      /image|tag/i,
    ],
    [
      'a test',
      releases(
        'web',
        [
          'TestFailed',
          'Helm test failed for release apps/web.v3 with chart web@1.2.3: 1 error occurred:\n\t* pod web-test-connection failed\n\n',
        ],
        {
          made: [
            object('v1', 'Pod', 'web-test-connection', {
              metadata: {
                annotations: {
                  'helm.sh/hook': 'test',
                  'sandbox.fluxpilot.dev/log': "wget: can't connect to remote host (10.96.8.8): Connection refused",
                },
              },
              spec: { restartPolicy: 'Never', nodeName: 'worker-1', containers: [{ name: 'wget', image: 'busybox' }] },
              status: {
                phase: 'Failed',
                containerStatuses: [
                  {
                    name: 'wget',
                    image: 'busybox',
                    ready: false,
                    restartCount: 0,
                    state: {
                      terminated: { exitCode: 1, reason: 'Error', startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:05Z' },
                    },
                  },
                ],
              },
            }),
          ],
        },
      ),
      /Pod\/apps\/web-test-connection|HelmRelease\/apps\/web/,
      /Connection refused|web-test-connection failed/,
      /test|port|service|reach|listen/i,
    ],
  ]),
  ...three('charts that lack something', [
    [
      'their own dependencies',
      chartless(
        'web',
        [
          'DependencyBuildError',
          "dependency build error: failed to add remote dependency 'common': no 'common' chart with version matching '2.99.x' found",
        ],
        { from: git('repo', {}, stored), chart: { chart: './charts/web' } },
      ),
      /HelmChart\/apps\/apps-web|HelmRelease\/apps\/web/,
      /2\.99\.x/,
      /version|depend|Chart\.yaml/i,
    ],
    [
      'a newer Kubernetes',
      releases('web', failed('upgrade', 'chart requires kubeVersion: >=1.31.0-0 which is incompatible with Kubernetes v1.29.6')),
      web,
      /kubeVersion/,
      /upgrade|version|chart/i,
    ],
    [
      'kinds of an operator',
      releases(
        'web',
        failed(
          'install',
          'unable to build kubernetes objects from release manifest: [resource mapping not found for name: "web" namespace: "apps" from "": no matches for kind "PodMonitor" in version "monitoring.coreos.com/v1"\nensure CRDs are installed first, resource mapping not found for name: "web" namespace: "apps" from "": no matches for kind "PrometheusRule" in version "monitoring.coreos.com/v1"\nensure CRDs are installed first]',
        ),
      ),
      /HelmRelease\/apps\/web|CustomResourceDefinition/,
      /PodMonitor/,
      /CRD|install/i,
    ],
  ]),
  ...three('guards of the cluster that say no', [
    [
      'Gatekeeper',
      refuses(
        'Deployment/apps/web dry-run failed (Forbidden): admission webhook "validation.gatekeeper.sh" denied the request: [must-have-owner] you must provide labels: {"owner"}',
      ),
      /Deployment\/apps\/web|Kustomization\/flux-system\/shop/,
      /must provide labels/,
      /label|owner|policy/i,
    ],
    [
      'a policy of the API server',
      releases(
        'web',
        failed(
          'install',
          "1 error occurred:\n\t* deployments.apps \"web\" is forbidden: ValidatingAdmissionPolicy 'replica-limit' with binding 'replica-limit-apps' denied request: failed expression: object.spec.replicas <= 5\n\n",
        ),
      ),
      /HelmRelease\/apps\/web|Deployment\/apps\/web|ValidatingAdmissionPolicy/,
      /object\.spec\.replicas <= 5/,
      /polic|replicas/i,
    ],
    [
      'Pod Security, hours ago',
      later(
        waits(
          app('agent', {
            kind: 'Deployment',
            failure:
              'pods "agent-7c9d8b6f5d-" is forbidden: violates PodSecurity "baseline:latest": hostPath volumes (volume "root"), privileged (container "agent" must not set securityContext.privileged=true)',
          }),
        ),
      ),
      /(?:Deployment|ReplicaSet|Namespace)\/apps\/agent|Namespace/,
      /violates PodSecurity/,
      /securityContext|privileged|hostPath|namespace|label/i,
    ],
  ]),
  ...three('guards of the cluster that do not answer', [
    [
      'its pod crashes',
      refuses(
        'Ingress/apps/web dry-run failed (InternalError): Internal error occurred: failed calling webhook "validate.nginx.ingress.kubernetes.io": failed to call webhook: Post "https://ingress-nginx-controller-admission.ingress-nginx.svc:443/networking/v1/ingresses?timeout=10s": no endpoints available for service "ingress-nginx-controller-admission"',
      ).concat(
        object('v1', 'Service', 'ingress-nginx-controller-admission', {
          metadata: { namespace: 'ingress-nginx' },
          spec: { selector: { app: 'nginx' }, ports: [{ port: 443 }] },
        }),
        program(
          'nginx',
          'F0101 00:00:00.000000 7 main.go:72] Error while initiating a connection to the Kubernetes API server. This could mean the cluster is misconfigured',
        ).map(o => within('ingress-nginx', o)),
      ),
      /(?:Pod|Deployment|Service)\/ingress-nginx\/|Kustomization\/flux-system\/shop/,
      /no endpoints available|misconfigured/,
      /webhook|pod|endpoint|start|log/i,
    ],
    [
      'its certificate',
      releases(
        'web',
        failed(
          'install',
          '1 error occurred:\n\t* Internal error occurred: failed calling webhook "webhook.cert-manager.io": failed to call webhook: Post "https://cert-manager-webhook.cert-manager.svc:443/validate?timeout=30s": tls: failed to verify certificate: x509: certificate signed by unknown authority\n\n',
        ),
      ),
      /HelmRelease\/apps\/web|WebhookConfiguration|Service/,
      /unknown authority/,
      /caBundle|cainjector|certificate/i,
    ],
    [
      'too late',
      waits(
        app('web', {
          failure:
            'Internal error occurred: failed calling webhook "mutate.kyverno.svc-fail": failed to call webhook: Post "https://kyverno-svc.kyverno.svc:443/mutate/fail?timeout=10s": context deadline exceeded',
        }),
      ),
      /(?:Deployment|ReplicaSet)\/apps\/web|WebhookConfiguration|Service/,
      /deadline exceeded/,
      /webhook|kyverno|reach|timeout/i,
    ],
  ]),
  ...three('limits of a namespace', [
    [
      'a quota of memory',
      later(
        waits(
          app('api', {
            failure:
              'pods "api-7c9d8b6f5d-k2x9q" is forbidden: exceeded quota: compute, requested: limits.memory=2Gi, used: limits.memory=15Gi, limited: limits.memory=16Gi',
          }),
        ),
      ),
      /(?:Deployment|ReplicaSet|ResourceQuota)\/apps\/(?:api|compute)/,
      /exceeded quota: compute/,
      /quota|memory/i,
    ],
    [
      'limits that have to be said',
      waits(
        app('db', {
          kind: 'StatefulSet',
          failure: 'pods "db-0" is forbidden: failed quota: compute: must specify limits.cpu for: db; requests.memory for: db',
        }),
      ),
      /(?:StatefulSet|ResourceQuota)\/apps\/(?:db|compute)/,
      /must specify limits\.cpu/,
      /limits|requests|resources/i,
    ],
    [
      'a range',
      asked(
        'DaemonSet',
        waits(
          app('agent', {
            kind: 'DaemonSet',
            failure: 'pods "agent-" is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi',
          }),
        ),
      ),
      /(?:DaemonSet|LimitRange)\/apps\//,
      /maximum memory usage per Container/,
      /LimitRange|limit|memory/i,
    ],
  ]),
]
