import { conditions, event, object } from './objects.ts'
import { around, custom, releases, three, waits } from './practice.ts'
import { asked, behind, by, fromAbove, later, program } from './unseen.ts'
import { fleet, runs } from './whole.ts'

/** Programs by what they print, and operators by what they say of their objects. */
const ready = (reason: string, says: string) => ['Ready', 'False', reason, says] as const
const one = (
  apiVersion: string,
  kind: string,
  name: string,
  spec: object,
  ...said: readonly (readonly [string, string, string, string])[]
) => custom(apiVersion, kind, [name, spec as never, ...said])
const pods = (name: string) => new RegExp(`(?:Pod|Deployment|StatefulSet|Job|DaemonSet)/apps/${name}`)

export const unseenPrograms = [
  ...three('databases that do not let in', [
    [
      'Spring',
      waits(
        program(
          'orders',
          '2026-01-01T00:00:00.000Z ERROR 1 --- [main] com.zaxxer.hikari.pool.HikariPool : HikariPool-1 - Exception during pool initialization.\n\norg.postgresql.util.PSQLException: FATAL: password authentication failed for user "orders"\n\tat org.postgresql.core.v3.ConnectionFactoryImpl.doAuthentication(ConnectionFactoryImpl.java:693)',
        ),
      ),
      pods('orders'),
      /password authentication failed/,
      /password|credential|secret/i,
    ],
    [
      '.NET and SQL Server',
      fromAbove(
        waits(
          program(
            'billing',
            "Unhandled exception. Microsoft.Data.SqlClient.SqlException (0x80131904): Login failed for user 'billing'.\n   at Microsoft.Data.SqlClient.SqlInternalConnection.OnError(SqlException exception)",
            { kind: 'StatefulSet', code: 139 },
          ),
        ),
      ),
      pods('billing'),
      /Login failed for user/,
      /password|credential|secret|login/i,
    ],
    [
      'Node and MongoDB',
      later(
        waits(
          program(
            'bff',
            "MongoServerError: Authentication failed.\n    at Connection.sendCommand (/app/node_modules/mongodb/lib/cmap/connection.js:299:27) {\n  ok: 0,\n  code: 18,\n  codeName: 'AuthenticationFailed'\n}",
          ),
        ),
      ),
      pods('bff'),
      /Authentication failed/,
      /password|credential|secret/i,
    ],
  ]),
  ...three('schemas that are behind', [
    [
      'Ruby',
      waits(
        program(
          'web',
          'ActiveRecord::PendingMigrationError: Migrations are pending. To resolve this issue, run:\n\n        bin/rails db:migrate\n\nYou have 2 pending migrations:',
        ),
      ),
      pods('web'),
      /Migrations are pending|pending migration/i,
      /migrat/i,
    ],
    [
      'Flyway',
      waits(
        program(
          'orders',
          'org.flywaydb.core.api.exception.FlywayValidateException: Validate failed: Migrations have failed validation\nMigration checksum mismatch for migration version 7\n-> Applied to database : 1123\n-> Resolved locally    : -77',
        ),
      ),
      pods('orders'),
      /checksum mismatch/,
      /migrat|checksum|repair/i,
    ],
    [
      'Rust',
      asked(
        'Pod',
        waits(
          program(
            'ledger',
            'thread \'main\' panicked at src/main.rs:33:10:\nfailed to load ledger: Database(PgDatabaseError { severity: Error, code: "42P01", message: "relation \\"entries\\" does not exist" })\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace',
            { code: 101 },
          ),
        ),
      ),
      pods('ledger'),
      /does not exist/,
      /migrat|table|schema|create/i,
    ],
  ]),
  ...three('programs that lack a part', [
    [
      'Node',
      waits(
        program(
          'bff',
          "node:internal/modules/cjs/loader:1228\n  throw err;\n  ^\n\nError: Cannot find module '/app/dist/main.js'\n    at Module._resolveFilename (node:internal/modules/cjs/loader:1225:15)",
        ),
      ),
      pods('bff'),
      /Cannot find module/,
      /image|build|module|path|command/i,
    ],
    [
      'Python',
      waits(
        program(
          'ml',
          'Traceback (most recent call last):\n  File "/app/serve.py", line 3, in <module>\n    import torch\nModuleNotFoundError: No module named \'torch\'',
          { kind: 'StatefulSet' },
        ),
      ),
      pods('ml'),
      /No module named 'torch'/,
      /image|build|module|install|depend/i,
    ],
    [
      '.NET',
      waits(
        program(
          'api',
          "You must install or update .NET to run this application.\n\nApp: /app/Api.dll\nArchitecture: x64\nFramework: 'Microsoft.AspNetCore.App', version '9.0.0' (x64)\n.NET location: /usr/share/dotnet/\n\nThe following frameworks were found:\n  8.0.11 at [/usr/share/dotnet/shared/Microsoft.AspNetCore.App]",
          { code: 150 },
        ),
      ),
      pods('api'),
      /install or update \.NET|9\.0\.0/,
      /image|\.NET|framework|version|base/i,
    ],
  ]),
  ...three('configuration that a program cannot read', [
    [
      'nginx',
      waits(
        program(
          'edge',
          '2026/01/01 00:00:00 [emerg] 1#1: host not found in upstream "backend.apps.svc.cluster.local" in /etc/nginx/conf.d/default.conf:8\nnginx: [emerg] host not found in upstream "backend.apps.svc.cluster.local" in /etc/nginx/conf.d/default.conf:8',
        ),
      ),
      pods('edge'),
      /host not found in upstream/,
      /service|name|upstream|create|resolve|host/i,
    ],
    [
      'Prometheus',
      waits(
        program(
          'prometheus',
          'ts=2026-01-01T00:00:00Z caller=main.go:601 level=error msg="Error loading config (--config.file=/etc/prometheus/prometheus.yml)" file=/etc/prometheus/prometheus.yml err="parsing YAML file /etc/prometheus/prometheus.yml: yaml: unmarshal errors:\\n  line 12: field scrape_intervall not found in type config.plain"',
          { code: 2, kind: 'StatefulSet' },
        ),
      ),
      pods('prometheus'),
      /scrape_intervall/,
      /config|field|correct/i,
    ],
    [
      'a flag that a new version dropped',
      releases(
        'web',
        [
          'UpgradeFailed',
          "Helm upgrade failed for release apps/web with chart web@1.2.3: timeout waiting for: [Deployment/apps/web status: 'InProgress']",
        ],
        {
          made: program('web', 'Error: unknown flag: --enable-legacy-api\nUsage:\n  web serve [flags]', { code: 2 }),
        },
      ),
      pods('web'),
      /unknown flag/,
      /flag|arg|version/i,
    ],
  ]),
  ...three('what a program leans on', [
    [
      'a database that itself does not run',
      waits(
        program(
          'orders',
          'Error: connect ECONNREFUSED 10.96.7.7:5432\n    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1611:16)',
        ),
        {
          more: [
            object('v1', 'Service', 'orders-db-rw', {
              spec: { clusterIP: '10.96.7.7', selector: { app: 'orders-db' }, ports: [{ port: 5432 }] },
            }),
            ...program(
              'orders-db',
              'PostgreSQL Database directory appears to contain a database; Skipping initialization\n\nFATAL:  database files are incompatible with server\nDETAIL:  The data directory was initialized by PostgreSQL version 15, which is not compatible with this version 16.4.',
              { kind: 'StatefulSet' },
            ),
          ],
        },
      ),
      /(?:Pod|StatefulSet)\/apps\/orders-db/,
      /initialized by PostgreSQL version 15/,
      /upgrade|version|image|15/i,
    ],
    [
      'a broker of another name',
      waits(
        program(
          'events',
          'org.apache.kafka.common.KafkaException: Failed to construct kafka producer\nCaused by: org.apache.kafka.common.config.ConfigException: No resolvable bootstrap urls given in bootstrap.servers',
        ),
      ),
      pods('events'),
      /bootstrap/,
      /bootstrap|address|broker|host|name|config/i,
    ],
    [
      'a cache that asks for a password',
      behind(waits(program('session', 'redis.exceptions.AuthenticationError: Authentication required.', { kind: 'DaemonSet' }))),
      pods('session'),
      /Authentication required/,
      /password|credential|secret/i,
    ],
  ]),
  ...three('certificates of cert-manager', [
    [
      'too many at Let’s Encrypt',
      (() => {
        const cert = one(
          'cert-manager.io/v1',
          'Certificate',
          'web-tls',
          { secretName: 'web-tls', dnsNames: ['a.io'], issuerRef: { name: 'le', kind: 'ClusterIssuer' } },
          ready('DoesNotExist', 'Issuing certificate as Secret does not exist'),
          [
            'Issuing',
            'False',
            'Failed',
            'The certificate request has failed to complete and will be retried: Failed to wait for order resource "web-tls-1-77" to become ready: order is in "errored" state: Failed to create Order: 429 urn:ietf:params:acme:error:rateLimited: too many certificates (5) already issued for this exact set of domains in the last 168h0m0s: a.io',
          ],
        )
        return waits([cert])
      })(),
      /(?:Certificate|Order|CertificateRequest)\/apps\/web-tls/,
      /rateLimited|too many certificates/,
      /wait|limit|staging|later/i,
    ],
    [
      'an issuer that is not there',
      (() => {
        const cert = one(
          'cert-manager.io/v1',
          'Certificate',
          'web-tls',
          { secretName: 'web-tls', issuerRef: { name: 'letsencrypt-prod' } },
          ready('DoesNotExist', 'Issuing certificate as Secret does not exist'),
          ['Issuing', 'True', 'DoesNotExist', 'Issuing certificate as Secret does not exist'],
        )
        const request = by(
          cert,
          one(
            'cert-manager.io/v1',
            'CertificateRequest',
            'web-tls-1',
            { issuerRef: { name: 'letsencrypt-prod' } },
            ready('Pending', 'Referenced "Issuer" not found: issuer.cert-manager.io "letsencrypt-prod" not found'),
          ),
        )
        return waits([cert, request])
      })(),
      /(?:Certificate|CertificateRequest|Issuer)\/apps\/(?:web-tls|letsencrypt-prod)/,
      /letsencrypt-prod" not found/,
      /create|issuer/i,
    ],
    [
      'a name that resolves to somewhere else',
      (() => {
        const says = "Waiting for HTTP-01 challenge propagation: wrong status code '404', expected '200'"
        const cert = one(
          'cert-manager.io/v1',
          'Certificate',
          'web-tls',
          { secretName: 'web-tls', dnsNames: ['a.io'], issuerRef: { name: 'le' } },
          ready('DoesNotExist', 'Issuing certificate as Secret does not exist'),
        )
        const request = by(
          cert,
          one(
            'cert-manager.io/v1',
            'CertificateRequest',
            'web-tls-1',
            { issuerRef: { name: 'le' } },
            ready('Pending', 'Waiting on certificate issuance from order apps/web-tls-1-9: "pending"'),
          ),
        )
        const order = by(request, object('acme.cert-manager.io/v1', 'Order', 'web-tls-1-9', { spec: {}, status: { state: 'pending' } }))
        const challenge = by(
          order,
          object('acme.cert-manager.io/v1', 'Challenge', 'web-tls-1-9-0', {
            spec: { type: 'HTTP-01', dnsName: 'a.io' },
            status: { state: 'pending', presented: true, processing: true, reason: says },
          }),
        )
        return waits([cert, request, order, challenge])
      })(),
      /(?:Challenge|Order|Certificate)\/apps\/web-tls/,
      /wrong status code '404'/,
      /DNS|ingress|route|reach|HTTP/i,
    ],
  ]),
  ...three('secrets from elsewhere', [
    [
      'a store that may not read',
      (() => {
        const says =
          'error processing spec.data[0] (key: prod/db), err: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/eso/1 is not authorized to perform: secretsmanager:GetSecretValue on resource: prod/db'
        const made = one(
          'external-secrets.io/v1',
          'ExternalSecret',
          'db',
          { secretStoreRef: { name: 'aws' }, target: { name: 'db' } },
          ready('SecretSyncedError', 'could not get secret data from provider'),
        )
        const store = one('external-secrets.io/v1', 'SecretStore', 'aws', { provider: { aws: {} } }, [
          'Ready',
          'True',
          'Valid',
          'store validated',
        ])
        return waits([made, event(made, 'UpdateFailed', says), store])
      })(),
      /(?:ExternalSecret|SecretStore)\/apps\/(?:db|aws)/,
      /secretsmanager:GetSecretValue/,
      /role|polic|permission|grant|access/i,
    ],
    [
      'sealed for another cluster',
      waits([
        one('bitnami.com/v1alpha1', 'SealedSecret', 'db', { encryptedData: { password: 'AgB' } }, [
          'Synced',
          'False',
          '',
          'no key could decrypt secret (password)',
        ]),
      ]),
      /SealedSecret\/apps\/db/,
      /no key could decrypt/,
      /seal|key/i,
    ],
    [
      'a pod waits for one whose store is closed',
      (() => {
        const store = one(
          'external-secrets.io/v1',
          'SecretStore',
          'vault',
          { provider: { vault: { server: 'https://vault.acme.io' } } },
          ready(
            'ValidationFailed',
            'unable to validate store: invalid vault credentials: Error making API request.\n\nURL: GET https://vault.acme.io/v1/auth/token/lookup-self\nCode: 403. Errors:\n\n* permission denied',
          ),
        )
        const made = one(
          'external-secrets.io/v1',
          'ExternalSecret',
          'web',
          { secretStoreRef: { name: 'vault', kind: 'SecretStore' }, target: { name: 'web-env' } },
          ready('SecretSyncedError', 'could not get provider client: SecretStore "vault" is not ready'),
        )
        const web = program('web', '', {
          phase: 'Pending',
          container: { envFrom: [{ secretRef: { name: 'web-env' } }] },
          state: { state: { waiting: { reason: 'CreateContainerConfigError', message: 'secret "web-env" not found' } } },
          said: [['Failed', 'Error: secret "web-env" not found']],
        })
        return waits(web, { more: [made, store] })
      })(),
      /SecretStore\/apps\/vault/,
      /permission denied|invalid vault credentials/,
      /credential|token|vault|role|permission/i,
    ],
  ]),
  ...three('operators and what they run', [
    [
      'CNPG and its backup',
      waits([
        one(
          'postgresql.cnpg.io/v1',
          'Cluster',
          'pg',
          { instances: 3, imageName: 'ghcr.io/cloudnative-pg/postgresql:17' },
          ['Ready', 'False', 'ClusterIsNotReady', 'Cluster Is Not Ready'],
          [
            'ContinuousArchiving',
            'False',
            'ContinuousArchivingFailing',
            'unexpected failure invoking barman-cloud-wal-archive: exit status 1: Bucket s3://acme-pg does not exist',
          ],
        ),
      ]),
      /Cluster\/apps\/pg/,
      /acme-pg does not exist/,
      /bucket/i,
    ],
    [
      'Strimzi and a version it does not know',
      later(
        waits([
          one('kafka.strimzi.io/v1beta2', 'Kafka', 'events', { kafka: { version: '3.2.0' } }, [
            'NotReady',
            'True',
            'UnsupportedKafkaVersionException',
            'Unsupported Kafka.spec.kafka.version: 3.2.0. Supported versions are: [3.8.0, 3.9.0]',
          ]),
        ]),
      ),
      /Kafka\/apps\/events/,
      /Unsupported Kafka\.spec\.kafka\.version/,
      /version/i,
    ],
    [
      'Elastic and a licence',
      (() => {
        const made = object('elasticsearch.k8s.elastic.co/v1', 'Elasticsearch', 'logs', {
          spec: { version: '8.17.0' },
          status: {
            phase: 'Invalid',
            health: 'unknown',
            observedGeneration: 1,
            conditions: conditions([
              'ReconciliationComplete',
              'False',
              '',
              'Elasticsearch manifest is invalid: Elasticsearch.elasticsearch.k8s.elastic.co "logs" is invalid: spec.version: Forbidden: Downgrades are not supported',
            ]),
          },
        })
        return waits([
          made,
          event(
            made,
            'Validation',
            'Elasticsearch.elasticsearch.k8s.elastic.co "logs" is invalid: spec.version: Forbidden: Downgrades are not supported',
          ),
        ])
      })(),
      /Elasticsearch\/apps\/logs/,
      /Downgrades are not supported/,
      /version|downgrade/i,
    ],
  ]),
  ...three('releases step by step', [
    [
      'an analysis of Argo Rollouts',
      (() => {
        const made = object('argoproj.io/v1alpha1', 'Rollout', 'web', {
          spec: { replicas: 2, strategy: { canary: {} } },
          status: {
            observedGeneration: '1',
            phase: 'Degraded',
            abort: true,
            message:
              'RolloutAborted: Rollout aborted update to revision 4: Metric "success-rate" assessed Failed due to failed (3) > failureLimit (2)',
            conditions: conditions([
              'Progressing',
              'False',
              'RolloutAborted',
              'Rollout aborted update to revision 4: Metric "success-rate" assessed Failed due to failed (3) > failureLimit (2)',
            ]),
          },
        })
        return waits([made])
      })(),
      /Rollout\/apps\/web/,
      /success-rate/,
      /metric|analysis|revision|version|roll/i,
    ],
    [
      'Flagger finds no numbers',
      (() => {
        const made = object('flagger.app/v1beta1', 'Canary', 'web', {
          spec: { targetRef: { kind: 'Deployment', name: 'web' } },
          status: {
            phase: 'Failed',
            failedChecks: 5,
            conditions: conditions(['Promoted', 'False', 'Failed', 'Canary analysis failed, Deployment scaled to zero.']),
          },
        })
        return waits([
          made,
          event(
            made,
            'Synced',
            'Halt advancement no values found for istio metric request-success-rate probably web.apps is not receiving traffic: running query failed: no values found',
          ),
        ])
      })(),
      /Canary\/apps\/web/,
      /no values found|analysis failed/,
      /traffic|metric|load/i,
    ],
    [
      'a gateway that does not know the backend',
      (() => {
        const made = object('gateway.networking.k8s.io/v1', 'HTTPRoute', 'web', {
          spec: { parentRefs: [{ name: 'edge' }], rules: [{ backendRefs: [{ name: 'web-v2', port: 80 }] }] },
          status: {
            parents: [
              {
                parentRef: { name: 'edge' },
                controllerName: 'io.cilium/gateway-controller',
                conditions: conditions(
                  ['Accepted', 'True', 'Accepted', 'Accepted HTTPRoute'],
                  ['ResolvedRefs', 'False', 'BackendNotFound', 'services "web-v2" not found'],
                ),
              },
            ],
          },
        })
        return [made, ...runs('web'), fleet(), ...around()]
      })(),
      /HTTPRoute\/apps\/web|Service\/apps\/web-v2/,
      /"web-v2" not found/,
      /service|create|name|backend/i,
    ],
  ]),
]
