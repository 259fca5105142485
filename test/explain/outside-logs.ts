import type { FaultCase } from './case.ts'
import { claim, event, object } from './objects.ts'
import { asking, crash, thrice, waited } from './outside-kit.ts'
import { alone, app, releases, wait } from './practice.ts'

const lines = (...all: readonly string[]): string => all.join('\n')
const fails = (name: string, log: string, code = 1) => waited(name, crash(name, code, log))
const times = (n: number, line: (i: number) => string): string[] => Array.from({ length: n }, (_, i) => line(i))

/** Programs whose last line is not the one that tells why. */
const ends: FaultCase[] = [
  ...thrice('last words of another program', [
    [
      'npm',
      fails(
        'bff',
        lines(
          '> bff@2.4.1 start',
          '> node dist/main.js',
          '',
          'Error: Configuration key "jwt.secret" does not exist',
          '    at ConfigService.getOrThrow (/app/node_modules/@nestjs/config/dist/config.service.js:67:19)',
          '',
          'Node.js v22.11.0',
          'npm error Lifecycle script `start` failed with error:',
          'npm error code 1',
          'npm error path /app',
          'npm error workspace bff@2.4.1',
          'npm error location /app',
          'npm error command failed',
          'npm error command sh -c node dist/main.js',
        ),
      ),
      /apps\/bff/,
      /jwt\.secret/,
    ],
    [
      'yarn',
      fails(
        'admin',
        lines(
          'yarn run v1.22.22',
          '$ node server.js',
          "TypeError: Cannot read properties of undefined (reading 'databaseUrl')",
          '    at Object.<anonymous> (/app/server.js:14:33)',
          'error Command failed with exit code 1.',
          'info Visit https://yarnpkg.com/en/docs/cli/run for documentation about this command.',
        ),
      ),
      /apps\/admin/,
      /databaseUrl/,
    ],
    [
      'Elixir',
      asking(
        'Pod',
        alone(
          app(
            'live',
            crash(
              'live',
              1,
              lines(
                'ERROR! Config provider Config.Provider failed with:',
                '** (RuntimeError) environment variable SECRET_KEY_BASE is missing.',
                'You can generate one by calling: mix phx.gen.secret',
                '    /app/releases/0.1.0/runtime.exs:24: (file)',
                'Runtime terminating during boot ({#{message=><<"environment variable SECRET_KEY_BASE is missing.">>}})',
                'Crash dump is being written to: erl_crash.dump...done',
              ),
            ),
          ),
        ),
      ),
      /apps\/live/,
      /SECRET_KEY_BASE/,
    ],
  ]),
  ...thrice('long traces', [
    [
      'of Go',
      fails(
        'sync',
        lines(
          'panic: runtime error: invalid memory address or nil pointer dereference',
          '[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x8c1a2f]',
          '',
          'goroutine 1 [running]:',
          ...times(
            30,
            i => `github.com/acme/sync/internal/step${i}.Run(0xc0000b2000, 0x${i})\n\t/src/internal/step${i}/run.go:${i + 40} +0x1bf`,
          ),
          'exit status 2',
        ),
        2,
      ),
      /apps\/sync/,
      /nil pointer dereference/,
    ],
    [
      'of Java, the root is the last cause',
      fails(
        'orders',
        lines(
          "org.springframework.context.ApplicationContextException: Failed to start bean 'webServerStartStop'",
          ...times(
            12,
            i => `\tat org.springframework.context.support.DefaultLifecycleProcessor.doStart(DefaultLifecycleProcessor.java:${i})`,
          ),
          'Caused by: org.springframework.boot.web.server.WebServerException: Unable to start embedded Tomcat server',
          ...times(12, i => `\tat org.springframework.boot.web.embedded.tomcat.TomcatWebServer.start(TomcatWebServer.java:${i})`),
          '\t... 14 common frames omitted',
          'Caused by: java.lang.IllegalArgumentException: Could not load store from file:/etc/tls/keystore.p12: keystore password was incorrect',
          ...times(12, i => `\tat org.apache.tomcat.util.net.SSLUtilBase.getStore(SSLUtilBase.java:${i})`),
          '\t... 38 common frames omitted',
        ),
      ),
      /apps\/orders/,
      /keystore password was incorrect/,
    ],
    [
      'of Python, one while another was handled',
      fails(
        'etl',
        lines(
          'Traceback (most recent call last):',
          '  File "/app/etl/conf.py", line 12, in load',
          '    return json.loads(raw)',
          'json.decoder.JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)',
          '',
          'The above exception was the direct cause of the following exception:',
          '',
          'Traceback (most recent call last):',
          '  File "/app/main.py", line 5, in <module>',
          '    conf = load()',
          'etl.errors.ConfError: cannot read ETL_SOURCES',
        ),
      ),
      /apps\/etl/,
      /ETL_SOURCES|JSONDecodeError/,
    ],
  ]),
  ...thrice('words after the cause', [
    [
      'it says goodbye',
      fails(
        'worker',
        lines(
          '{"level":"info","msg":"starting worker","version":"1.9.0"}',
          '{"level":"error","msg":"cannot open queue","error":"NOAUTH Authentication required."}',
          '{"level":"info","msg":"shutting down"}',
          '{"level":"info","msg":"flushed 0 spans"}',
          '{"level":"info","msg":"bye"}',
        ),
      ),
      /apps\/worker/,
      /NOAUTH/,
    ],
    [
      'PHP',
      fails(
        'blog',
        lines(
          "PHP Fatal error:  Uncaught PDOException: SQLSTATE[HY000] [1045] Access denied for user 'blog'@'10.42.1.17' (using password: YES) in /app/src/Db.php:14",
          'Stack trace:',
          '#0 /app/src/Db.php(14): PDO->__construct()',
          '#1 {main}',
          '  thrown in /app/src/Db.php on line 14',
        ),
        255,
      ),
      /apps\/blog/,
      /Access denied for user/,
    ],
    [
      'a script with set -e, whose commands are shown',
      fails(
        'init',
        lines(
          '+ mkdir -p /data/cache',
          "mkdir: cannot create directory '/data/cache': Read-only file system",
          '+ cleanup',
          '+ rm -rf /tmp/work',
          '+ exit 1',
        ),
      ),
      /apps\/init/,
      /Read-only file system/,
    ],
  ]),
]

const made = (what: string): string => `Helm install failed for release apps/web with chart web@1.2.3: ${what}`
const parts: FaultCase[] = thrice('part of a release that Helm waits for', [
  [
    'a claim',
    (() => {
      const one = claim('web-data', { storageClassName: 'premium' })
      return releases('web', ['InstallFailed', made('context deadline exceeded')], {
        made: [one, event(one, 'ProvisioningFailed', 'storageclass.storage.k8s.io "premium" not found')],
      })
    })(),
    /web-data|premium/,
    /premium/,
    /class/i,
  ],
  [
    'a Job',
    releases('web', ['InstallFailed', made('context deadline exceeded')], {
      made: app('web-seed', crash('web-seed', 1, 'seed: file /seed/data.sql not found', { kind: 'Job' })),
    }),
    /web-seed/,
    /data\.sql not found/,
  ],
  [
    'an object of another operator',
    releases('web', ['InstallFailed', made('context deadline exceeded')], {
      made: [
        ...app('web', {
          state: wait('CreateContainerConfigError', 'secret "web-db-app" not found'),
          said: [['Failed', 'Error: secret "web-db-app" not found']],
          container: { envFrom: [{ secretRef: { name: 'web-db-app' } }] },
        }),
        object('postgresql.cnpg.io/v1', 'Cluster', 'web-db', {
          spec: { instances: 1, imageName: 'ghcr.io/cloudnative-pg/postgresql:99' },
          status: {
            phase: 'Cluster cannot proceed to reconciliation due to an unknown plugin being required',
            phaseReason: 'unknown plugin: barman-cloud.cloudnative-pg.io',
          },
        }),
      ],
    }),
    /Cluster\/apps\/web-db/,
    /unknown plugin/,
  ],
])

export const outsideLogs: FaultCase[] = [...ends, ...parts]
