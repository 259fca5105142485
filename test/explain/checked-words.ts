import { fault, type FaultCase } from './case.ts'
import { breaks, chartless, refuses, waits, work } from './checked.ts'
import { conditions, crashing, deployment, helmChart, object, waiting } from './objects.ts'
import { printing } from './whole.ts'

/** What programs print, each with what its fix has to say. */
const ends = (says: string, log: string, fix: RegExp): FaultCase => {
  const all = work('Deployment', 'web', [{ phase: 'Running', container: crashing(1) }, []])
  const told = waits(all.map(o => (o.kind === 'Pod' ? printing(o, log) : o)))
  return fault('last words', says, told, { at: /^Pod\/apps\/web/, proof: /log of app/, fix })
}
const holds = (says: string, [reason, message]: readonly [string, string], fix: RegExp): FaultCase =>
  fault('on its node', says, waits(work('Deployment', 'web', [{ container: waiting('ContainerCreating') }, [[reason, message]]])), {
    at: /^Pod\/apps\/web/,
    proof: /event Failed/,
    fix,
  })
const pulls = (says: string, [image, reason, message]: readonly [string, string, string], fix: RegExp): FaultCase =>
  fault('image', says, waits(work('Deployment', 'web', [{ container: { ...waiting(reason, message), image } }, []])), {
    at: /^Pod\/apps\/web/,
    proof: /state\.waiting/,
    fix,
  })
const chart = (says: string, message: string): FaultCase =>
  fault('chart dependency', says, chartless('web', ['DependencyBuildError', message], helmChart('apps-web', {})), {
    at: /^HelmChart\/apps\/apps-web/,
    proof: /redis/,
    fix: /redis in Chart\.yaml/,
  })

export const checkedWords: readonly FaultCase[] = [
  ends(
    'a certificate that has expired',
    'level=fatal msg="cannot reach identity provider" error="Get \\"https://sso.acme.io/.well-known/openid-configuration\\": tls: failed to verify certificate: x509: certificate has expired or is not yet valid"',
    /certificate/,
  ),
  ends('an API server that wants a login', 'error: You must be logged in to the server (Unauthorized)', /credentials/),
  ends('a database that is not there', 'django.db.utils.OperationalError: (1049, "Unknown database \'shop\'")', /create it there/),
  ends('a database without connections', 'FATAL:  sorry, too many clients already', /max_connections/),
  ends(
    'another libc',
    "/app/server: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' not found (required by /app/server)",
    /base image/,
  ),
  ends(
    'a configuration of Prometheus',
    'Error loading config (--config.file=/etc/prometheus/prometheus.yml): parsing YAML file /etc/prometheus/prometheus.yml: yaml: unmarshal errors:\n  line 12: field scrape_confgs not found in type config.plain',
    /configuration file/,
  ),
  ends(
    'an upstream of nginx',
    'nginx: [emerg] host not found in upstream "api.apps.svc.cluster.local" in /etc/nginx/conf.d/default.conf:4',
    /Service of that name/,
  ),
  ends(
    'a lease it may not read',
    'E0101 leaderelection.go:340] error retrieving resource lock apps/web: leases.coordination.k8s.io "web" is forbidden: User "system:serviceaccount:apps:web" cannot get resource "leases" in API group "coordination.k8s.io" in the namespace "apps"',
    /bind system:serviceaccount:apps:web .* get on leases/,
  ),
  holds(
    'a secret of AWS that the driver may not read',
    [
      'FailedMount',
      'MountVolume.SetUp failed for volume "secrets-store" : rpc error: code = Unknown desc = failed to mount secrets store objects for pod apps/web, err: rpc error: code = Unknown desc = us-east-1: Failed fetching secret prod/db: AccessDeniedException: User: arn:aws:sts::1:assumed-role/web is not authorized to perform: secretsmanager:GetSecretValue',
    ],
    /SecretProviderClass.*identity/,
  ),
  holds(
    'no pause image',
    [
      'FailedCreatePodSandBox',
      'Failed to create pod sandbox: rpc error: code = DeadlineExceeded desc = failed to get sandbox image "registry.k8s.io/pause:3.9": failed to pull image "registry.k8s.io/pause:3.9": dial tcp 192.0.2.4:443: i/o timeout',
    ],
    /pause image/,
  ),
  pulls(
    'a manifest of the first schema',
    [
      'registry.acme.io/web:1',
      'ErrImagePull',
      'failed to pull and unpack image "registry.acme.io/web:1": not implemented: media type "application/vnd.docker.distribution.manifest.v1+prettyjws" is no longer supported since containerd v2.1, please rebuild the image as "application/vnd.docker.distribution.manifest.v2+json" or "application/vnd.oci.image.manifest.v1+json"',
    ],
    /build the image anew/,
  ),
  pulls(
    'a short name that CRI-O cannot complete',
    [
      'web:1',
      'ImageInspectError',
      'Failed to inspect image "web:1": rpc error: code = Unknown desc = short-name "web:1" did not resolve to an alias and no unqualified-search registries are defined in "/etc/containers/registries.conf"',
    ],
    /whole name/,
  ),
  chart(
    'no repository for it',
    "dependency build error: failed to add remote dependency 'redis': no cached repository for helm-manager-1 found. (try 'helm repo update')",
  ),
  chart(
    'no such version of it',
    `dependency build error: failed to get version for dependency 'redis': chart "redis" version "~> 99" not found in https://charts.bitnami.com/bitnami repository`,
  ),
  fault(
    'autoscaler',
    'a share of nothing',
    [
      object('autoscaling/v2', 'HorizontalPodAutoscaler', 'web', {
        spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
        status: {
          conditions: conditions(
            ['AbleToScale', 'True', 'SucceededGetScale', ''],
            [
              'ScalingActive',
              'False',
              'FailedGetResourceMetric',
              'the HPA was unable to compute the replica count: failed to get cpu utilization: missing request for cpu in container app of Pod web-6d4f-x2x4z',
            ],
          ),
        },
      }),
      deployment('web', { available: true }),
    ],
    { at: /^HorizontalPodAutoscaler\/apps\/web/, proof: /missing request for cpu/, fix: /resources\.requests\.cpu/ },
  ),
  fault(
    'operator',
    'a phase that says why in another field',
    [
      object('postgresql.cnpg.io/v1', 'Cluster', 'db', {
        spec: { instances: 3 },
        status: {
          phase: 'Unable to create required cluster objects',
          phaseReason:
            'persistentvolumeclaims "db-2" is forbidden: exceeded quota: storage, requested: requests.storage=50Gi, used: requests.storage=100Gi, limited: requests.storage=120Gi',
          conditions: conditions(['Ready', 'False', 'ClusterIsNotReady', 'Cluster Is Not Ready']),
        },
      }),
    ],
    { at: /storage|Cluster\/apps\/db/, proof: /exceeded quota: storage/, fix: /quota/i },
  ),
  fault(
    'field manager',
    'one that scales by hand',
    refuses(
      'shop',
      'Deployment/apps/web apply failed: Apply failed with 1 conflict: conflict with "kubectl-scale" using apps/v1: .spec.replicas',
    ),
    { proof: /kubectl-scale/, fix: /kubectl-scale/ },
  ),
  fault(
    'kustomize build',
    'a component among resources',
    breaks(
      'shop',
      `kustomize build failed: accumulating components: accumulateDirectory: "expected kind != 'Component' for path '/tmp/kustomization-1/base'"`,
    ),
    { proof: /Component/, fix: /components/ },
  ),
  fault(
    'kustomize build',
    'a chart within it',
    breaks(
      'shop',
      'kustomize build failed: trouble configuring builtin HelmChartInflationGenerator with config: `\nname: redis\n`: must specify --enable-helm',
    ),
    { proof: /--enable-helm/, fix: /HelmRelease/ },
  ),
]
