import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { FaultCase } from './case.ts'
import { event, object, conditions } from './objects.ts'
import { above, asking, crash, helmed, node, waited, serves, thrice, pull, resolve } from './outside-kit.ts'
import { alone, app, loops, waits, initializing } from './practice.ts'

const crashes: FaultCase[] = [
  ...thrice('crash of a Java program', [
    [
      'it is built for a later Java, a StatefulSet',
      waited(
        'ledger',
        crash(
          'ledger',
          1,
          'Exception in thread "main" java.lang.UnsupportedClassVersionError: com/acme/Ledger has been compiled by a more recent version of the Java Runtime (class file version 65.0), this version of the Java Runtime only recognizes class file versions up to 61.0\n\tat java.base/java.lang.ClassLoader.defineClass1(Native Method)',
          { kind: 'StatefulSet' },
        ),
      ),
      /apps\/ledger/,
      /UnsupportedClassVersionError/,
      /./,
    ],
    [
      'Spring has no data source',
      asking(
        'Deployment',
        alone(
          app(
            'orders',
            crash(
              'orders',
              1,
              "***************************\nAPPLICATION FAILED TO START\n***************************\n\nDescription:\n\nFailed to configure a DataSource: 'url' attribute is not specified and no embedded datasource could be configured.\n\nReason: Failed to determine a suitable driver class\n\n\nAction:\n\nConsider the following:\n\tIf you want an embedded database (H2, HSQL or Derby), please put it on the classpath.",
            ),
          ),
        ),
      ),
      /apps\/orders/,
      /'url' attribute is not specified|Failed to configure a DataSource/,
      /./,
    ],
    [
      'its heap is too small',
      helmed(
        'orders',
        crash('orders', 3, 'INFO  o.a.k.c.Consumer - subscribed\nTerminating due to java.lang.OutOfMemoryError: Java heap space'),
      ),
      /apps\/orders/,
      /OutOfMemoryError: Java heap space/,
      /heap|memory|Xmx/i,
    ],
  ]),
  ...thrice('crash of a Go program', [
    [
      'its certificate is not known',
      waited(
        'sync',
        crash(
          'sync',
          1,
          '{"level":"info","ts":"2026-01-01T00:00:00Z","msg":"starting"}\n{"level":"fatal","ts":"2026-01-01T00:00:02Z","msg":"cannot reach upstream","error":"Get \\"https://vault.corp:8200/v1/sys/health\\": tls: failed to verify certificate: x509: certificate signed by unknown authority"}',
          { kind: 'DaemonSet' },
        ),
      ),
      /apps\/sync/,
      /certificate signed by unknown authority/,
      /CA|certificate|trust/i,
    ],
    [
      'it may not open its port',
      asking(
        'Pod',
        alone(
          app(
            'edge',
            crash(
              'edge',
              1,
              '2026/01/01 00:00:00 listening on :80\n2026/01/01 00:00:00 listen tcp :80: bind: permission denied\nexit status 1',
            ),
          ),
        ),
      ),
      /apps\/edge/,
      /bind: permission denied/,
      /port|capabilit/i,
    ],
    [
      'it may not list',
      waits([
        ...app(
          'operator',
          crash(
            'operator',
            1,
            'W0101 00:00:00.000000       1 reflector.go:561] k8s.io/client-go/informers/factory.go:160: failed to list *v1.ConfigMap: configmaps is forbidden: User "system:serviceaccount:apps:operator" cannot list resource "configmaps" in API group "" at the cluster scope\nF0101 00:02:00.000000       1 main.go:92] timed out waiting for caches to sync',
            { pod: { serviceAccountName: 'operator' } },
          ),
        ),
        object('v1', 'ServiceAccount', 'operator'),
      ]),
      /apps\/operator/,
      /cannot list resource "configmaps"/,
      /role|RBAC|grant/i,
    ],
  ]),
  ...thrice('crash of a Python program', [
    [
      'a module is missing, a CronJob',
      asking(
        'CronJob',
        alone(
          app('report', {
            kind: 'CronJob',
            phase: 'Failed',
            state: {
              state: {
                terminated: { exitCode: 1, reason: 'Error', startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:01Z' },
              },
            },
            log: 'Traceback (most recent call last):\n  File "/app/report.py", line 3, in <module>\n    import pandas as pd\nModuleNotFoundError: No module named \'pandas\'',
          }).map(o =>
            o.kind === 'Job'
              ? ({
                  ...o,
                  status: {
                    failed: 7,
                    startTime: '2026-01-01T00:00:00Z',
                    conditions: conditions(['Failed', 'True', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit']),
                  },
                } as KubeObject)
              : o,
          ),
        ),
      ),
      /apps\/report/,
      /No module named 'pandas'/,
      /./,
    ],
    [
      'Django lacks a setting',
      waited(
        'shop',
        crash(
          'shop',
          3,
          '[2026-01-01 00:00:00 +0000] [7] [ERROR] Exception in worker process\nTraceback (most recent call last):\n  File "/usr/lib/python3.12/os.py", line 685, in __getitem__\n    raise KeyError(key) from None\nKeyError: \'SECRET_KEY\'\n[2026-01-01 00:00:00 +0000] [7] [INFO] Worker exiting (pid: 7)\n[2026-01-01 00:00:00 +0000] [1] [ERROR] Worker (pid:7) exited with code 3\n[2026-01-01 00:00:00 +0000] [1] [ERROR] Shutting down: Master\n[2026-01-01 00:00:00 +0000] [1] [ERROR] Reason: Worker failed to boot.',
        ),
      ),
      /apps\/shop/,
      /SECRET_KEY/,
      /./,
    ],
    [
      'its broker refuses the password',
      helmed(
        'worker',
        crash(
          'worker',
          1,
          'kombu.exceptions.OperationalError: (0, 0): (403) ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. For details see the broker logfile.',
        ),
      ),
      /apps\/worker/,
      /ACCESS_REFUSED/,
      /password|credential|login/i,
    ],
  ]),
  ...thrice('crash of a Node program', [
    [
      'a module is missing',
      waited(
        'bff',
        crash(
          'bff',
          1,
          "node:internal/modules/cjs/loader:1228\n  throw err;\n  ^\n\nError: Cannot find module '/app/dist/main.js'\n    at Module._resolveFilename (node:internal/modules/cjs/loader:1225:15)\n    at node:internal/main/run_main_module:36:49 {\n  code: 'MODULE_NOT_FOUND',\n  requireStack: []\n}\n\nNode.js v22.11.0",
          { kind: 'StatefulSet' },
        ),
      ),
      /apps\/bff/,
      /Cannot find module/,
      /./,
    ],
    [
      'its heap is full',
      asking(
        'Pod',
        alone(
          app(
            'bff',
            crash(
              'bff',
              134,
              '\n<--- Last few GCs --->\n\n[1:0x7f]    61543 ms: Mark-Compact 509.1 (518.2) -> 508.7 (518.4) MB, pooled: 0 MB, 612.33 / 0.00 ms\n\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n----- Native stack trace -----',
            ),
          ),
        ),
      ),
      /apps\/bff/,
      /heap out of memory/,
      /heap|memory|max-old-space/i,
    ],
    [
      'no permission on a file, read-only root',
      waited(
        'bff',
        crash('bff', 1, "Error: EROFS: read-only file system, open '/app/.cache/index.json'\n    at Object.openSync (node:fs:562:18)", {
          container: { securityContext: { readOnlyRootFilesystem: true } },
        }),
      ),
      /apps\/bff/,
      /EROFS|read-only file system/,
      /emptyDir|readOnly|volume|writ/i,
    ],
  ]),
  ...thrice('crash of PostgreSQL', [
    [
      'data of another version',
      waited(
        'postgres',
        crash(
          'postgres',
          1,
          '\nPostgreSQL Database directory appears to contain a database; Skipping initialization\n\n2026-01-01 00:00:00.000 UTC [1] FATAL:  database files are incompatible with server\n2026-01-01 00:00:00.000 UTC [1] DETAIL:  The data directory was initialized by PostgreSQL version 15, which is not compatible with this version 17.2 (Debian 17.2-1.pgdg120+1).',
          { kind: 'StatefulSet' },
        ),
      ),
      /apps\/postgres/,
      /incompatible with server/,
      /upgrade|version/i,
    ],
    [
      'its volume is not empty',
      asking(
        'StatefulSet',
        alone(
          app(
            'postgres',
            crash(
              'postgres',
              1,
              'initdb: error: directory "/var/lib/postgresql/data" exists but is not empty\ninitdb: detail: It contains a lost+found directory, perhaps due to it being a mount point.\ninitdb: hint: Using a mount point directly as the data directory is not recommended.\nCreate a subdirectory under the mount point.',
              { kind: 'StatefulSet' },
            ),
          ),
        ),
      ),
      /apps\/postgres/,
      /lost\+found|not empty/,
      /PGDATA|subPath|subdirectory|directory/i,
    ],
    [
      'its disk is full, below a release',
      helmed(
        'postgres',
        crash(
          'postgres',
          1,
          '2026-01-01 00:00:00.000 UTC [1] LOG:  starting PostgreSQL 16.4\n2026-01-01 00:00:00.000 UTC [29] FATAL:  could not write to file "pg_wal/xlogtemp.29": No space left on device\n2026-01-01 00:00:00.000 UTC [1] LOG:  startup process (PID 29) exited with exit code 1\n2026-01-01 00:00:00.000 UTC [1] LOG:  database system is shut down',
          { kind: 'StatefulSet' },
        ),
      ),
      /apps\/postgres/,
      /No space left on device/,
      /space|volume|size|resize/i,
    ],
  ]),
  ...thrice('crash of nginx', [
    [
      'no such upstream',
      waited(
        'proxy',
        crash(
          'proxy',
          1,
          '/docker-entrypoint.sh: Configuration complete; ready for start up\n2026/01/01 00:00:00 [emerg] 1#1: host not found in upstream "backend.shop.svc.cluster.local" in /etc/nginx/conf.d/default.conf:12\nnginx: [emerg] host not found in upstream "backend.shop.svc.cluster.local" in /etc/nginx/conf.d/default.conf:12',
          { kind: 'DaemonSet' },
        ),
      ),
      /apps\/proxy|backend/,
      /host not found in upstream/,
      /Service|name|host|DNS/i,
    ],
    [
      'it cannot make its cache',
      asking(
        'Deployment',
        alone(
          app(
            'proxy',
            crash(
              'proxy',
              1,
              '2026/01/01 00:00:00 [warn] 1#1: the "user" directive makes sense only if the master process runs with super-user privileges, ignored in /etc/nginx/nginx.conf:2\n2026/01/01 00:00:00 [emerg] 1#1: mkdir() "/var/cache/nginx/client_temp" failed (13: Permission denied)',
            ),
          ),
        ),
      ),
      /apps\/proxy/,
      /Permission denied/,
      /permission|user|volume|fsGroup|writ/i,
    ],
    [
      'its configuration is wrong',
      helmed('proxy', crash('proxy', 1, 'nginx: [emerg] unknown directive "proxy_passs" in /etc/nginx/conf.d/default.conf:7'), 'upgrade'),
      /apps\/proxy/,
      /unknown directive/,
      /config/i,
    ],
  ]),
  ...thrice('memory', [
    [
      'killed at its limit, the second container of a pod',
      waited('web', {
        phase: 'Running',
        pod: {
          containers: [
            { name: 'web', image: 'registry.example.com/shop/web:2.4.1' },
            { name: 'envoy', image: 'envoyproxy/envoy:v1.32', resources: { limits: { memory: '64Mi' } } },
          ],
        },
        status: {
          containerStatuses: [
            { name: 'web', ...serves('web') },
            { name: 'envoy', image: 'envoyproxy/envoy:v1.32', ready: false, ...loops('envoy', 137, { reason: 'OOMKilled' }) },
          ],
        },
      }),
      /apps\/web/,
      /OOMKilled/,
      /memory/i,
    ],
    [
      'killed by the node',
      asking(
        'Pod',
        alone([
          ...app('batch', {
            kind: 'Job',
            phase: 'Running',
            state: {
              restartCount: 3,
              state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s restarting failed container=batch' } },
              lastState: {
                terminated: { exitCode: 137, reason: 'OOMKilled', startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:01:00Z' },
              },
            },
          }),
          event(node('worker-1'), 'SystemOOM', 'System OOM encountered, victim process: batch, pid: 21734'),
        ]),
      ),
      /apps\/batch|worker-1/,
      /OOM/,
      /node|requests/i,
    ],
    [
      'an init container, asked two levels above',
      above(
        waited('web', {
          ...initializing(
            'web',
            { name: 'index', image: 'registry.example.com/shop/index:1', resources: { limits: { memory: '32Mi' } } },
            loops('index', 137, { reason: 'OOMKilled' }),
          ),
        }),
      ),
      /apps\/web/,
      /OOMKilled/,
      /memory/i,
    ],
  ]),
  ...thrice('crash that only its exit code or its end tells', [
    [
      'it ends at once with 0',
      waited('cli', {
        phase: 'Running',
        state: loops('cli', 0, { reason: 'Completed' }),
        log: 'usage: acme [--serve] [--once]',
        said: [['BackOff', 'Back-off restarting failed container cli in pod cli-7c9d8b6f5d-k2x9q_apps(1f0c2a7e)']],
      }),
      /apps\/cli/,
      /Completed|exitCode|usage|0/,
      /./,
    ],
    ['139', asking('Pod', alone(app('codec', crash('codec', 139, 'loading model weights from /models')))), /apps\/codec/, /139/, /./],
    [
      '126, below a release',
      helmed('tool', crash('tool', 126, '/bin/sh: 1: /entrypoint.sh: Permission denied')),
      /apps\/tool/,
      /Permission denied|126/,
      /execut|permission|mode/i,
    ],
  ]),
  ...thrice('name that DNS does not know', [
    [
      'Go',
      waited(
        'api',
        crash('api', 1, 'dial tcp: lookup redis-master.cache.svc.cluster.local on 10.96.0.10:53: no such host', { kind: 'StatefulSet' }),
      ),
      /apps\/api|redis/,
      /no such host/,
      /Service|name|DNS|host/i,
    ],
    [
      'Java',
      waited('api', crash('api', 1, 'Caused by: java.net.UnknownHostException: kafka-bootstrap.streaming: Name or service not known')),
      /apps\/api|kafka/,
      /UnknownHostException/,
      /Service|name|DNS|host/i,
    ],
    [
      'Node',
      asking(
        'Deployment',
        alone(
          app(
            'api',
            crash(
              'api',
              1,
              "Error: getaddrinfo ENOTFOUND mongo.data.svc\n    at GetAddrInfoReqWrap.onlookupall [as oncomplete] (node:dns:120:26) {\n  errno: -3008,\n  code: 'ENOTFOUND',\n  syscall: 'getaddrinfo',\n  hostname: 'mongo.data.svc'\n}",
            ),
          ),
        ),
      ),
      /apps\/api|mongo/,
      /ENOTFOUND/,
      /Service|name|DNS|host/i,
    ],
  ]),
  ...thrice('the other that a program needs is what is broken', [
    [
      'its database waits for a disk',
      [
        ...waited(
          'web',
          crash(
            'web',
            1,
            'could not connect to server: Connection refused\n\tIs the server running on host "postgres" (10.96.44.2) and accepting\n\tTCP/IP connections on port 5432?',
          ),
        ),
        ...app('postgres', {
          kind: 'StatefulSet',
          scheduled: [
            'PodScheduled',
            'False',
            'Unschedulable',
            '0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
          ],
          pod: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-postgres-0' } }] },
        }),
        ...(() => {
          const pvc = object('v1', 'PersistentVolumeClaim', 'data-postgres-0', {
            spec: { storageClassName: 'ssd', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Gi' } } },
            status: { phase: 'Pending' },
          })
          return [pvc, event(pvc, 'ProvisioningFailed', 'storageclass.storage.k8s.io "ssd" not found')]
        })(),
      ],
      /^(PersistentVolumeClaim|StatefulSet|Pod)\/apps\/(data-)?postgres|StorageClass\/.*ssd/,
      /"ssd" not found|ssd/,
      /class/i,
    ],
    [
      'its cache crashes',
      waits([
        ...app('web', crash('web', 1, 'redis.exceptions.ConnectionError: Error 111 connecting to redis:6379. Connection refused.')),
        ...app(
          'redis',
          crash('redis', 1, "1:M 01 Jan 2026 00:00:00.000 # Can't open or create append-only dir appendonlydir: Permission denied", {
            kind: 'StatefulSet',
          }),
        ),
      ]),
      /apps\/redis/,
      /append-only dir/,
      /./,
    ],
    [
      'an init container waits for a broker without pods',
      waits([
        ...app('web', {
          ...initializing(
            'web',
            { name: 'wait-for-rabbit', image: 'busybox:1.36' },
            { state: { running: { startedAt: '2026-01-01T00:00:00Z' } } },
          ),
          log: 'waiting for rabbitmq:5672...\nnc: rabbitmq (10.96.3.3:5672): Connection refused\nwaiting for rabbitmq:5672...',
        }),
        ...app('rabbitmq', {
          kind: 'StatefulSet',
          ...pull('rabbitmq:4.99', resolve('docker.io/library/rabbitmq:4.99', 'docker.io/library/rabbitmq:4.99: not found')),
        }),
      ]),
      /apps\/rabbitmq/,
      /4\.99: not found/,
      /tag|image/i,
    ],
  ]),
]

export const outsidePods: FaultCase[] = [...crashes]
