import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import type { FaultCase } from './case.ts'
import { conditions, global, object } from './objects.ts'
import { asking, crash, helmed, inNamespace, thrice, unmounted, volumes, waited } from './outside-kit.ts'
import { alone, app, custom, noEnds, refuses, releases, secret, service, unsourced, ociFails, wait, waits } from './practice.ts'
import { fleet, isWell } from './whole.ts'

const past = '2026-01-01T00:00:00Z'
/** Where an operator lives, in a state. */
const operator = (namespace: string, name: string, shape: Parameters<typeof app>[1]): KubeObject[] =>
  inNamespace(namespace, app(name, shape))
const idle = (apiVersion: string, kind: string, [name, spec]: readonly [string, JsonObject]): KubeObject =>
  object(apiVersion, kind, name, { spec })
const env = (name: string): Parameters<typeof app>[1] => ({
  state: wait('CreateContainerConfigError', `secret "${name}" not found`),
  said: [['Failed', `Error: secret "${name}" not found`]],
  container: { envFrom: [{ secretRef: { name } }] },
})
const unschedulable = [
  'PodScheduled',
  'False',
  'Unschedulable',
  '0/3 nodes are available: 3 Insufficient memory. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
] as const

const operators: FaultCase[] = [
  ...thrice('operator that does not run', [
    [
      'External Secrets loops, asked at the Kustomization',
      [
        ...waited('web', env('web-env')),
        idle('external-secrets.io/v1', 'ExternalSecret', [
          'web-env',
          { secretStoreRef: { name: 'vault', kind: 'SecretStore' }, target: { name: 'web-env' } },
        ]),
        custom('external-secrets.io/v1', 'SecretStore', ['vault', {}, ['Ready', 'True', 'Valid', 'store validated']]),
        ...operator(
          'external-secrets',
          'external-secrets',
          crash(
            'external-secrets',
            1,
            '{"level":"error","ts":1767225600,"logger":"setup","msg":"unable to start manager","error":"no matches for kind \\"ClusterExternalSecret\\" in version \\"external-secrets.io/v1\\""}',
          ),
        ),
      ],
      /web-env|external-secrets/,
      /ClusterExternalSecret|no status|ExternalSecret/,
      /./,
    ],
    [
      'cert-manager has no place, asked at the Certificate',
      [
        idle('cert-manager.io/v1', 'Certificate', ['tls', { secretName: 'tls', issuerRef: { name: 'ca' } }]),
        custom('cert-manager.io/v1', 'Issuer', ['ca', {}, ['Ready', 'True', 'KeyPairVerified', 'Signing CA verified']]),
        ...operator('cert-manager', 'cert-manager', { scheduled: unschedulable, said: [['FailedScheduling', unschedulable[3]]] }),
        ...alone([]),
      ],
      /cert-manager|tls/,
      /Insufficient memory|status/,
      /./,
    ],
    [
      'Sealed Secrets, asked at the pod',
      asking(
        'Pod',
        alone([
          ...app('web', env('web-env')),
          idle('bitnami.com/v1alpha1', 'SealedSecret', ['web-env', { encryptedData: { A: 'AgB' } }]),
          ...operator(
            'kube-system',
            'sealed-secrets-controller',
            crash(
              'sealed-secrets-controller',
              1,
              'panic: secrets is forbidden: User "system:serviceaccount:kube-system:sealed-secrets-controller" cannot list resource "secrets" in API group "" in the namespace "kube-system"',
            ),
          ),
        ]),
      ),
      /web-env|sealed-secrets/,
      /cannot list resource "secrets"|SealedSecret/,
      /./,
    ],
  ]),
  ...thrice('webhook whose pods do not run', [
    [
      'no place for them, a release',
      [
        ...releases('web', [
          'InstallFailed',
          'Helm install failed for release apps/web with chart web@1.2.3: failed to create resource: Internal error occurred: failed calling webhook "pod-policy.acme.io": failed to call webhook: Post "https://policy.acme-system.svc:443/pods?timeout=5s": no endpoints available for service "policy"',
        ]),
        hook('pod-policy.acme.io', 'policy', 'acme-system'),
        ...inNamespace('acme-system', [
          ...app('policy', { scheduled: unschedulable, said: [['FailedScheduling', unschedulable[3]]] }),
          service('policy', { selector: { app: 'policy' }, ports: [{ port: 443, targetPort: 9443 }] }),
          noEnds('policy'),
        ]),
      ],
      /acme-system\/policy/,
      /Insufficient memory/,
      /memory|node|request/i,
    ],
    [
      'its own pods may not be made as it is asked for them',
      [
        ...inNamespace(
          'acme-system',
          app('policy', {
            failure:
              'Internal error occurred: failed calling webhook "pod-policy.acme.io": failed to call webhook: Post "https://policy.acme-system.svc:443/pods?timeout=5s": no endpoints available for service "policy"',
          }),
        ),
        ...inNamespace('acme-system', [
          service('policy', { selector: { app: 'policy' }, ports: [{ port: 443, targetPort: 9443 }] }),
          noEnds('policy'),
        ]),
        hook('pod-policy.acme.io', 'policy', 'acme-system'),
        fleet(),
        isWell('catalog'),
      ],
      /policy/,
      /no endpoints available/,
      /webhook|failurePolicy|namespaceSelector/i,
    ],
    [
      'the namespace of its Service is gone',
      refuses(
        'Deployment/apps/web dry-run failed (InternalError): Internal error occurred: failed calling webhook "pod-policy.acme.io": failed to call webhook: Post "https://policy.acme-system.svc:443/pods?timeout=5s": service "policy" not found',
      ).concat(hook('pod-policy.acme.io', 'policy', 'acme-system')),
      /policy|shop/,
      /service "policy" not found|lookup\): not found/,
      /webhook|Service|Configuration/i,
    ],
  ]),
]
function hook(name: string, target: string, namespace: string): KubeObject {
  return global('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', target, {
    webhooks: [
      {
        name,
        clientConfig: { service: { name: target, namespace, path: '/pods', port: 443 } },
        failurePolicy: 'Fail',
        rules: [],
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
      },
    ],
  })
}

const said = (name: string, log: string, code = 1): KubeObject[] => waited(name, crash(name, code, log))
const logs: FaultCase[] = [
  ...thrice('certificate that a program does not take', [
    [
      'Java',
      said(
        'pay',
        'javax.net.ssl.SSLHandshakeException: PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target',
      ),
      /apps\/pay/,
      /PKIX/,
      /CA|certificate|trust/i,
    ],
    [
      'Rust',
      said(
        'edge',
        'Error: error sending request for url (https://vault.corp:8200/v1/sys/health): client error (Connect): invalid peer certificate: UnknownIssuer',
      ),
      /apps\/edge/,
      /UnknownIssuer/,
      /CA|certificate|trust/i,
    ],
    [
      'Node, expired',
      said(
        'bff',
        "Error: certificate has expired\n    at TLSSocket.onConnectSecure (node:_tls_wrap:1679:34) {\n  code: 'CERT_HAS_EXPIRED'\n}",
      ),
      /apps\/bff/,
      /CERT_HAS_EXPIRED|certificate has expired/,
      /certificate|renew/i,
    ],
  ]),
  ...thrice('configuration that a program does not take', [
    [
      'Prometheus',
      said(
        'prometheus',
        'time=2026-01-01T00:00:00.000Z level=ERROR source=main.go:680 msg="Error loading config (--config.file=/etc/prometheus/prometheus.yml)" err="parsing YAML file /etc/prometheus/prometheus.yml: yaml: unmarshal errors:\\n  line 12: field scrape_intervall not found in type config.plain"',
        2,
      ),
      /apps\/prometheus/,
      /scrape_intervall/,
      /config/i,
    ],
    [
      'a flag',
      said(
        'argo',
        'unknown flag: --enable-foo\nUsage:\n  server [flags]\n\nFlags:\n      --port int   port (default 8080)\n  -h, --help       help for server',
        1,
      ),
      /apps\/argo/,
      /unknown flag: --enable-foo/,
      /flag|args|argument|config/i,
    ],
    [
      'HAProxy',
      said(
        'lb',
        "[NOTICE]   (1) : haproxy version is 3.0.5-8e879a5\n[ALERT]    (1) : config : parsing [/usr/local/etc/haproxy/haproxy.cfg:18] : unknown keyword 'blance' in 'backend' section\n[ALERT]    (1) : config : Fatal errors found in configuration.",
      ),
      /apps\/lb/,
      /blance|Fatal errors found in configuration/,
      /config/i,
    ],
  ]),
  ...thrice('data that a program finds', [
    [
      'MySQL of a later version',
      said(
        'mysql',
        '[ERROR] [MY-013171] [InnoDB] Cannot boot server version 80036 on data directory built by version 90100. Downgrade is not supported\n[ERROR] [MY-010334] [Server] Failed to initialize DD Storage Engine\n[ERROR] [MY-010119] [Server] Aborting',
      ),
      /apps\/mysql/,
      /Downgrade is not supported|Cannot boot server version/,
      /version|upgrade|image/i,
    ],
    [
      'etcd',
      said(
        'etcd',
        '{"level":"fatal","ts":"2026-01-01T00:00:00.000Z","caller":"etcdmain/etcd.go:204","msg":"discovery failed","error":"wal: crc mismatch"}',
      ),
      /apps\/etcd/,
      /crc mismatch/,
      /restore|backup|data|corrupt/i,
    ],
    [
      'Redis',
      said(
        'redis',
        '1:M 01 Jan 2026 00:00:00.000 # Bad file format reading the append only file appendonly.aof.1.incr.aof: make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>',
      ),
      /apps\/redis/,
      /Bad file format/,
      /./,
    ],
  ]),
  ...thrice('limit that a program meets', [
    [
      'connections of PostgreSQL',
      said('api', 'FATAL: sorry, too many clients already', 1),
      /apps\/api/,
      /too many clients/,
      /connection|pool|max_connections/i,
    ],
    [
      'threads',
      said(
        'jvm',
        '[0.412s][warning][os,thread] Failed to start thread "Unknown thread" with pthread_create failed (EAGAIN) for attributes: stacksize: 1024k, guardsize: 0k, detached.\nError: java.lang.OutOfMemoryError: unable to create native thread: possibly out of memory or process/resource limits reached',
        1,
      ),
      /apps\/jvm/,
      /unable to create native thread/,
      /thread|pid|limit|process/i,
    ],
    [
      'requests of an API',
      said(
        'crawler',
        "openai.RateLimitError: Error code: 429 - {'error': {'message': 'Rate limit reached', 'code': 'rate_limit_exceeded'}}",
        1,
      ),
      /apps\/crawler/,
      /429/,
      /rate|limit|quota/i,
    ],
  ]),
]

const flux: FaultCase[] = [
  ...thrice('network that is closed', [
    [
      'a policy, at the registry',
      unsourced(
        ociFails({}, 'failed to determine artifact digest: Get "https://registry.example.com/v2/": dial tcp 203.0.113.7:443: i/o timeout'),
      ),
      /OCIRepository\/flux-system\/manifests/,
      /i\/o timeout/,
      /network|reach|egress|firewall|polic|host/i,
    ],
    [
      'the registry has no route',
      unsourced(
        ociFails(
          {},
          'failed to determine artifact digest: Get "https://registry.example.com/v2/": dial tcp 203.0.113.7:443: connect: no route to host',
        ),
      ),
      /OCIRepository\/flux-system\/manifests/,
      /no route to host/,
      /network|reach|route|host/i,
    ],
    [
      'it resets',
      unsourced(
        ociFails(
          {},
          'failed to determine artifact digest: Get "https://registry.example.com/v2/": read tcp 10.42.0.8:51234->203.0.113.7:443: read: connection reset by peer',
        ),
      ),
      /OCIRepository\/flux-system\/manifests/,
      /connection reset by peer/,
      /network|proxy|host|server|again/i,
    ],
  ]),
  ...thrice('account that a cloud does not know', [
    [
      'AWS, a web identity',
      unsourced(
        ociFails(
          { url: 'oci://123456789012.dkr.ecr.eu-west-1.amazonaws.com/manifests', provider: 'aws' },
          "failed to get credential from 'aws': operation error ECR: GetAuthorizationToken, get identity: get credentials: failed to refresh cached credentials, failed to retrieve credentials, operation error STS: AssumeRoleWithWebIdentity, https response error StatusCode: 403, RequestID: 1, api error AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity",
          'AuthenticationFailed',
        ),
      ),
      /manifests/,
      /AssumeRoleWithWebIdentity/,
      /trust|role|identity|IAM/i,
    ],
    [
      'Google',
      unsourced(
        ociFails(
          { url: 'oci://europe-docker.pkg.dev/acme/manifests', provider: 'gcp' },
          'failed to get credential from \'gcp\': oauth2/google: status code 403: {"error":{"code":403,"message":"Permission \'iam.serviceAccounts.getAccessToken\' denied on resource (or it may not exist).","status":"PERMISSION_DENIED"}}',
          'AuthenticationFailed',
        ),
      ),
      /manifests/,
      /getAccessToken/,
      /identity|IAM|spec\.provider/i,
    ],
    [
      'no metadata server',
      unsourced(
        ociFails(
          { url: 'oci://123456789012.dkr.ecr.eu-west-1.amazonaws.com/manifests', provider: 'aws' },
          "failed to get credential from 'aws': operation error ECR: GetAuthorizationToken, get identity: get credentials: failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, canceled, context deadline exceeded",
          'AuthenticationFailed',
        ),
      ),
      /manifests/,
      /no EC2 IMDS role found/,
      /identity|role|IRSA|account|metadata/i,
    ],
  ]),
  ...thrice('several that fail, of which one is the cause', [
    [
      'a Secret that all pods need',
      [...waits([...app('web', env('db-creds')), ...app('worker', env('db-creds'))]), secret('db-credentials')],
      /apps\/(web|worker|db-creds)/,
      /db-creds/,
      /db-creds/,
    ],
    [
      'one pod loops, as the second waits for it',
      waits([
        ...app('api', { ...initWaits('wait-for-web', "waiting for web:80 ... nc: bad address 'web'") }),
        ...app('web', crash('web', 1, 'fatal: WEB_SECRET is not set')),
      ]),
      /apps\/(web|api)/,
      /WEB_SECRET|bad address/,
      /./,
    ],
    [
      'a volume is full for one, the others time out',
      helmed(
        'db',
        {
          kind: 'StatefulSet',
          ...unmounted('MountVolume.SetUp failed for volume "conf" : configmap "db-conf" not found'),
          ...volumes('conf', { configMap: { name: 'db-conf' } }),
        },
        'upgrade',
      ),
      /db/,
      /db-conf/,
      /db-conf/,
    ],
  ]),
]
function initWaits(name: string, log: string): Parameters<typeof app>[1] {
  return {
    pod: { initContainers: [{ name, image: 'busybox:1.36' }] },
    state: wait('PodInitializing', ''),
    log,
    status: {
      conditions: conditions(
        ['Initialized', 'False', 'ContainersNotInitialized', `containers with incomplete status: [${name}]`],
        ['PodScheduled', 'True', '', ''],
      ),
      initContainerStatuses: [
        { name, ready: false, restartCount: 0, image: 'busybox:1.36', imageID: '', state: { running: { startedAt: past } } },
      ],
    },
  }
}

export const outsidePlatform: FaultCase[] = [...operators, ...logs, ...flux]
