import type { KubeObject } from '../../src/kinds/manifest.ts'
import {
  claim,
  type Condition,
  conditions,
  event,
  global,
  goodChart,
  goodCharts,
  helmRepository,
  object,
  past,
  release,
} from './objects.ts'
import {
  alone,
  app,
  around,
  chartless,
  custom,
  headless,
  inFlux,
  pulls,
  releases,
  runsOn,
  secret,
  three,
  unfetched,
  wait,
  waits,
} from './practice.ts'
import { asked, behind, fromAbove, gaveUp, held, homeless, later, over, program } from './unseen.ts'
import { failing, fleet, runs } from './whole.ts'

/** A third round: what leads to what, more than how it is said. */
const pods = (name: string) => new RegExp(`(?:Pod|Deployment|StatefulSet|Job|DaemonSet)/apps/${name}`)
const service = (name: string, selector: Record<string, string>, port = 80) =>
  object('v1', 'Service', name, { spec: { clusterIP: '10.96.55.5', selector, ports: [{ port, targetPort: port }] } })
const ingress = (name: string) =>
  object('networking.k8s.io/v1', 'Ingress', 'web', {
    spec: {
      rules: [{ host: 'a.io', http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name, port: { number: 80 } } } }] } }],
    },
    status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } },
  })
const broken = (name: string, ready: Condition, status: 'True' | 'False' = 'True') =>
  global('v1', 'Node', name, {
    spec: { taints: [{ key: `node.kubernetes.io/${status === 'True' ? 'disk-pressure' : 'unreachable'}`, effect: 'NoSchedule' }] },
    status: {
      conditions: conditions(ready, [
        'Ready',
        status === 'True' ? 'True' : 'Unknown',
        status === 'True' ? 'KubeletReady' : 'NodeStatusUnknown',
        status === 'True' ? 'kubelet is posting ready status' : 'Kubelet stopped posting node status.',
      ]),
    },
  })
const instead = (all: readonly KubeObject[], node: KubeObject) =>
  all.map(o => (o.kind === 'Node' && o.metadata.name === node.metadata.name ? node : o))
const unready = (name: string, on: string, says: string) =>
  release(name, { dependsOn: [{ name: on }] }, undefined, {
    conditions: conditions(['Ready', 'False', 'DependencyNotReady', says]),
    helmChart: `apps/apps-${name}`,
  })

export const unseenChains = [
  ...three('secrets that somebody should have made', [
    [
      'the store has no credentials, two releases away',
      [
        unready('front', 'web', "dependency 'apps/web' is not ready"),
        ...releases('web', ['InstallFailed', 'Helm install failed for release apps/web with chart web@1.2.3: context deadline exceeded'], {
          made: app('web', {
            container: { envFrom: [{ secretRef: { name: 'web-env' } }] },
            state: wait('CreateContainerConfigError', 'secret "web-env" not found'),
            said: [['Failed', 'Error: secret "web-env" not found']],
          }),
        }),
        custom('external-secrets.io/v1', 'ExternalSecret', [
          'web',
          { secretStoreRef: { name: 'vault', kind: 'SecretStore' }, target: { name: 'web-env' } },
          ['Ready', 'False', 'SecretSyncedError', 'could not get provider client: SecretStore "vault" is not ready'],
        ]),
        custom('external-secrets.io/v1', 'SecretStore', [
          'vault',
          {},
          [
            'Ready',
            'False',
            'InvalidProviderConfig',
            'unable to create client: cannot get Kubernetes secret "vault-token" from namespace "apps": secrets "vault-token" not found',
          ],
        ]),
      ],
      /SecretStore\/apps\/vault|Secret\/apps\/vault-token/,
      /vault-token" not found/,
      /create|secret/i,
    ],
    [
      'a certificate that is not issued',
      waits(
        held('web', [['FailedMount', 'MountVolume.SetUp failed for volume "tls" : secret "web-tls" not found']], {
          pod: { volumes: [{ name: 'tls', secret: { secretName: 'web-tls' } }] },
        }),
        {
          more: [
            custom('cert-manager.io/v1', 'Issuer', [
              'ca',
              {},
              ['Ready', 'False', 'ErrGetKeyPair', 'Error getting keypair for CA issuer: secret "ca-key-pair" not found'],
            ]),
            custom('cert-manager.io/v1', 'Certificate', [
              'web',
              { secretName: 'web-tls', issuerRef: { name: 'ca', kind: 'Issuer' } },
              ['Ready', 'False', 'DoesNotExist', 'Issuing certificate as Secret does not exist'],
            ]),
          ],
        },
      ),
      /Issuer\/apps\/ca|Secret\/apps\/ca-key-pair/,
      /ca-key-pair/,
      /create|secret|issuer/i,
    ],
    [
      'sealed for elsewhere, hours ago',
      later(
        waits(
          app('api', {
            kind: 'StatefulSet',
            container: { envFrom: [{ secretRef: { name: 'db' } }] },
            state: wait('CreateContainerConfigError', 'secret "db" not found'),
          }),
          {
            more: [
              custom('bitnami.com/v1alpha1', 'SealedSecret', [
                'db',
                {},
                ['Synced', 'False', '', 'no key could decrypt secret (password, user)'],
              ]),
            ],
          },
        ),
      ),
      /SealedSecret\/apps\/db/,
      /no key could decrypt/,
      /seal|key/i,
    ],
  ]),
  ...three('doors with nobody behind', [
    [
      'a program asks a Service that selects nothing',
      waits(program('web', 'Error: connect ECONNREFUSED 10.96.55.5:5432'), {
        more: [service('db', { app: 'postgres' }, 5432), ...runs('db')],
      }),
      /Service\/apps\/db/,
      /postgres/,
      /selector|label/i,
    ],
    [
      'an Ingress whose pods crash',
      alone([
        ingress('web'),
        service('web', { app: 'web' }),
        ...program('web', 'panic: open /etc/web/config.yaml: no such file or directory', { code: 2 }),
      ]),
      pods('web'),
      /config\.yaml/,
      /mount|file|config/i,
    ],
    [
      'a Service whose pods have no image',
      asked('Service', [
        service('shop', { app: 'web' }),
        ...pulls('web', 'ghcr.io/acme/web:0.0.9', 'ghcr.io/acme/web:0.0.9: not found'),
        ...around(),
      ]),
      pods('web'),
      /web:0\.0\.9/,
      /image|tag/i,
    ],
  ]),
  ...three('nodes that take their pods along', [
    [
      'it does not answer, one pod of a DaemonSet',
      instead(
        waits(
          app('agent', {
            kind: 'DaemonSet',
            phase: 'Running',
            state: { ...runsOn, ready: true },
            status: { conditions: conditions(['Ready', 'False', 'NodeNotReady', '']) },
          }),
        ),
        broken('worker-1', ['MemoryPressure', 'Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.'], 'False'),
      ),
      /Node\/\S*worker-1/,
      /Kubelet stopped posting/,
      /node|kubelet/i,
    ],
    [
      'its disk is full, and pods go',
      instead(
        waits(
          app('web', {
            phase: 'Failed',
            status: {
              reason: 'Evicted',
              message: 'The node was low on resource: ephemeral-storage. Threshold quantity: 2Gi, available: 1Gi. ',
              containerStatuses: [],
            },
          }),
        ),
        broken('worker-1', ['DiskPressure', 'True', 'KubeletHasDiskPressure', 'kubelet has disk pressure']),
      ),
      /Node\/\S*worker-1|Pod\/apps\/web/,
      /low on resource|disk pressure/,
      /disk|storage/i,
    ],
    [
      'all have the taint, asked at the pod',
      asked(
        'Pod',
        waits(
          homeless(
            'web',
            '0/3 nodes are available: 3 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
          ),
        ),
      ).map(o =>
        o.kind === 'Node' ? broken(o.metadata.name, ['DiskPressure', 'True', 'KubeletHasDiskPressure', 'kubelet has disk pressure']) : o,
      ),
      /Node\/|Pod\/apps\/web/,
      /disk.pressure/,
      /disk|node/i,
    ],
  ]),
  ...three('dependencies that are not there', [
    [
      'a release',
      [
        unready('web', 'db', 'unable to get \'apps/db\' dependency: helmreleases.helm.toolkit.fluxcd.io "db" not found'),
        goodChart('apps-web'),
        goodCharts(),
        fleet(),
        ...around(),
      ],
      /HelmRelease\/apps\/(?:db|web)/,
      /"db" not found|apps\/db/,
      /create|dependsOn|correct/i,
    ],
    [
      'a Kustomization, two steps away',
      behind([
        failing('shop', ['DependencyNotReady', "dependency 'flux-system/infra-crds' not found"], {
          spec: { dependsOn: [{ name: 'infra-crds' }] },
        }),
        fleet(),
        ...around(),
      ]),
      /Kustomization\/flux-system\/(?:infra-crds|shop)/,
      /infra-crds/,
      /create|dependsOn|correct/i,
    ],
    [
      'one of another namespace',
      [
        failing('shop', ['DependencyNotReady', "dependency 'flux-system/db' not found"], { spec: { dependsOn: [{ name: 'db' }] } }),
        custom('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', [
          'db',
          { path: './', sourceRef: { kind: 'GitRepository', name: 'fleet' } },
          ['Ready', 'True', 'ReconciliationSucceeded', 'Applied revision: main@sha1:9f2b7c0d'],
        ]),
        fleet(),
        ...around(),
      ],
      /Kustomization\/(?:flux-system|apps)\/(?:db|shop)/,
      /db/,
      /create|dependsOn|namespace|correct/i,
    ],
  ]),
  ...three('work by the clock', [
    [
      'its last Job ran out of memory',
      asked('CronJob', [...app('report', { kind: 'CronJob', phase: 'Failed', ...over(137, 'OOMKilled') }), ...around()]).map(o =>
        o.kind === 'Job'
          ? ({
              ...o,
              status: {
                failed: 7,
                startTime: past,
                conditions: conditions(['Failed', 'True', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit']),
              },
            } as KubeObject)
          : o,
      ),
      /(?:Pod|Job|CronJob)\/apps\/report/,
      /OOMKilled/,
      /memory/i,
    ],
    [
      'a Job before the release, whose database is down',
      releases(
        'web',
        [
          'InstallFailed',
          'Helm install failed for release apps/web with chart web@1.2.3: failed pre-install: 1 error occurred:\n\t* job web-migrate failed: BackoffLimitExceeded\n\n',
        ],
        {
          made: [
            ...gaveUp('web-migrate', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit', {
              ...over(1, 'Error'),
              log: 'could not connect to server: Connection refused\n\tIs the server running on host "web-db" (10.96.55.5) and accepting TCP/IP connections on port 5432?',
            }),
            service('web-db', { app: 'web-db' }, 5432),
            ...homeless(
              'web-db',
              '0/3 nodes are available: 3 Insufficient memory. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
            ),
          ],
        },
      ),
      /(?:Pod|Deployment)\/apps\/web-db/,
      /Insufficient memory/,
      /memory|node/i,
    ],
    [
      'its Job waits for a quota',
      asked('CronJob', [
        ...app('backup', {
          kind: 'CronJob',
          failure: 'pods "backup-29312345-" is forbidden: exceeded quota: batch, requested: pods=1, used: pods=10, limited: pods=10',
        }),
        ...around(),
      ]),
      /(?:CronJob|Job|ResourceQuota)\/apps\/(?:backup|batch)/,
      /exceeded quota: batch/,
      /quota/i,
    ],
  ]),
  ...three('storage of a set', [
    [
      'a quota of storage',
      waits([
        ...homeless(
          'db',
          '0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
          { kind: 'StatefulSet', pod: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-db-0' } }] } },
        ),
        ...(() => {
          const made = claim('data-db-0', { storageClassName: 'gp3' })
          return [
            made,
            event(
              made,
              'ProvisioningFailed',
              'failed to provision volume with StorageClass "gp3": rpc error: code = InvalidArgument desc = Volume size 1Gi is below the minimum of 4Gi for type st1',
            ),
          ]
        })(),
        headless('db'),
      ]),
      /PersistentVolumeClaim\/apps\/data-db-0|StorageClass/,
      /below the minimum/,
      /size|parameter|StorageClass/i,
    ],
    [
      'the claim is forbidden',
      waits(
        app('db', {
          kind: 'StatefulSet',
          failure:
            'failed to create PVC data-db-0: persistentvolumeclaims "data-db-0" is forbidden: exceeded quota: storage, requested: requests.storage=100Gi, used: requests.storage=450Gi, limited: requests.storage=500Gi',
        }),
      ),
      /(?:StatefulSet|ResourceQuota)\/apps\/(?:db|storage)/,
      /exceeded quota: storage/,
      /quota|storage/i,
    ],
    [
      'the volume behind the claim is lost',
      fromAbove(
        waits([
          ...homeless(
            'db',
            '0/3 nodes are available: persistentvolumeclaim "data" bound to non-existent persistentvolume "pvc-9". preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
            { pod: { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] } },
          ),
          claim('data', { volumeName: 'pvc-9', storageClassName: 'gp3' }, 'Lost'),
        ]),
      ),
      /PersistentVolumeClaim\/apps\/data|Pod\/apps\/db|PersistentVolume\/\S*pvc-9/,
      /pvc-9|Lost/,
      /volume|claim|restore/i,
    ],
  ]),
  ...three('charts, seen from above', [
    [
      'a registry refuses, from the Kustomization that applied the release',
      (() => {
        const all = chartless(
          'web',
          [
            'AuthenticationError',
            'chart pull error: failed to login to registry: failed to login to OCI registry: login attempt to https://ghcr.io/v2/ failed with status: 403 Forbidden',
          ],
          {
            from: helmRepository('charts', { type: 'oci', url: 'oci://ghcr.io/acme/charts', secretRef: { name: 'ghcr' } }),
            more: [secret('ghcr')],
          },
        )
        return [
          failing(
            'shop',
            ['HealthCheckFailed', "health check failed after 5m0s: timeout waiting for: [HelmRelease/apps/web status: 'InProgress']"],
            { owns: all.slice(0, 1), spec: { wait: true } },
          ),
          ...all,
        ]
      })(),
      /HelmChart\/apps\/apps-web|HelmRepository\/apps\/charts|Secret\/apps\/ghcr/,
      /403 Forbidden/,
      /credential|secret|right|access|token/i,
    ],
    [
      'the release waits for its pods, hours ago',
      later(
        fromAbove(
          releases(
            'web',
            [
              'UpgradeFailed',
              "Helm upgrade failed for release apps/web with chart web@1.2.3: timeout waiting for: [Deployment/apps/web status: 'InProgress']",
            ],
            { made: program('web', "Error: Cannot find module '/srv/index.js'") },
          ),
        ),
      ),
      pods('web'),
      /Cannot find module/,
      /image|file|module|path/i,
    ],
    [
      'the source of the source is closed',
      behind([
        failing(
          'shop',
          [
            'HealthCheckFailed',
            "health check failed after 5m0s: timeout waiting for: [HelmRepository/flux-system/charts status: 'InProgress']",
          ],
          { owns: [inFlux(helmRepository('charts', {}))], spec: { wait: true } },
        ),
        inFlux(
          helmRepository(
            'charts',
            { url: 'https://charts.acme.io', proxySecretRef: { name: 'proxy' } },
            undefined,
            unfetched(
              'Failed',
              'failed to fetch Helm repository index: failed to cache index to temporary file: Get "https://charts.acme.io/index.yaml": proxyconnect tcp: dial tcp 10.1.1.1:3128: connect: connection refused',
            ),
          ),
        ),
        fleet(),
        ...around(),
      ]),
      /HelmRepository\/flux-system\/charts|Secret\/flux-system\/proxy/,
      /proxyconnect/,
      /proxy/i,
    ],
  ]),
]
