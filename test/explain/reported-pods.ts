import type { KubeObject } from '../../src/kinds/manifest.ts'
import { any, type Expected, fault, type FaultCase } from './case.ts'
import {
  claim,
  conditions,
  crashing,
  deployment,
  ended,
  event,
  global,
  object,
  pod,
  type PodShape,
  replicaSet,
  running,
  stuck,
  unscheduled,
  waiting,
} from './objects.ts'
import { fleet, printing, runs, waited, type Reported, reportedAs } from './whole.ts'

function below(shape: PodShape, { events = [] as readonly (readonly [string, string])[], log = '' } = {}): KubeObject[] {
  const dep = deployment('web', { progressing: stuck })
  const set = replicaSet(dep)
  const made = pod(set, shape)
  const one = log === '' ? made : printing(made, log)
  return [waited('apps', [dep], 'Failed'), fleet(), dep, set, one, ...events.map(([reason, message]) => event(one, reason, message))]
}
const crash = ['CrashLoop', 'ContainerExits']
const probes: readonly Reported[] = [
  [
    'a socket of Postgres',
    'Readiness probe failed: psql: could not connect to server: No such file or directory\n\tIs the server running locally and accepting\n\tconnections on Unix domain socket "/tmp/.s.PGSQL.5432"?',
    'ReadinessProbeFailing',
    /PGSQL/,
  ],
]
const livenesses: readonly Reported[] = [
  [
    'pgpool without a backend',
    'Liveness probe failed: pgpool 14:00:37.65 INFO  ==> Checking pgpool health...\npsql: FATAL:  failed to create a backend 0 connection',
    'LivenessProbeFailing',
    /backend 0/,
  ],
]
const configs: readonly Reported[] = [
  [
    'a user by name',
    'container has runAsNonRoot and image has non-numeric user (argocd), cannot verify user is non-root (pod: "argocd-0_argocd(22444eb2)", container: app)',
    'RunAsRootDenied',
    /non-numeric/,
  ],
  ['a key of Aegis', "couldn't find key VALUE in Secret default/aegis-secret", 'SecretKeyMissing', /VALUE/],
  [
    'a volume at the root',
    "Error response from daemon: invalid volume specification: '/var/lib/kubelet/pods/4641/volumes/kubernetes.io~configmap/config:/:ro': invalid mount config for type \"bind\": invalid specification: destination can't be '/'",
    ['MountPathConflict', 'ContainerCannotStart', 'ContainerConfigInvalid', 'VolumeMountFailed'],
    /destination can't be/,
  ],
]
const inits: readonly Reported[] = [
  [
    'a chown that is forbidden',
    'chown: /var/lib/grafana/lost+found: Operation not permitted\nchown: /var/lib/grafana: Operation not permitted\n',
    ['InitContainerFailed', 'FileDenied', 'CrashLoop'],
    /Operation not permitted/,
  ],
  [
    'a file that is denied',
    'sh: /stackable/data/myid: Permission denied\n',
    ['InitContainerFailed', 'FileDenied', 'CrashLoop'],
    /Permission denied/,
  ],
]
const logs: readonly Reported[] = [
  [
    'a placeholder of Spring',
    "org.springframework.beans.factory.BeanCreationException: Error creating bean with name 'journeySimulator': Injection of autowired dependencies failed; nested exception is java.lang.IllegalArgumentException: Could not resolve placeholder 'fleetman.position.queue' in string value \"${fleetman.position.queue}\"\n",
    [...crash, 'SettingMissing'],
    /placeholder/,
  ],
  [
    'no jar',
    'ERROR: Neither $JAVA_MAIN_CLASS nor $JAVA_APP_JAR is set and 0 found in /deployments (1 expected)\n',
    [...crash, 'SettingMissing'],
    /JAVA_APP_JAR/,
  ],
  [
    'a lease',
    'E0302 17:38:31.851892       1 leaderelection.go:334] error initially creating leader election record: leases.coordination.k8s.io is forbidden: User "system:serviceaccount:fluid-system:controller" cannot create resource "leases" in API group "coordination.k8s.io" in the namespace "fluid-system"\n',
    [...crash, 'RbacDenied'],
    /leases/,
  ],
]
const creations: readonly Reported[] = [
  [
    'no policy at all',
    'pods "web-6d4f-" is forbidden: no providers available to validate pod request',
    ['PodSecurityDenied', 'RequestForbidden', 'PodCreationFailed'],
    /no providers/,
  ],
  [
    'a quota with a capital',
    'pods "web-6d4f-" is forbidden: Exceeded quota: object-counts, requested: pods=1, used: pods=20, limited: pods=20',
    'QuotaExceeded',
    /object-counts/,
  ],
  [
    'an owner that may not block',
    'replicasets.apps "web-5f4f" is forbidden: cannot set blockOwnerDeletion if an ownerReference refers to a resource you can\'t set finalizers on: , <nil>',
    ['RbacDenied', 'RequestForbidden', 'PodCreationFailed'],
    /blockOwnerDeletion/,
  ],
]
const claims: readonly Reported[] = [
  [
    'ten volumes',
    'failed to provision volume with StorageClass "do-block-storage": rpc error: code = ResourceExhausted desc = volume limit (10) has been reached. Current number of volumes: 10. Please contact support.',
    ['ProviderQuotaExceeded', 'ProvisioningFailed', 'QuotaExceeded'],
    /volume limit/,
  ],
  [
    'a selector on AWS',
    'Failed to provision volume with StorageClass "do-block-storage": claim.Spec.Selector is not supported for dynamic provisioning on AWS',
    ['ProvisioningFailed', 'NotSupported'],
    /Selector/,
  ],
  [
    'a driver that is not set up',
    'Failed to provision volume with StorageClass "do-block-storage": rpc error: code = Internal desc = controller not configured',
    'ProvisioningFailed',
    /not configured/,
  ],
]
const balancers: readonly Reported[] = [
  ['a pool that is empty', 'Failed to allocate IP for "default/my-service": no available IPs', 'LoadBalancerFailed', /no available IPs/],
  [
    'too many nodes',
    'Error syncing load balancer: failed to ensure load balancer: hcloud/loadBalancers.EnsureLoadBalancer: hcops/LoadBalancerOps.ReconcileHCLBTargets: target worker-0: a load balancer cannot have more than 25 targets (resource_limit_exceeded)',
    'LoadBalancerFailed',
    /25 targets/,
  ],
]
const rejections: readonly Reported[] = [
  ['a sysctl', 'Pod forbidden sysctl: "net.core.somaxconn" not allowlisted', ['PodRejected'], /somaxconn/],
]

const refusedPods = (words: string): KubeObject[] => {
  const dep = deployment('web', { progressing: stuck, status: { replicas: 0 } })
  const set = replicaSet(dep, { replicas: 0 })
  return [waited('apps', [dep], 'Failed'), fleet(), dep, set, event(set, 'FailedCreate', `Error creating: ${words}`)]
}
const unbound = (words: string): KubeObject[] => {
  const data = claim('data', { storageClassName: 'do-block-storage' })
  const shape = {
    ...unscheduled('0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.'),
    container: {},
    spec: { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] },
  }
  return [
    ...below(shape),
    data,
    event(data, 'ProvisioningFailed', words),
    global('storage.k8s.io/v1', 'StorageClass', 'do-block-storage', { provisioner: 'dobs.csi.digitalocean.com' }),
  ]
}
const edge = (words: string): KubeObject[] => {
  const lb = object('v1', 'Service', 'edge', {
    spec: { type: 'LoadBalancer', selector: { app: 'gateway' }, ports: [{ port: 80, targetPort: 8080 }] },
    status: { loadBalancer: {} },
  })
  return [lb, ...runs('gateway'), event(lb, words.startsWith('Error') ? 'SyncLoadBalancerFailed' : 'AllocationFailed', words)]
}
const challenge = (): KubeObject[] => {
  const words =
    'Waiting for HTTP-01 challenge propagation: did not get expected response when querying endpoint, expected "yhwVXOSN.kX63bjd" but got: <!doctype html><html lan... (truncated)'
  const owner = (made: KubeObject) => ({
    ownerReferences: [{ apiVersion: made.apiVersion, kind: made.kind, name: made.metadata.name, uid: made.metadata.uid ?? '' }],
  })
  const cert = object('cert-manager.io/v1', 'Certificate', 'web', {
    spec: { secretName: 'web-tls', issuerRef: { name: 'le' } },
    status: {
      conditions: conditions(
        ['Ready', 'False', 'DoesNotExist', 'Issuing certificate as Secret does not exist'],
        ['Issuing', 'True', 'DoesNotExist', 'Issuing certificate as Secret does not exist'],
      ),
    },
  })
  const request = object('cert-manager.io/v1', 'CertificateRequest', 'web-1', {
    metadata: owner(cert),
    spec: { issuerRef: { name: 'le' } },
    status: { conditions: conditions(['Ready', 'False', 'Pending', 'Waiting on certificate issuance from order apps/web-1-2: "pending"']) },
  })
  const order = object('acme.cert-manager.io/v1', 'Order', 'web-1-2', {
    metadata: owner(request),
    spec: { issuerRef: { name: 'le' } },
    status: { state: 'pending' },
  })
  const one = object('acme.cert-manager.io/v1', 'Challenge', 'web-1-2-3', {
    metadata: owner(order),
    spec: { dnsName: 'hello.example.com', type: 'HTTP-01', issuerRef: { name: 'le' } },
    status: { state: 'pending', processing: true, presented: true, reason: words },
  })
  return [
    cert,
    request,
    order,
    one,
    object('cert-manager.io/v1', 'Issuer', 'le', {
      spec: { acme: {} },
      status: {
        conditions: conditions(['Ready', 'True', 'ACMEAccountRegistered', 'The ACME account was registered with the ACME server']),
      },
    }),
  ]
}
const store = (): KubeObject[] => [
  object('external-secrets.io/v1', 'ExternalSecret', 'db', {
    spec: { secretStoreRef: { name: 'sm', kind: 'SecretStore' }, target: { name: 'db' } },
    status: { conditions: conditions(['Ready', 'False', 'SecretSyncedError', 'could not get secret data from provider']) },
  }),
  object('external-secrets.io/v1', 'SecretStore', 'sm', {
    spec: {},
    status: {
      conditions: conditions([
        'Ready',
        'False',
        'InvalidProviderConfig',
        'unable to create client: unable to create session: an IAM role must be associated with service account external-secrets',
      ]),
    },
  }),
]
const row = (name: string, says: string, objects: readonly KubeObject[], cause: Expected['cause'], proof: RegExp): FaultCase =>
  fault(name, `reported: ${says}`, objects, { cause: cause ?? [], proof, fix: any })

/** What people report of pods and of what is around them. */
export const reportedPods: readonly FaultCase[] = [
  ...probes.map(reportedAs('readiness', w => below({ phase: 'Running', container: running() }, { events: [['Unhealthy', w]] }))),
  ...livenesses.map(
    reportedAs('liveness', w =>
      below(
        { phase: 'Running', container: { ...running(), restartCount: 9, lastState: ended(137, 'Error') } },
        {
          events: [
            ['Unhealthy', w],
            ['Killing', 'Container app failed liveness probe, will be restarted'],
          ],
        },
      ),
    ),
  ),
  ...configs.map(
    reportedAs('create', w =>
      below(
        { container: waiting(/volume spec/.test(w) ? 'CreateContainerError' : 'CreateContainerConfigError', w) },
        { events: [['Failed', `Error: ${w}`]] },
      ),
    ),
  ),
  ...inits.map(
    reportedAs('init', w =>
      below(
        {
          init: { state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: ended(1, 'Error'), restartCount: 9 },
          container: waiting('PodInitializing'),
        },
        { log: w },
      ),
    ),
  ),
  ...logs.map(reportedAs('log', w => below({ phase: 'Running', container: crashing(1) }, { log: w }))),
  ...creations.map(reportedAs('creation', refusedPods)),
  ...claims.map(reportedAs('claim', unbound)),
  ...balancers.map(reportedAs('balancer', edge)),
  ...rejections.map(reportedAs('rejection', w => below({ phase: 'Failed', status: { reason: 'SysctlForbidden', message: w } }))),
  row(
    'exit',
    'a program that has nothing to do',
    below({ phase: 'Running', container: crashing(0, 'Completed') }),
    crash,
    /exit code 0|Completed/,
  ),
  row(
    'hook',
    'after the start',
    below(
      {
        phase: 'Running',
        container: {
          ...waiting('CrashLoopBackOff', 'back-off 2m40s restarting failed container=app'),
          restartCount: 5,
          lastState: ended(137, 'Error'),
        },
      },
      {
        events: [
          [
            'FailedPostStartHook',
            'Exec lifecycle hook ([chown --recursive ceph:ceph /var/log/ceph]) for Container "app" in Pod "web" failed - error: command \'chown --recursive ceph:ceph /var/log/ceph\' exited with 1: chown: changing ownership of \'/var/log/ceph\': Permission denied',
          ],
          ['Killing', 'FailedPostStartHook'],
        ],
      },
    ),
    ['PostStartHookFailed', 'HookFailed', 'FileDenied', 'CrashLoop'],
    /changing ownership/,
  ),
  row('challenge', 'a page in its place', challenge(), 'ChallengeFailed', /did not get expected response/),
  row(
    'store',
    'a role that is missing',
    store(),
    ['StoreNotReady', 'InvalidProviderConfig', 'LoginRefused'],
    /IAM role|InvalidProviderConfig/,
  ),
]
