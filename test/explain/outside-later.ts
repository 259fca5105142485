import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import type { FaultCase } from './case.ts'
import { bucket, claim, git } from './objects.ts'
import { above, asking, crash, depends, helmed, thrice, unmounted, volumes, waited } from './outside-kit.ts'
import {
  alone,
  app,
  breaks,
  charts,
  chartless,
  config,
  inFlux,
  noEnds,
  ociFails,
  refuses,
  releases,
  repo,
  secret,
  service,
  unfetched,
  unsourced,
  unstarted,
  wait,
  waits,
} from './practice.ts'
import { within } from './whole.ts'

const mount = 'MountVolume.SetUp failed for volume'
const needs = (log: string, other: KubeObject[]): KubeObject[] => waits([...app('web', crash('web', 1, log)), ...other])
/** With a Service of an address, in place of one without. */
const addressed = (all: readonly KubeObject[], clusterIP: string, port: number): KubeObject[] => {
  const name = all[0]?.metadata.name ?? ''
  const made = service(name, { clusterIP, selector: { app: name }, ports: [{ port, targetPort: port }] })
  return [...all.filter(o => o.kind !== 'Service'), made, noEnds(name)]
}
const lockFile = (): KubeObject[] =>
  addressed(
    app('postgres', crash('postgres', 1, 'FATAL:  lock file "postmaster.pid" already exists', { kind: 'StatefulSet' })),
    '10.96.44.2',
    5432,
  )
const noSuch = (name: string): string =>
  `rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/${name}": failed to resolve reference "docker.io/${name}": docker.io/${name}: not found`
const pulling = (image: string) => ({
  image,
  state: wait('ImagePullBackOff', `Back-off pulling image "${image}": ErrImagePull: ${noSuch(image)}`),
})

const others: FaultCase[] = [
  ...thrice('database that does not run, in the words of its clients', [
    [
      'libpq 14',
      needs(
        'psycopg2.OperationalError: connection to server at "postgres" (10.96.44.2), port 5432 failed: Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?',
        lockFile(),
      ),
      /apps\/postgres/,
      /postmaster\.pid/,
      /./,
    ],
    [
      'JDBC',
      needs(
        'org.postgresql.util.PSQLException: Connection to postgres.apps.svc.cluster.local:5432 refused. Check that the hostname and port are correct and that the postmaster is accepting TCP/IP connections.',
        lockFile(),
      ),
      /apps\/postgres/,
      /postmaster\.pid/,
      /./,
    ],
    [
      'pgx',
      needs(
        'failed to connect to `user=app database=app`: 10.96.44.2:5432 (postgres): dial error: dial tcp 10.96.44.2:5432: connect: connection refused',
        lockFile(),
      ),
      /apps\/postgres/,
      /postmaster\.pid/,
      /./,
    ],
  ]),
  ...thrice('another service that does not run, in the words of its clients', [
    [
      'Kafka',
      needs(
        '[main] WARN  o.a.k.clients.NetworkClient - [AdminClient clientId=adminclient-1] Connection to node -1 (kafka/10.96.3.9:9092) could not be established. Node may not be available.\nException in thread "main" java.util.concurrent.ExecutionException: org.apache.kafka.common.errors.TimeoutException: Timed out waiting for a node assignment.',
        addressed(app('kafka', { kind: 'StatefulSet', ...pulling('apache/kafka:4.99') }), '10.96.3.9', 9092),
      ),
      /apps\/kafka/,
      /4\.99: not found/,
      /image|tag/i,
    ],
    [
      'MongoDB',
      needs(
        "MongooseServerSelectionError: connect ECONNREFUSED 10.96.7.7:27017\n    at _handleConnectionErrors (/app/node_modules/mongoose/lib/connection.js:1165:11) {\n  reason: TopologyDescription { servers: Map(1) { 'mongo:27017' => [ServerDescription] } }",
        addressed(app('mongo', { kind: 'StatefulSet', ...pulling('mongo:9.99') }), '10.96.7.7', 27_017),
      ),
      /apps\/mongo/,
      /9\.99: not found/,
      /image|tag/i,
    ],
    [
      'gRPC',
      needs(
        'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp 10.96.8.8:50051: connect: connection refused"',
        [
          service('ledger', { clusterIP: '10.96.8.8', selector: { app: 'ledger' }, ports: [{ port: 50_051, targetPort: 50_051 }] }),
          noEnds('ledger'),
          ...app('ledger', crash('ledger', 2, 'panic: missing LEDGER_KEY')),
        ],
      ),
      /apps\/ledger/,
      /LEDGER_KEY/,
      /./,
    ],
  ]),
  ...thrice('program that says at its end why', [
    [
      'a long trace of Java below the cause',
      waited(
        'orders',
        crash(
          'orders',
          1,
          `org.springframework.beans.factory.BeanCreationException: Error creating bean with name 'flyway'\nCaused by: org.flywaydb.core.api.exception.FlywayValidateException: Validate failed: Migrations have failed validation\nMigration checksum mismatch for migration version 7\n-> Applied to database : 1203\n-> Resolved locally    : 998${'\n\tat org.springframework.beans.factory.support.AbstractBeanFactory.doGetBean(AbstractBeanFactory.java:337)'.repeat(12)}`,
        ),
      ),
      /apps\/orders/,
      /checksum mismatch|Validate failed/,
      /./,
    ],
    [
      'Ruby',
      waited(
        'shop',
        crash(
          'shop',
          1,
          "/usr/local/bundle/gems/activerecord-7.1.3/lib/active_record/migration.rb:777:in `check_pending_migrations': \n\nMigrations are pending. To resolve this issue, run:\n\n        bin/rails db:migrate RAILS_ENV=production\n\nYou have 2 pending migrations: (ActiveRecord::PendingMigrationError)",
        ),
      ),
      /apps\/shop/,
      /[Mm]igrations are pending|pending migrations/,
      /./,
    ],
    [
      '.NET',
      asking(
        'Pod',
        alone(
          app(
            'crm',
            crash(
              'crm',
              139,
              "Unhandled exception. System.IO.FileNotFoundException: The configuration file 'appsettings.Production.json' was not found and is not optional. The expected physical path was '/app/appsettings.Production.json'.\n   at Microsoft.Extensions.Configuration.FileConfigurationProvider.HandleException(ExceptionDispatchInfo info)\n   at Program.<Main>$(String[] args) in /src/Program.cs:line 12",
            ),
          ),
        ),
      ),
      /apps\/crm/,
      /appsettings\.Production\.json/,
      /./,
    ],
  ]),
  ...thrice('program that is refused by others', [
    [
      'its database knows no such user',
      waited(
        'app',
        crash('app', 1, '2026-01-01T00:00:00Z ERROR sqlx: error returned from database: password authentication failed for user "app"'),
      ),
      /apps\/app/,
      /password authentication failed/,
      /password|credential|Secret/i,
    ],
    [
      'AWS',
      asking(
        'Deployment',
        alone(
          app(
            'app',
            crash(
              'app',
              1,
              'botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the GetObject operation: User: arn:aws:sts::123456789012:assumed-role/nodes/i-1 is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::conf/app.yaml"',
            ),
          ),
        ),
      ),
      /apps\/app/,
      /AccessDenied/,
      /role|permission|polic|right|grant|identity/i,
    ],
    [
      'its licence',
      helmed('app', crash('app', 78, 'level=fatal msg="license expired on 2025-12-31, refusing to start"')),
      /apps\/app/,
      /license expired/,
      /./,
    ],
  ]),
  ...thrice('limits of the node', [
    [
      'too many watches',
      waited('tail', crash('tail', 1, 'failed to create fsnotify watcher: too many open files', { kind: 'DaemonSet' })),
      /apps\/tail/,
      /too many open files/,
      /limit|inotify|ulimit|files/i,
    ],
    [
      'virtual memory',
      waited(
        'search',
        crash(
          'search',
          78,
          'ERROR: [1] bootstrap checks failed. You must address the points described in the following [1] lines before starting Elasticsearch.\nbootstrap check failure [1] of [1]: max virtual memory areas vm.max_map_count [65530] is too low, increase to at least [262144]',
          { kind: 'StatefulSet' },
        ),
      ),
      /apps\/search/,
      /max_map_count/,
      /sysctl|max_map_count|vm\./i,
    ],
    [
      'a sysctl that is forbidden',
      waited('edge', {
        phase: 'Failed',
        status: {
          reason: 'SysctlForbidden',
          message: 'Pod was rejected: forbidden sysctl: "net.core.somaxconn" not allowlisted',
          containerStatuses: [],
        },
        said: [['SysctlForbidden', 'forbidden sysctl: "net.core.somaxconn" not allowlisted']],
      }),
      /apps\/edge/,
      /somaxconn/,
      /sysctl|what the message names/i,
    ],
  ]),
  ...thrice('pod that its node refuses', [
    [
      'GPUs',
      asking(
        'Pod',
        alone(
          app('train', {
            kind: 'Job',
            phase: 'Failed',
            status: {
              reason: 'UnexpectedAdmissionError',
              message:
                'Pod was rejected: Allocate failed due to no healthy devices present; cannot allocate unhealthy devices nvidia.com/gpu, which is unexpected',
              containerStatuses: [],
            },
          }),
        ),
      ),
      /apps\/train/,
      /no healthy devices/,
      /device|gpu|node/i,
    ],
    [
      'topology',
      waited('lowlat', {
        phase: 'Failed',
        status: {
          reason: 'TopologyAffinityError',
          message: 'Pod was rejected: Resources cannot be allocated with Topology locality',
          containerStatuses: [],
        },
      }),
      /apps\/lowlat/,
      /Topology locality/,
      /./,
    ],
    [
      'its architecture or labels changed',
      waited('agent', {
        kind: 'DaemonSet',
        phase: 'Failed',
        status: {
          reason: 'NodeAffinity',
          message: "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
          containerStatuses: [],
        },
      }),
      /apps\/agent/,
      /NodeAffinity/,
      /affinity|label|selector/i,
    ],
  ]),
  ...thrice('volume of other sorts', [
    [
      'a directory of the host',
      waited('agent', {
        kind: 'DaemonSet',
        ...unmounted(`${mount} "run" : hostPath type check failed: /run/containerd is not a directory`),
        ...volumes('run', { hostPath: { path: '/run/containerd', type: 'Directory' } }),
      }),
      /apps\/agent/,
      /hostPath type check failed/,
      /host|path/i,
    ],
    [
      'Secrets by CSI',
      waited('web', {
        ...unmounted(
          `${mount} "secrets" : rpc error: code = Unknown desc = failed to mount secrets store objects for pod apps/web-7c9d8b6f5d-k2x9q, err: rpc error: code = Unknown desc = Failed to fetch secret from all regions: prod/web: AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/web/1 is not authorized to perform: secretsmanager:GetSecretValue`,
        ),
        ...volumes('secrets', {
          csi: { driver: 'secrets-store.csi.k8s.io', readOnly: true, volumeAttributes: { secretProviderClass: 'web' } },
        }),
      }),
      /apps\/web/,
      /AccessDeniedException|not authorized/,
      /right|role|permission|grant|access|identity/i,
    ],
    [
      'Azure',
      asking(
        'Pod',
        alone([
          ...app('files', {
            ...unmounted(
              `${mount} "share" : rpc error: code = Internal desc = volume(share) mount //acme.file.core.windows.net/share on /var/lib/kubelet/x failed with mount failed: exit status 32\nMounting command: mount\nOutput: mount error(13): Permission denied\nRefer to the mount.cifs(8) manual page (e.g. man mount.cifs)`,
            ),
            pod: { volumes: [{ name: 'share', persistentVolumeClaim: { claimName: 'share' } }] },
          }),
          claim('share', { volumeName: 'share', storageClassName: 'azurefile' }, 'Bound'),
        ]),
      ),
      /apps\/(files|share)/,
      /Permission denied/,
      /key|credential|share|access|Secret/i,
    ],
  ]),
]

const httpRepo = (message: string, [reason, spec]: readonly [string, JsonObject] = ['Failed', {}]): KubeObject[] =>
  chartless('web', ['NoSourceArtifact', "no artifact available for HelmRepository source 'charts'"], {
    from: charts(spec, [reason, message]),
  })
const flux: FaultCase[] = [
  ...thrice('git host that does not answer', [
    [
      'DNS',
      unsourced(
        repo('apps', { url: 'https://git.corp.example/org/apps' }, [
          'GitOperationFailed',
          'failed to checkout and determine revision: unable to list remote for \'https://git.corp.example/org/apps\': Get "https://git.corp.example/org/apps/info/refs?service=git-upload-pack": dial tcp: lookup git.corp.example on 10.96.0.10:53: server misbehaving',
        ]),
      ),
      /GitRepository\/flux-system\/apps/,
      /server misbehaving/,
      /DNS|host|name|url/i,
    ],
    [
      'ssh, too slow',
      unsourced(
        repo('apps', { url: 'ssh://git@git.corp.example/org/apps' }, [
          'GitOperationFailed',
          "failed to checkout and determine revision: unable to clone 'ssh://git@git.corp.example/org/apps': dial tcp 10.1.2.3:22: i/o timeout",
        ]),
      ),
      /GitRepository\/flux-system\/apps/,
      /i\/o timeout/,
      /network|firewall|reach|host|egress|NetworkPolicy/i,
    ],
    [
      'a proxy',
      unsourced(
        repo('apps', { proxySecretRef: { name: 'proxy' } }, [
          'GitOperationFailed',
          'failed to checkout and determine revision: unable to list remote for \'https://git.example.com/org/repo\': Get "https://git.example.com/org/repo/info/refs?service=git-upload-pack": Proxy Authentication Required',
        ]),
        [inFlux(secret('proxy', { address: 'eA==' }))],
      ),
      /apps|proxy/,
      /Proxy Authentication Required/,
      /proxy/i,
    ],
  ]),
  ...thrice('repository of charts', [
    [
      'no such address',
      httpRepo(
        'failed to fetch Helm repository index: failed to cache index to temporary file: failed to fetch https://charts.example.com/stable/index.yaml : 404 Not Found',
        ['Failed', { url: 'https://charts.example.com/stable' }],
      ),
      /HelmRepository\/apps\/charts/,
      /404 Not Found/,
      /url/i,
    ],
    [
      'its answer is a page',
      httpRepo(
        'failed to load Helm repository from index YAML: failed to load index: error converting YAML to JSON: yaml: line 8: mapping values are not allowed in this context',
        ['IndexationFailed', {}],
      ),
      /HelmRepository\/apps\/charts/,
      /mapping values|index/,
      /url|index|repository/i,
    ],
    [
      'OCI by the wrong type',
      httpRepo("invalid Helm repository URL: 'oci' URL scheme cannot be used with 'default' HelmRepository type", [
        'URLInvalid',
        { url: 'oci://ghcr.io/org/charts' },
      ]),
      /HelmRepository\/apps\/charts/,
      /'oci' URL scheme/,
      /spec\.type|type: oci/,
    ],
  ]),
  ...thrice('chart that cannot be made', [
    [
      'its dependency',
      chartless(
        'web',
        [
          'ChartPackageError',
          "dependency build error: failed to add remote dependency 'redis': failed to get chart 'redis' version '19.x.x' from 'https://charts.bitnami.com/bitnami': no 'redis' chart with version matching '19.x.x' found",
        ],
        { from: inGit(), chart: { chart: './charts/web', sourceRef: { kind: 'GitRepository', name: 'code' } } },
      ),
      /apps-web|apps\/web/,
      /redis/,
      /redis|dependenc/i,
    ],
    [
      'a file of values',
      chartless(
        'web',
        [
          'ValuesFilesError',
          "values files merge error: no values file found at path '/charts/web/values-prod.yaml' (reference 'values-prod.yaml')",
        ],
        { chart: { valuesFiles: ['values-prod.yaml'] } },
      ),
      /apps-web|apps\/web/,
      /values-prod\.yaml/,
      /valuesFiles|values-prod/,
    ],
    [
      'no chart at its path',
      chartless(
        'web',
        [
          'InvalidChartReference',
          'invalid chart reference: stat /tmp/helmchart-apps-apps-web-1/source/charts/webb: no such file or directory',
        ],
        { from: inGit(), chart: { chart: './charts/webb', sourceRef: { kind: 'GitRepository', name: 'code' } } },
      ),
      /apps-web|apps\/web/,
      /charts\/webb/,
      /chart|path/i,
    ],
  ]),
  ...thrice('values that do not fit', [
    [
      'a key that the ConfigMap lacks',
      unstarted(
        'web',
        [
          'ValuesError',
          "could not resolve ConfigMap chart values reference 'apps/web-values' with key 'values.yaml': missing key 'values.yaml' in ConfigMap 'apps/web-values'",
        ],
        { valuesFrom: [{ kind: 'ConfigMap', name: 'web-values' }] },
      ).concat(config('web-values', { 'values.yml': 'a: 1' })),
      /web/,
      /missing key 'values\.yaml'/,
      /valuesKey|key/i,
    ],
    [
      'YAML that is none',
      unstarted(
        'web',
        [
          'ValuesError',
          "unable to read values from key 'values.yaml' in ConfigMap 'apps/web-values': error converting YAML to JSON: yaml: line 4: found character that cannot start any token",
        ],
        { valuesFrom: [{ kind: 'ConfigMap', name: 'web-values' }] },
      ).concat(config('web-values', { 'values.yaml': 'a: 1\n\tb: 2' })),
      /web/,
      /line 4/,
      /valuesFrom|ConfigMap|web-values/,
    ],
    [
      'a target path',
      unstarted(
        'web',
        [
          'ValuesError',
          "unable to merge value from key 'host' in Secret 'apps/web-host' into target path 'ingress.hosts[0].host': key \"b\" has no value",
        ],
        { valuesFrom: [{ kind: 'Secret', name: 'web-host', valuesKey: 'host', targetPath: 'ingress.hosts[0].host' }] },
      ).concat(secret('web-host', { host: 'YSxi' })),
      /web/,
      /target path/,
      /targetPath|escape|literal/i,
    ],
  ]),
  ...thrice('release that Helm cannot render or apply', [
    [
      'a file that needs a later cluster',
      releases('web', [
        'InstallFailed',
        'Helm install failed for release apps/web with chart web@1.2.3: chart requires kubeVersion: >=1.33.0-0 which is incompatible with Kubernetes v1.31.4',
      ]),
      /web/,
      /kubeVersion/,
      /version|upgrade/i,
    ],
    [
      'a value that is required',
      waits(
        releases('web', [
          'UpgradeFailed',
          'Helm upgrade failed for release apps/web with chart web@1.2.3: execution error at (web/templates/secret.yaml:7:14): database.password is required',
        ]),
      ),
      /web/,
      /database\.password is required/,
      /values|value/i,
    ],
    [
      'its Secret is too large',
      releases('web', [
        'InstallFailed',
        'Helm install failed for release apps/web with chart web@1.2.3: create: failed to create: Secret "sh.helm.release.v1.web.v1" is invalid: data: Too long: may not be more than 1048576 bytes',
      ]),
      /web/,
      /Too long/,
      /size|large|small|files|chart/i,
    ],
  ]),
  ...thrice('substitution, in the words of envsubst', [
    [
      'a bad one',
      breaks("post build failed for 'web': envsubst error: variable substitution failed: bad substitution", {
        spec: { postBuild: { substitute: { A: 'b' } } },
      }),
      /shop/,
      /bad substitution/,
      /\$\$|escape|substitut|disable/i,
    ],
    [
      'no closing brace',
      breaks("post build failed for 'grafana-dashboards': envsubst error: variable substitution failed: missing closing brace", {
        spec: { postBuild: { substitute: { A: 'b' } } },
      }),
      /shop/,
      /missing closing brace/,
      /\$\$|escape|substitut|brace/i,
    ],
    [
      'a name, two levels above',
      above(
        breaks("post build failed for 'scripts': envsubst error: variable substitution failed: unable to parse variable name", {
          spec: { postBuild: { substitute: { A: 'b' } } },
        }),
      ),
      /Kustomization\/flux-system\/shop/,
      /unable to parse variable name/,
      /\$\$|escape|disable/i,
    ],
  ]),
  ...thrice('source that brings too much or nothing', [
    [
      'a repository without the paths',
      unsourced(
        repo('apps', { sparseCheckout: ['deploy'] }, [
          'GitOperationFailed',
          "failed to sparse checkout directories : sparse checkout dir 'deploy' does not exist in repository: lstat /tmp/gitrepository-1/deploy: no such file or directory",
        ]),
      ),
      /apps/,
      /sparse/,
      /sparseCheckout|director|path/i,
    ],
    [
      'a bucket whose endpoint is wrong',
      unsourced(
        bucket(
          'manifests',
          { endpoint: 'minio.storage:9000' },
          undefined,
          unfetched(
            'BucketOperationFailed',
            'failed to confirm existence of \'manifests\' bucket: Get "https://minio.storage:9000/manifests/?location=": http: server gave HTTP response to HTTPS client',
          ),
        ),
      ),
      /Bucket\/flux-system\/manifests/,
      /HTTP response to HTTPS client/,
      /insecure|http/i,
    ],
    [
      'an artifact of another type',
      depends(
        unsourced(
          ociFails(
            { layerSelector: { mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip', operation: 'extract' } },
            'failed to extract layer contents from artifact: requires gzip-compressed body: gzip: invalid header',
            'OCILayerOperationFailed',
          ),
        ),
      ),
      /OCIRepository\/flux-system\/manifests/,
      /gzip: invalid header/,
      /layer|push|artifact|gzip/i,
    ],
  ]),
  ...thrice('admission by rules of the API server', [
    [
      'a port twice',
      refuses('Service/apps/web dry-run failed (Invalid): Service "web" is invalid: spec.ports[1].name: Duplicate value: "http"'),
      /shop|web/,
      /Duplicate value/,
      /ports|name|duplicate|field/i,
    ],
    [
      'limits below requests, a release',
      releases('web', [
        'InstallFailed',
        'Helm install failed for release apps/web with chart web@1.2.3: failed to create resource: Deployment.apps "web" is invalid: spec.template.spec.containers[0].resources.requests: Invalid value: "2Gi": must be less than or equal to memory limit of 1Gi',
      ]),
      /web/,
      /less than or equal to memory limit/,
      /limit|request/i,
    ],
    [
      'labels that the selector does not match',
      refuses(
        'Deployment/apps/web dry-run failed (Invalid): Deployment.apps "web" is invalid: spec.template.metadata.labels: Invalid value: map[string]string{"app":"web-v2"}: `selector` does not match template `labels`',
      ),
      /shop|web/,
      /does not match template/,
      /label|selector/i,
    ],
  ]),
  ...thrice('cluster that refuses for a while', [
    [
      'its API server',
      refuses(
        'Deployment/apps/web dry-run failed: Get "https://10.96.0.1:443/apis/apps/v1/namespaces/apps/deployments/web": dial tcp 10.96.0.1:443: connect: connection refused',
      ),
      /./,
      /10\.96\.0\.1:443/,
      /API server|control plane/i,
    ],
    [
      'its store',
      refuses('Deployment/apps/web dry-run failed: etcdserver: mvcc: database space exceeded'),
      /./,
      /database space exceeded/,
      /etcd/i,
    ],
    [
      'its priority',
      refuses(
        'Deployment/apps/web dry-run failed (TooManyRequests): the server has received too many requests and has asked us to try again later',
      ),
      /./,
      /too many requests/,
      /API server|later|priority|load|requests/i,
    ],
  ]),
]
function inGit(): KubeObject {
  return within('apps', git('code', {}, ['True', 'Succeeded', "stored artifact for revision 'main@sha1:9f2b7c0d'"]))
}

export const outsideLater: FaultCase[] = [...others, ...flux]
