import type { KubeObject } from '../../src/kinds/manifest.ts'
import { heldNamespace, object } from './objects.ts'
import { alone, app, inFlux, refuses, releases, three, waits } from './practice.ts'

const top = /Kustomization\/flux-system\/shop/.source
const or = (...more: readonly string[]): RegExp => new RegExp([top, ...more].join('|'))
const quota = (hard: string, used: string): KubeObject =>
  object('v1', 'ResourceQuota', 'team', {
    spec: { hard: { 'limits.memory': hard } },
    status: { hard: { 'limits.memory': hard }, used: { 'limits.memory': used } },
  })
const leaving = (name: string): KubeObject => heldNamespace(name, 'kafka.strimzi.io/topic-operator in 3 resource instances')

export const blindApplies = [
  ...three('blind: a definition is missing', [
    [
      'in a release',
      releases('web', [
        'InstallFailed',
        'Helm install failed for release apps/web with chart web@1.2.3: unable to build kubernetes objects from release manifest: resource mapping not found for name: "web" namespace: "apps" from "": no matches for kind "ServiceMonitor" in version "monitoring.coreos.com/v1"\nensure CRDs are installed first',
      ]),
      /HelmRelease\/apps\/web|CustomResourceDefinition/,
      /no matches for kind "ServiceMonitor"/,
      /CRD|CustomResourceDefinition|install|operator|definition/i,
    ],
    [
      'in a Kustomization',
      refuses('ClusterIssuer/letsencrypt dry-run failed: no matches for kind "ClusterIssuer" in version "cert-manager.io/v1alpha2"'),
      or('ClusterIssuer', 'CustomResourceDefinition'),
      /no matches for kind "ClusterIssuer"/,
      /CRD|CustomResourceDefinition|install|operator|definition|version/i,
    ],
    [
      'of a policy',
      refuses('CiliumNetworkPolicy/apps/deny-all dry-run failed: no matches for kind "CiliumNetworkPolicy" in version "cilium.io/v2"'),
      or('CiliumNetworkPolicy', 'CustomResourceDefinition'),
      /no matches for kind "CiliumNetworkPolicy"/,
      /CRD|CustomResourceDefinition|install|operator|definition|version/i,
    ],
  ]),
  ...three('blind: an immutable field', [
    [
      'a release with a StatefulSet',
      releases('db', [
        'UpgradeFailed',
        "Helm upgrade failed for release apps/db with chart db@1.2.3: cannot patch \"db\" with kind StatefulSet: StatefulSet.apps \"db\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      ]),
      /HelmRelease\/apps\/db|StatefulSet\/apps\/db/,
      /updates to statefulset spec/,
      /delete|recreate|force|immutable|replace/i,
    ],
    [
      'the role of a binding',
      refuses(
        'RoleBinding/apps/deployer dry-run failed (Invalid): RoleBinding.rbac.authorization.k8s.io "deployer" is invalid: roleRef: Invalid value: {"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"deployer-v2"}: cannot change roleRef',
      ),
      or('RoleBinding/apps/deployer'),
      /cannot change roleRef/,
      /delete|recreate|force|immutable|replace/i,
    ],
    [
      'the selector of a Deployment',
      refuses(
        'Deployment/apps/web dry-run failed (Invalid): Deployment.apps "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"web","tier":"front"}}: field is immutable',
      ),
      or('Deployment/apps/web'),
      /field is immutable/,
      /delete|recreate|force|immutable|replace/i,
    ],
  ]),
  ...three('blind: a quota', [
    [
      'of a StatefulSet',
      waits(
        app('db', {
          kind: 'StatefulSet',
          failure:
            'pods "db-0" is forbidden: exceeded quota: team, requested: limits.memory=4Gi, used: limits.memory=6Gi, limited: limits.memory=8Gi',
        }),
        { more: [quota('8Gi', '6Gi')] },
      ),
      /(?:StatefulSet|Pod)\/apps\/db|ResourceQuota\/apps\/team/,
      /exceeded quota: team/,
      /quota/i,
    ],
    [
      'limits must be set',
      waits(app('web', { failure: 'pods "web-7c9d8b6f5d-4kq8z" is forbidden: failed quota: team: must specify limits.memory for: web' }), {
        more: [quota('8Gi', '1Gi')],
      }),
      /(?:Deployment|ReplicaSet|Pod)\/apps\/web|ResourceQuota\/apps\/team/,
      /must specify limits\.memory/,
      /quota|limit|resources/i,
    ],
    [
      'of claims',
      refuses(
        'PersistentVolumeClaim/apps/uploads dry-run failed (Forbidden): persistentvolumeclaims "uploads" is forbidden: exceeded quota: storage, requested: requests.storage=500Gi, used: requests.storage=800Gi, limited: requests.storage=1Ti',
      ),
      or('PersistentVolumeClaim/apps/uploads', 'ResourceQuota/apps/storage'),
      /exceeded quota: storage/,
      /quota/i,
    ],
  ]),
  ...three('blind: a webhook denies', [
    [
      'a release',
      releases('web', [
        'InstallFailed',
        'Helm install failed for release apps/web with chart web@1.2.3: 1 error occurred:\n\t* admission webhook "validate.nginx.ingress.kubernetes.io" denied the request: host "shop.example.com" and path "/" is already defined in ingress legacy/shop\n\n',
      ]),
      /HelmRelease\/apps\/web|Ingress\/|WebhookConfiguration/,
      /already defined in ingress legacy\/shop/,
      /host|path|ingress|webhook|polic/i,
    ],
    [
      'Gatekeeper',
      refuses(
        'Deployment/apps/web dry-run failed (Forbidden): admission webhook "validation.gatekeeper.sh" denied the request: [must-have-owner] you must provide labels: {"owner"}',
      ),
      or('Deployment/apps/web', 'K8sRequiredLabels', 'WebhookConfiguration'),
      /must-have-owner/,
      /label|polic|webhook|constraint/i,
    ],
    [
      'Kyverno',
      refuses(
        "Deployment/apps/api dry-run failed: admission webhook \"validate.kyverno.svc-fail\" denied the request: \n\nresource Deployment/apps/api was blocked due to the following policies \n\ndisallow-latest-tag:\n  autogen-validate-image-tag: 'validation error: Using a mutable image tag e.g. ''latest'' is not allowed. rule autogen-validate-image-tag failed at path /spec/template/spec/containers/0/image/'\n",
      ),
      or('Deployment/apps/api', 'Policy', 'WebhookConfiguration'),
      /disallow-latest-tag|mutable image tag/,
      /polic|tag|image|webhook/i,
    ],
  ]),
  ...three('blind: a right is missing', [
    [
      'a release under an account',
      releases(
        'web',
        [
          'InstallFailed',
          'Helm install failed for release apps/web with chart web@1.2.3: failed to create resource: roles.rbac.authorization.k8s.io "web" is forbidden: user "system:serviceaccount:apps:deployer" (groups=["system:serviceaccounts" "system:serviceaccounts:apps" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list" "watch"]}',
        ],
        { spec: { serviceAccountName: 'deployer' }, made: [object('v1', 'ServiceAccount', 'deployer')] },
      ),
      /HelmRelease\/apps\/web|Role\/apps\/web|ServiceAccount\/apps\/deployer/,
      /not currently held/,
      /role|rbac|permission|right|grant|serviceaccount/i,
    ],
    [
      'a Kustomization under an account',
      refuses(
        'CronJob/apps/report dry-run failed (Forbidden): cronjobs.batch "report" is forbidden: User "system:serviceaccount:flux-system:tenant" cannot patch resource "cronjobs" in API group "batch" in the namespace "apps"',
        [inFlux(object('v1', 'ServiceAccount', 'tenant'))],
        { serviceAccountName: 'tenant' },
      ),
      or('CronJob/apps/report', 'ServiceAccount/flux-system/tenant'),
      /cannot patch resource "cronjobs"/,
      /role|rbac|permission|right|grant|serviceaccount/i,
    ],
    [
      'a program that may not list',
      waits(
        app('operator', {
          phase: 'Running',
          pod: { serviceAccountName: 'default' },
          state: {
            restartCount: 11,
            state: {
              waiting: {
                reason: 'CrashLoopBackOff',
                message: 'back-off 5m0s restarting failed container=operator pod=operator-7c9d8b6f5d-k2x9q_apps(1f0c2a7e)',
              },
            },
            lastState: {
              terminated: { exitCode: 1, reason: 'Error', startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:00Z' },
            },
          },
          said: [['BackOff', 'Back-off restarting failed container operator in pod operator-7c9d8b6f5d-k2x9q_apps(1f0c2a7e)']],
          log: 'E0101 00:00:00.000000       1 reflector.go:166] "Unhandled Error" err="failed to list *v1.ConfigMap: configmaps is forbidden: User \\"system:serviceaccount:apps:default\\" cannot list resource \\"configmaps\\" in API group \\"\\" at the cluster scope"\nproblem running manager: failed to wait for caches to sync\n',
        }),
      ),
      /(?:Pod|ReplicaSet|Deployment)\/apps\/operator|ServiceAccount\/apps\/default/,
      /configmaps is forbidden|cannot list resource/,
      /role|rbac|permission|right|grant|serviceaccount/i,
    ],
  ]),
  ...three('blind: a namespace is going', [
    [
      'a release',
      [
        ...releases('web', [
          'InstallFailed',
          'Helm install failed for release apps/web with chart web@1.2.3: failed to create resource: secrets "web-config" is forbidden: unable to create new content in namespace web because it is being terminated',
        ]),
        leaving('web'),
      ],
      /Namespace\/.*web|HelmRelease\/apps\/web/,
      /being terminated|finalizers remaining/,
      /finalizer|namespace|terminat/i,
    ],
    [
      'a Kustomization',
      [
        ...refuses(
          'ConfigMap/kafka/settings dry-run failed (Forbidden): configmaps "settings" is forbidden: unable to create new content in namespace kafka because it is being terminated',
        ),
        leaving('kafka'),
      ],
      or('Namespace/.*kafka', 'ConfigMap/kafka/settings'),
      /being terminated|finalizers remaining/,
      /finalizer|namespace|terminat/i,
    ],
    ['asked about the namespace', alone([leaving('kafka')]), /Namespace\/.*kafka/, /finalizers remaining/, /finalizer/i],
  ]),
]
