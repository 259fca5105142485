import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import type { FaultCase } from './case.ts'
import { conditions, event, goodChart, goodCharts, imageRepository, inventory, ks, object, readyTrue, release } from './objects.ts'
import { above, crash, thrice } from './outside-kit.ts'
import { app, chartless, charts, inFlux, releaseNeeds, releases, secret, unstarted, waits, alone } from './practice.ts'
import { failing, fleet, fluxNs, isWell, within } from './whole.ts'

const helm: FaultCase[] = [
  ...thrice('chart', [
    [
      'not in the repository',
      chartless(
        'web',
        [
          'InvalidChartReference',
          "invalid chart reference: failed to get chart version for remote reference: no 'web' chart with version matching '^9.0.0' found",
        ],
        { chart: { version: '^9.0.0' } },
      ),
      /HelmChart\/apps\/apps-web|HelmRelease\/apps\/web/,
      /\^9\.0\.0/,
      /version|chart/i,
    ],
    [
      'its repository refuses',
      chartless('web', ['NoSourceArtifact', "no artifact available for HelmRepository source 'charts'"], {
        from: charts({ secretRef: { name: 'charts-login' } }, [
          'FetchFailed',
          'failed to fetch Helm repository index: failed to cache index to temporary file: failed to fetch https://charts.example.com/index.yaml : 401 Unauthorized',
        ]),
        more: [secret('charts-login', { username: 'eA==', password: 'eA==' })],
      }),
      /HelmRepository\/apps\/charts|charts-login/,
      /401 Unauthorized/,
      /credential|secret|password/i,
    ],
    [
      'of OCI: denied; a Kustomization waits for it',
      waits(
        chartless(
          'web',
          [
            'ChartPullError',
            'chart pull error: failed to get chart version for remote reference: could not fetch tags for "oci://ghcr.io/org/charts/web": GET https://ghcr.io/v2/org/charts/web/tags/list: response status code 403: denied: denied',
          ],
          {
            from: within(
              'apps',
              object('source.toolkit.fluxcd.io/v1', 'HelmRepository', 'charts', {
                spec: { type: 'oci', url: 'oci://ghcr.io/org/charts', interval: '5m' },
              }),
            ),
          },
        ),
      ),
      /apps-web|charts|HelmRelease\/apps\/web/,
      /403/,
      /credential|secret|access/i,
    ],
  ]),
  ...thrice('values', [
    [
      'from a Secret that is not there',
      unstarted(
        'web',
        [
          'ValuesError',
          "could not resolve Secret chart values reference 'apps/web-values' with key 'values.yaml': secrets \"web-values\" not found",
        ],
        { valuesFrom: [{ kind: 'Secret', name: 'web-values' }] },
      ),
      /web/,
      /web-values/,
      /web-values/,
    ],
    [
      'of another shape',
      releases('web', [
        'InstallFailed',
        "Helm install failed for release apps/web with chart web@1.2.3: values don't meet the specifications of the schema(s) in the following chart(s):\nweb:\n- at '/replicaCount': got string, want integer\n",
      ]),
      /web/,
      /replicaCount/,
      /values|replicaCount/i,
    ],
    [
      'a template that fails on them, a Kustomization waits for it',
      waits(
        releases('web', [
          'UpgradeFailed',
          'Helm upgrade failed for release apps/web with chart web@1.2.3: template: web/templates/ingress.yaml:14:23: executing "web/templates/ingress.yaml" at <.Values.ingress.tls.secretName>: nil pointer evaluating interface {}.secretName',
        ]),
      ),
      /web/,
      /nil pointer evaluating/,
      /values|template/i,
    ],
  ]),
  ...thrice('state of a release', [
    [
      'somebody else is at it',
      releases('web', [
        'UpgradeFailed',
        'Helm upgrade failed for release apps/web with chart web@1.2.3: another operation (install/upgrade/rollback) is in progress',
      ]),
      /web/,
      /another operation/,
      /roll ?back|pending|secret|unlock|force/i,
    ],
    [
      'nothing was deployed yet',
      releases('web', ['UpgradeFailed', 'Helm upgrade failed for release apps/web with chart web@1.2.3: "web" has no deployed releases']),
      /web/,
      /no deployed releases/,
      /uninstall|delete|install/i,
    ],
    [
      'the name is in use, two levels above',
      above(
        waits(
          releases('web', [
            'InstallFailed',
            'Helm install failed for release apps/web with chart web@1.2.3: cannot re-use a name that is still in use',
          ]),
        ),
      ),
      /web/,
      /still in use/,
      /name|uninstall|release/i,
    ],
  ]),
  ...thrice('hook', [
    [
      'its Job crashes',
      (() => {
        const log =
          'Traceback (most recent call last):\n  File "/app/manage.py", line 22, in <module>\n    main()\ndjango.db.utils.ProgrammingError: column "tenant_id" of relation "orders" contains null values'
        const job = app('web-migrate', {
          kind: 'Job',
          phase: 'Failed',
          log,
          state: {
            state: { terminated: { exitCode: 1, reason: 'Error', startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:09Z' } },
          },
        }).map(o =>
          o.kind === 'Job'
            ? ({
                ...o,
                metadata: { ...o.metadata, annotations: { 'helm.sh/hook': 'pre-upgrade' } },
                status: {
                  failed: 7,
                  conditions: conditions(['Failed', 'True', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit']),
                },
              } as KubeObject)
            : o,
        )
        return releases(
          'web',
          [
            'UpgradeFailed',
            'Helm upgrade failed for release apps/web with chart web@1.2.3: pre-upgrade hooks failed: 1 error occurred:\n\t* job web-migrate failed: BackoffLimitExceeded\n\n',
          ],
          { made: job },
        )
      })(),
      /web-migrate/,
      /tenant_id/,
      /./,
    ],
    [
      'its image is not there',
      releases(
        'web',
        [
          'InstallFailed',
          'Helm install failed for release apps/web with chart web@1.2.3: failed pre-install: 1 error occurred:\n\t* timed out waiting for the condition\n\n',
        ],
        {
          made: app('web-setup', {
            kind: 'Job',
            image: 'bitnami/kubectl:1.28',
            state: {
              state: {
                waiting: {
                  reason: 'ImagePullBackOff',
                  message:
                    'Back-off pulling image "bitnami/kubectl:1.28": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/bitnami/kubectl:1.28": failed to resolve reference "docker.io/bitnami/kubectl:1.28": docker.io/bitnami/kubectl:1.28: not found',
                },
              },
            },
          }),
        },
      ),
      /web-setup/,
      /kubectl:1\.28: not found/,
      /image|tag/i,
    ],
    [
      'it is gone, and the release says all',
      releases('web', [
        'InstallFailed',
        'Helm install failed for release apps/web with chart web@1.2.3: failed post-install: 1 error occurred:\n\t* job web-smoke failed: BackoffLimitExceeded\n\n',
      ]),
      /web/,
      /web-smoke failed|post-install/,
      /hook|job/i,
    ],
  ]),
]
const suspended = (name: string, owns: readonly KubeObject[] = []): KubeObject =>
  within(fluxNs, ks(name, { suspend: true, sourceRef: { kind: 'GitRepository', name: 'fleet' } }, readyTrue, inventory(...owns)))
const stands = (name: string, on: string, message: string): KubeObject =>
  within(
    fluxNs,
    ks(name, { sourceRef: { kind: 'GitRepository', name: 'fleet' }, dependsOn: [{ name: on }] }, ['False', 'DependencyNotReady', message]),
  )
const chains: FaultCase[] = [
  ...thrice('dependency', [
    [
      'each on the other',
      [
        stands('a', 'b', "dependency 'flux-system/b' is not ready"),
        stands('b', 'c', "dependency 'flux-system/c' is not ready"),
        stands('c', 'a', "dependency 'flux-system/a' is not ready"),
        fleet(),
        isWell('catalog'),
      ],
      /Kustomization\/flux-system\/[abc]/,
      /dependency|dependsOn/,
      /loop|cycle|circular|dependsOn/i,
    ],
    [
      'that is not there',
      [
        stands(
          'shop',
          'infra-core',
          'dependency \'flux-system/infra-core\' not found: kustomizations.kustomize.toolkit.fluxcd.io "infra-core" not found',
        ),
        fleet(),
        isWell('infra'),
      ],
      /shop|infra-core/,
      /infra-core/,
      /infra-core|dependsOn/,
    ],
    [
      'four levels down a pod cannot start',
      [
        stands('frontends', 'backends', "dependency 'flux-system/backends' is not ready"),
        stands('backends', 'data', "dependency 'flux-system/data' is not ready"),
        ...(() => {
          const all = app(
            'pg',
            crash('pg', 1, 'FATAL:  could not open file "/etc/ssl/pg/tls.key": Permission denied', { kind: 'StatefulSet' }),
          )
          return [
            failing(
              'data',
              ['HealthCheckFailed', "health check failed after 5m0s: timeout waiting for: [StatefulSet/apps/pg status: 'InProgress']"],
              { owns: all.slice(0, 1), spec: { wait: true } },
            ),
            ...all,
          ]
        })(),
        fleet(),
      ],
      /apps\/pg/,
      /Permission denied/,
      /permission|mode|fsGroup|user/i,
    ],
  ]),
  ...thrice('dependency of releases', [
    [
      'it failed',
      [
        releaseNeeds('web', 'db'),
        ...releases('db', ['InstallFailed', 'Helm install failed for release apps/db with chart db@1.2.3: context deadline exceeded'], {
          made: app(
            'db',
            crash(
              'db',
              1,
              '[ERROR] [MY-010123] [Server] Fatal error: Please read "Security" section of the manual to find out how to run mysqld as root!',
              { kind: 'StatefulSet' },
            ),
          ),
        }),
        goodChart('apps-web'),
      ],
      /apps\/db/,
      /mysqld as root/,
      /./,
    ],
    [
      'it is suspended and failed',
      [
        releaseNeeds('web', 'db'),
        release('db', { suspend: true }, [
          'False',
          'UpgradeFailed',
          'Helm upgrade failed for release apps/db with chart db@1.2.3: timed out waiting for the condition',
        ]),
        goodChart('apps-db'),
        goodChart('apps-web'),
        goodCharts(),
      ],
      /HelmRelease\/apps\/db/,
      /suspend|timed out/,
      /suspend|resume/i,
    ],
    [
      'it is in another namespace and not there',
      [
        release('web', { dependsOn: [{ name: 'redis', namespace: 'cache' }] }, [
          'False',
          'DependencyNotReady',
          'unable to get \'cache/redis\' dependency: helmreleases.helm.toolkit.fluxcd.io "redis" not found',
        ]),
        goodChart('apps-web'),
        goodCharts(),
        isWell('cache'),
      ],
      /web|redis/,
      /redis/,
      /redis|dependsOn/,
    ],
  ]),
  ...thrice('suspended', [
    [
      'the Kustomization itself',
      [suspended('shop'), fleet(), ...alone([])],
      /Kustomization\/flux-system\/shop/,
      /suspend/,
      /resume|suspend/i,
    ],
    [
      'its source, which never had an artifact',
      [
        failing('shop', ['ArtifactFailed', 'Source artifact not found, retrying in 30s'], {
          spec: { sourceRef: { kind: 'GitRepository', name: 'apps' } },
        }),
        within(
          fluxNs,
          object('source.toolkit.fluxcd.io/v1', 'GitRepository', 'apps', {
            spec: { url: 'https://git.example.com/org/apps', interval: '1m', suspend: true, ref: { branch: 'main' } },
          }),
        ),
        isWell('catalog'),
      ],
      /GitRepository\/flux-system\/apps/,
      /suspend/,
      /resume|suspend/i,
    ],
    [
      'a CronJob',
      [
        object('batch/v1', 'CronJob', 'report', {
          spec: {
            schedule: '0 2 * * *',
            suspend: true,
            jobTemplate: { spec: { template: { spec: { containers: [{ name: 'r', image: 'registry.example.com/shop/report:1' }] } } } },
          },
          status: { lastScheduleTime: '2025-11-01T02:00:00Z' },
        }),
        fleet(),
      ],
      /CronJob\/apps\/report/,
      /suspend/,
      /suspend/i,
    ],
  ]),
]
const image = (kind: string, name: string, [spec, reason, message]: readonly [JsonObject, string, string]): KubeObject =>
  inFlux(
    object('image.toolkit.fluxcd.io/v1', kind, name, {
      spec,
      status: { observedGeneration: 1, conditions: conditions(['Ready', 'False', reason, message]) },
    }),
  )
const scans = (): KubeObject =>
  inFlux(imageRepository('web', {}, ['True', 'Succeeded', 'successful scan: found 40 tags'], { lastScanResult: { tagCount: 40 } }))
const automation: FaultCase[] = [
  ...thrice('image automation', [
    [
      'no tag for the policy',
      [
        image('ImagePolicy', 'web', [
          { imageRepositoryRef: { name: 'web' }, policy: { semver: { range: '>=3.0.0' } } },
          'Failed',
          'version list argument cannot be empty',
        ]),
        scans(),
        fleet(),
      ],
      /ImagePolicy\/flux-system\/web/,
      /version list argument cannot be empty/,
      /polic|range|tag|filter/i,
    ],
    [
      'the push is refused',
      [
        image('ImageUpdateAutomation', 'fleet', [
          {
            sourceRef: { kind: 'GitRepository', name: 'fleet' },
            git: { push: { branch: 'main' }, commit: { author: { email: 'bot@example.com' } } },
          },
          'GitOperationFailed',
          'failed to push to remote: command error on refs/heads/main: pre-receive hook declined',
        ]),
        fleet(),
        scans(),
      ],
      /ImageUpdateAutomation\/flux-system\/fleet/,
      /pre-receive hook declined/,
      /branch|push|protect/i,
    ],
    [
      'the scan is refused, asked at the policy',
      [
        image('ImagePolicy', 'web', [
          { imageRepositoryRef: { name: 'web' }, policy: { semver: { range: '*' } } },
          'DependencyNotReady',
          'no tags in database',
        ]),
        inFlux(
          imageRepository('web', { secretRef: { name: 'regcred' } }, [
            'False',
            'ReadOperationFailed',
            'scan failed: GET https://registry.example.com/v2/org/app/tags/list?n=1000: UNAUTHORIZED: authentication required; [map[Action:pull Class: Name:org/app Type:repository]]',
          ]),
        ),
        inFlux(secret('regcred')),
        fleet(),
      ],
      /ImageRepository\/flux-system\/web|regcred/,
      /UNAUTHORIZED/,
      /credential|secret/i,
    ],
  ]),
  ...thrice('drift and pruning', [
    [
      'what is to be pruned may not be deleted',
      [
        failing(
          'shop',
          [
            'PruneFailed',
            'prune failed: PersistentVolumeClaim/apps/uploads delete failed: persistentvolumeclaims "uploads" is forbidden: User "system:serviceaccount:flux-system:tenant" cannot delete resource "persistentvolumeclaims" in API group "" in the namespace "apps"',
          ],
          { spec: { serviceAccountName: 'tenant' } },
        ),
        inFlux(object('v1', 'ServiceAccount', 'tenant')),
        fleet(),
      ],
      /./,
      /cannot delete resource/,
      /role|RBAC|grant/i,
    ],
    [
      'a release is rolled back',
      releases('web', ['RollbackSucceeded', 'Helm rollback to previous release apps/web.v3 with chart web@1.2.2 succeeded']).map(o =>
        o.kind === 'HelmRelease'
          ? ({
              ...o,
              status: {
                observedGeneration: 1,
                history: [{ name: 'web', namespace: 'apps', version: 4, status: 'failed', chartName: 'web', chartVersion: '1.2.3' }],
                conditions: conditions(
                  ['Stalled', 'True', 'RetriesExceeded', 'Failed to upgrade after 1 attempt(s)'],
                  ['Ready', 'False', 'RollbackSucceeded', 'Helm rollback to previous release apps/web.v3 with chart web@1.2.2 succeeded'],
                  [
                    'Released',
                    'False',
                    'UpgradeFailed',
                    'Helm upgrade failed for release apps/web with chart web@1.2.3: cannot patch "web" with kind Service: Service "web" is invalid: spec.clusterIPs[0]: Invalid value: []string(nil): primary clusterIP can not be unset',
                  ],
                  [
                    'Remediated',
                    'True',
                    'RollbackSucceeded',
                    'Helm rollback to previous release apps/web.v3 with chart web@1.2.2 succeeded',
                  ],
                ),
              },
            } as KubeObject)
          : o,
      ),
      /web/,
      /clusterIP/,
      /./,
    ],
    [
      'a test of a release',
      releases(
        'web',
        [
          'TestFailed',
          'Helm test failed for release apps/web.v1 with chart web@1.2.3: 1 error occurred:\n\t* pod web-test-connection failed\n\n',
        ],
        {
          made: [
            object('v1', 'Pod', 'web-test-connection', {
              metadata: {
                annotations: {
                  'helm.sh/hook': 'test',
                  'sandbox.fluxpilot.dev/log': "wget: can't connect to remote host (10.96.3.3): Connection refused",
                },
              },
              spec: { restartPolicy: 'Never', nodeName: 'worker-1', containers: [{ name: 'wget', image: 'busybox:1.36' }] },
              status: {
                phase: 'Failed',
                containerStatuses: [
                  {
                    name: 'wget',
                    image: 'busybox:1.36',
                    ready: false,
                    restartCount: 0,
                    state: {
                      terminated: { exitCode: 1, reason: 'Error', startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:01Z' },
                    },
                  },
                ],
              },
            }),
          ],
        },
      ),
      /Pod\/apps\/web-test-connection/,
      /Connection refused/,
      /./,
    ],
  ]),
  ...thrice('notifications', [
    [
      'a provider whose address is refused',
      (() => {
        const alert = inFlux(
          object('notification.toolkit.fluxcd.io/v1beta3', 'Alert', 'slack', {
            spec: { providerRef: { name: 'slack' }, eventSources: [{ kind: 'Kustomization', name: '*' }] },
          }),
        )
        return [
          alert,
          inFlux(
            object('notification.toolkit.fluxcd.io/v1beta3', 'Provider', 'slack', {
              spec: { type: 'slack', channel: 'ops', secretRef: { name: 'slack-url' } },
            }),
          ),
          event(
            alert,
            'NotificationDispatchFailed',
            'failed to send notification for Kustomization/flux-system/shop: postMessage failed: request failed with status code 404, no_service',
          ),
          inFlux(secret('slack-url', { address: 'eA==' })),
          fleet(),
        ]
      })(),
      /slack/,
      /no_service|404/,
      /address|provider|url|webhook/i,
    ],
    [
      'a Receiver without its Secret',
      [
        inFlux(
          object('notification.toolkit.fluxcd.io/v1', 'Receiver', 'github', {
            spec: { type: 'github', secretRef: { name: 'webhook-token' }, resources: [{ kind: 'GitRepository', name: 'fleet' }] },
            status: {
              observedGeneration: 1,
              conditions: conditions([
                'Ready',
                'False',
                'TokenNotFound',
                'unable to read token from secret \'flux-system/webhook-token\' error: Secret "webhook-token" not found',
              ]),
            },
          }),
        ),
        fleet(),
      ],
      /github|webhook-token/,
      /webhook-token/,
      /webhook-token/,
    ],
    [
      'an Alert whose provider is not there',
      (() => {
        const alert = inFlux(
          object('notification.toolkit.fluxcd.io/v1beta3', 'Alert', 'teams', {
            spec: { providerRef: { name: 'teams' }, eventSources: [{ kind: 'Kustomization', name: '*' }] },
          }),
        )
        return [
          alert,
          event(alert, 'NotificationDispatchFailed', 'failed to get provider: Provider.notification.toolkit.fluxcd.io "teams" not found'),
          fleet(),
        ]
      })(),
      /teams/,
      /"teams" not found|teams/,
      /create|providerRef/,
    ],
  ]),
]

export const outsideFlux: FaultCase[] = [...helm, ...chains, ...automation]
