import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import type { FaultCase } from './case.ts'
import { conditions, ks, object } from './objects.ts'
import { above, asking, depends, helmed, waited, thrice } from './outside-kit.ts'
import { alone, app, custom, loops, releases, secret, wait, waits, breaks, initializing } from './practice.ts'
import { fleet, fluxNs, isWell, labelled, runs, within } from './whole.ts'

const past = '2026-01-01T00:00:00Z'
const served = (name: string): KubeObject[] => runs(name)
const controller = (name: string, shape: Parameters<typeof app>[1]): KubeObject[] =>
  app(name, shape)
    .map(o => labelled(within(fluxNs, o), { 'app.kubernetes.io/part-of': 'flux', 'app.kubernetes.io/component': name }))
    .map(o =>
      o.kind === 'Event' ? ({ ...o, involvedObject: { ...(o.involvedObject as JsonObject), namespace: fluxNs } } as KubeObject) : o,
    )
const unseen = (name: string): KubeObject => {
  const made = within(
    fluxNs,
    ks(name, { sourceRef: { kind: 'GitRepository', name: 'fleet' } }, [
      'True',
      'ReconciliationSucceeded',
      'Applied revision: main@sha1:4a5b6c7d8e9f',
    ]),
  )
  return { ...made, metadata: { ...made.metadata, generation: 4 } }
}
const others: FaultCase[] = [
  ...thrice('controller of Flux', [
    [
      'it is out of memory',
      [
        unseen('shop'),
        fleet(),
        isWell('catalog'),
        ...controller('kustomize-controller', { phase: 'Running', state: loops('kustomize-controller', 137, { reason: 'OOMKilled' }) }),
      ],
      /kustomize-controller/,
      /OOMKilled/,
      /memory/i,
    ],
    [
      'it cannot be placed, the object is new',
      [
        within(fluxNs, ks('shop', { sourceRef: { kind: 'GitRepository', name: 'fleet' } })),
        fleet(),
        isWell('catalog'),
        ...controller('kustomize-controller', {
          scheduled: ['PodScheduled', 'False', 'Unschedulable', '0/1 nodes are available: 1 Insufficient cpu.'],
          said: [['FailedScheduling', '0/1 nodes are available: 1 Insufficient cpu.']],
        }),
      ],
      /kustomize-controller/,
      /Insufficient cpu/,
      /cpu|node|request/i,
    ],
    [
      'it has no replicas',
      [
        unseen('shop'),
        fleet(),
        within(
          fluxNs,
          object('apps/v1', 'Deployment', 'kustomize-controller', {
            metadata: { labels: { 'app.kubernetes.io/part-of': 'flux', app: 'kustomize-controller' } },
            spec: {
              replicas: 0,
              selector: { matchLabels: { app: 'kustomize-controller' } },
              template: {
                metadata: { labels: { app: 'kustomize-controller' } },
                spec: { containers: [{ name: 'manager', image: 'ghcr.io/fluxcd/kustomize-controller:v1.6.1' }] },
              },
            },
            status: {
              observedGeneration: 1,
              replicas: 0,
              conditions: conditions(['Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.']),
            },
          }),
        ),
      ],
      /kustomize-controller|shop/,
      /replicas|observedGeneration|generation/i,
      /kustomize-controller|scale|replicas|controller/i,
    ],
  ]),
  ...thrice('Secret that an operator did not make', [
    [
      'sealed for another cluster, asked at the Deployment',
      asking(
        'Deployment',
        alone([
          ...app('web', {
            state: wait('CreateContainerConfigError', 'secret "web-env" not found'),
            said: [['Failed', 'Error: secret "web-env" not found']],
            container: { envFrom: [{ secretRef: { name: 'web-env' } }] },
          }),
          object('bitnami.com/v1alpha1', 'SealedSecret', 'web-env', {
            spec: { encryptedData: { A: 'AgB' } },
            status: { observedGeneration: 1, conditions: conditions(['Synced', 'False', '', 'no key could decrypt secret (A)']) },
          }),
        ]),
      ),
      /SealedSecret\/apps\/web-env/,
      /no key could decrypt/,
      /seal|key/i,
    ],
    [
      'its store is not ready, two levels above',
      above(
        waited('web', {
          state: wait('CreateContainerConfigError', 'secret "web-env" not found'),
          said: [['Failed', 'Error: secret "web-env" not found']],
          container: { envFrom: [{ secretRef: { name: 'web-env' } }] },
        }).concat(
          custom('external-secrets.io/v1', 'ExternalSecret', [
            'web-env',
            { secretStoreRef: { kind: 'SecretStore', name: 'vault' }, target: { name: 'web-env' } },
            ['Ready', 'False', 'SecretSyncedError', 'could not get secret data from provider'],
          ]),
          custom('external-secrets.io/v1', 'SecretStore', [
            'vault',
            { provider: { vault: { server: 'https://vault.corp:8200' } } },
            [
              'Ready',
              'False',
              'InvalidProviderConfig',
              'unable to create client: Put "https://vault.corp:8200/v1/auth/kubernetes/login": dial tcp: lookup vault.corp on 10.96.0.10:53: no such host',
            ],
          ]),
        ),
      ),
      /SecretStore\/apps\/vault|ExternalSecret\/apps\/web-env/,
      /no such host/,
      /./,
    ],
    [
      'Vault refuses its agent',
      waited('web', {
        ...initializing(
          'web',
          { name: 'vault-agent-init', image: 'hashicorp/vault:1.18' },
          { state: { running: { startedAt: past } }, started: true },
        ),
        log: '2026-01-01T00:00:00.000Z [ERROR] agent.auth.handler: error authenticating:\n  error=\n  | Error making API request.\n  | \n  | URL: PUT https://vault.corp:8200/v1/auth/kubernetes/login\n  | Code: 403. Errors:\n  | \n  | * permission denied\n   backoff=4m32s',
      }),
      /apps\/web/,
      /permission denied|Code: 403/,
      /./,
    ],
  ]),
  ...thrice('route', [
    [
      'its backend is not there',
      [
        custom('gateway.networking.k8s.io/v1', 'HTTPRoute', [
          'shop',
          { parentRefs: [{ name: 'edge' }], rules: [{ backendRefs: [{ name: 'web-v2', port: 80 }] }] },
        ]),
        ...alone(served('web')),
      ].map(o =>
        o.kind === 'HTTPRoute'
          ? ({
              ...o,
              status: {
                parents: [
                  {
                    parentRef: { name: 'edge' },
                    controllerName: 'gateway.envoyproxy.io/gatewayclass-controller',
                    conditions: conditions(
                      ['Accepted', 'True', 'Accepted', 'Route is accepted'],
                      [
                        'ResolvedRefs',
                        'False',
                        'BackendNotFound',
                        'Failed to process route rule 0 backendRef 0: service apps/web-v2 not found.',
                      ],
                    ),
                  },
                ],
              },
            } as KubeObject)
          : o,
      ),
      /HTTPRoute\/apps\/shop|web-v2/,
      /web-v2 not found/,
      /backend|Service/i,
    ],
    [
      'its gateway has no certificate',
      [
        object('gateway.networking.k8s.io/v1', 'Gateway', 'edge', {
          spec: {
            gatewayClassName: 'eg',
            listeners: [{ name: 'https', port: 443, protocol: 'HTTPS', tls: { certificateRefs: [{ name: 'edge-tls' }] } }],
          },
          status: {
            conditions: conditions(
              ['Accepted', 'True', 'Accepted', ''],
              ['Programmed', 'False', 'Invalid', 'There are existing faulty listeners'],
            ),
            listeners: [
              {
                name: 'https',
                attachedRoutes: 0,
                conditions: conditions(
                  ['ResolvedRefs', 'False', 'InvalidCertificateRef', 'Secret apps/edge-tls does not exist.'],
                  ['Programmed', 'False', 'Invalid', 'Listener is invalid, see other Conditions for details.'],
                ),
              },
            ],
          },
        }),
        ...alone([]),
      ],
      /edge/,
      /edge-tls/,
      /edge-tls|certificate|Secret/i,
    ],
    [
      'its host is none of the listeners',
      [
        custom('gateway.networking.k8s.io/v1', 'HTTPRoute', ['api', { parentRefs: [{ name: 'edge' }], hostnames: ['api.exmaple.com'] }]),
        ...alone(served('web')),
      ].map(o =>
        o.kind === 'HTTPRoute'
          ? ({
              ...o,
              status: {
                parents: [
                  {
                    parentRef: { name: 'edge' },
                    controllerName: 'istio.io/gateway-controller',
                    conditions: conditions(
                      [
                        'Accepted',
                        'False',
                        'NoMatchingListenerHostname',
                        "There were no hostname intersections between the HTTPRoute and this parent ref's Listener(s).",
                      ],
                      ['ResolvedRefs', 'True', 'ResolvedRefs', ''],
                    ),
                  },
                ],
              },
            } as KubeObject)
          : o,
      ),
      /HTTPRoute\/apps\/api/,
      /no hostname intersections/,
      /host/i,
    ],
  ]),
  ...thrice('cloud behind an operator', [
    [
      'Crossplane may not make it',
      waits([
        object('sqs.aws.upbound.io/v1beta1', 'Queue', 'jobs', {
          spec: { forProvider: { region: 'eu-west-1' } },
          status: {
            conditions: conditions(
              [
                'Synced',
                'False',
                'ReconcileError',
                'create failed: async create failed: failed to create the resource: [{0 creating SQS Queue (jobs): operation error SQS: CreateQueue, https response error StatusCode: 403, api error AccessDenied: User is not authorized to perform: sqs:createqueue}]',
              ],
              ['Ready', 'False', 'Creating', ''],
            ),
          },
        }),
      ]),
      /Queue\/apps\/jobs/,
      /AccessDenied/,
      /permission|polic|role|grant|allow/i,
    ],
    [
      'Karpenter finds no capacity, asked at the pod',
      asking(
        'Pod',
        alone([
          ...app('train', {
            kind: 'Job',
            scheduled: [
              'PodScheduled',
              'False',
              'Unschedulable',
              '0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
            ],
            said: [
              [
                'FailedScheduling',
                '0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
              ],
              [
                'FailedScheduling',
                'Failed to schedule pod, incompatible with nodepool "default", daemonset overhead={"cpu":"180m","pods":"4"}, no instance type satisfied resources {"cpu":"200","pods":"5"} and requirements karpenter.sh/capacity-type In [spot]',
              ],
            ],
          }),
        ]),
      ),
      /apps\/train/,
      /Insufficient cpu|no instance type satisfied/,
      /cpu|node|request|instance/i,
    ],
    [
      'Velero cannot reach its bucket',
      [
        object('velero.io/v1', 'BackupStorageLocation', 'default', {
          spec: { provider: 'aws', objectStorage: { bucket: 'backups' } },
          status: {
            phase: 'Unavailable',
            message:
              'rpc error: code = Unknown desc = operation error S3: ListObjectsV2, https response error StatusCode: 301, api error PermanentRedirect: The bucket you are attempting to access must be addressed using the specified endpoint.',
          },
        }),
        ...alone([]),
      ],
      /BackupStorageLocation\/apps\/default/,
      /PermanentRedirect/,
      /./,
    ],
  ]),
  ...thrice('what stands first in a long line', [
    [
      'a Kustomization, a release, its chart and the Secret of its repository',
      (() => {
        const said = "no artifact available for HelmRepository source 'charts'"
        const line = releases('web', ['InstallFailed', 'x']).filter(
          o => !['HelmRelease', 'HelmChart', 'HelmRepository', 'Event'].includes(o.kind),
        )
        const not = `HelmChart 'apps/apps-web' is not ready: ${said}`
        const top = object('helm.toolkit.fluxcd.io/v2', 'HelmRelease', 'web', {
          spec: { interval: '10m', chart: { spec: { chart: 'web', sourceRef: { kind: 'HelmRepository', name: 'charts' } } } },
          status: {
            observedGeneration: 1,
            helmChart: 'apps/apps-web',
            conditions: conditions(['Reconciling', 'True', 'ProgressingWithRetry', not], ['Ready', 'False', 'SourceNotReady', not]),
          },
        })
        const chart = object('source.toolkit.fluxcd.io/v1', 'HelmChart', 'apps-web', {
          spec: { chart: 'web', sourceRef: { kind: 'HelmRepository', name: 'charts' }, interval: '5m' },
          status: { observedGeneration: 1, conditions: conditions(['Ready', 'False', 'NoSourceArtifact', said]) },
        })
        const from = object('source.toolkit.fluxcd.io/v1', 'HelmRepository', 'charts', {
          spec: { url: 'https://charts.example.com', interval: '5m', secretRef: { name: 'charts-login' } },
          status: {
            observedGeneration: 1,
            conditions: conditions(
              [
                'Ready',
                'False',
                'AuthenticationFailed',
                'failed to get authentication secret \'apps/charts-login\': secrets "charts-login" not found',
              ],
              [
                'FetchFailed',
                'True',
                'AuthenticationFailed',
                'failed to get authentication secret \'apps/charts-login\': secrets "charts-login" not found',
              ],
            ),
          },
        })
        return above(waits([top, chart, from, ...line]))
      })(),
      /charts/,
      /charts-login/,
      /charts-login/,
    ],
    [
      'three that wait, and a build that fails',
      depends([
        within(
          fluxNs,
          ks('backends', { sourceRef: { kind: 'GitRepository', name: 'fleet' }, dependsOn: [{ name: 'shop' }] }, [
            'False',
            'DependencyNotReady',
            "dependency 'flux-system/shop' is not ready",
          ]),
        ),
        ...breaks(
          "kustomize build failed: accumulating resources: accumulation err='accumulating resources from 'db.yaml': open /tmp/kustomization-1/data/db.yaml: no such file or directory': must build at directory: not a valid directory: evalsymlink failure on '/tmp/kustomization-1/data/db.yaml' : lstat /tmp/kustomization-1/data/db.yaml: no such file or directory",
        ),
      ]),
      /Kustomization\/flux-system\/shop/,
      /db\.yaml/,
      /db\.yaml|file|resource/i,
    ],
    [
      'a release below a Kustomization below another, and a volume of its pod',
      above(
        waits(
          helmed('db', {
            kind: 'StatefulSet',
            state: { state: { waiting: { reason: 'ContainerCreating' } } },
            said: [['FailedMount', 'MountVolume.SetUp failed for volume "creds" : secret "db-creds" not found']],
            pod: { volumes: [{ name: 'creds', secret: { secretName: 'db-creds' } }] },
          }),
          { more: [secret('db-credentials')] },
        ),
      ),
      /apps\/db/,
      /db-creds/,
      /db-creds/,
    ],
  ]),
]

export const outsideOthers: FaultCase[] = [...others]
