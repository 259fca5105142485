import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { FaultCase } from './case.ts'
import { event, conditions, global } from './objects.ts'
import { above, asking, crash, creating, expired, helmed, node, unmounted, waited, volumes, thrice, pull, resolve } from './outside-kit.ts'
import { alone, app, config, custom, login, loops, pulls, secret, wait, waits, initializing } from './practice.ts'

const images: FaultCase[] = [
  ...thrice('image name', [
    [
      'of an init container of a Job, on Docker Hub',
      waited('migrate', {
        kind: 'Job',
        ...initializing(
          'migrate',
          { name: 'wait-for-db', image: 'busyboxx:1.36' },
          wait(
            'ImagePullBackOff',
            `Back-off pulling image "busyboxx:1.36": ErrImagePull: failed to pull and unpack image "docker.io/library/busyboxx:1.36": failed to resolve reference "docker.io/library/busyboxx:1.36": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`,
          ),
        ),
      }),
      /^(Pod|Job)\/apps\/migrate/,
      /busyboxx:1\.36/,
      /image|name|repository/i,
    ],
    [
      'CRI-O, below a release below two Kustomizations',
      above(
        waits(
          helmed(
            'agent',
            pull(
              'harbor.corp.example/shop/agent:1.9',
              'initializing source docker://harbor.corp.example/shop/agent:1.9: reading manifest 1.9 in harbor.corp.example/shop/agent: manifest unknown',
            ),
          ),
        ),
      ),
      /^(Pod|Deployment)\/apps\/agent/,
      /manifest unknown/,
      /tag|image/i,
    ],
    [
      'asked at the pod, when its events are gone',
      asking(
        'Pod',
        expired(
          alone(
            pulls(
              'web',
              'europe-docker.pkg.dev/acme/shop/web:v2',
              resolve('europe-docker.pkg.dev/acme/shop/web:v2', 'europe-docker.pkg.dev/acme/shop/web:v2: not found'),
            ),
          ),
        ),
      ),
      /^Pod\/apps\/web/,
      /web:v2: not found/,
      /tag|image/i,
    ],
  ]),
  ...thrice('image credentials', [
    [
      'of a StatefulSet at ghcr.io, anonymous',
      waited('db', {
        kind: 'StatefulSet',
        ...pull(
          'ghcr.io/acme/db:16',
          resolve(
            'ghcr.io/acme/db:16',
            'failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token?scope=repository%3Aacme%2Fdb%3Apull&service=ghcr.io: 401 Unauthorized',
          ),
        ),
      }),
      /^(Pod|StatefulSet)\/apps\/db/,
      /401 Unauthorized/,
      /secret|credential|pull/i,
    ],
    [
      'cri-dockerd and ECR',
      asking(
        'Deployment',
        alone(
          pulls(
            'web',
            '123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:2.4.1',
            'Error response from daemon: Head "https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/web/manifests/2.4.1": no basic auth credentials',
          ),
        ),
      ),
      /^(Pod|Deployment)\/apps\/web/,
      /no basic auth credentials/,
      /secret|credential|role|pull/i,
    ],
    [
      'the pull secret that is named is not there',
      waits([
        ...app('web', {
          ...pull(
            'europe-docker.pkg.dev/acme/shop/web:2.4.1',
            resolve(
              'europe-docker.pkg.dev/acme/shop/web:2.4.1',
              'failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://europe-docker.pkg.dev/v2/token?scope=repository%3Aacme%2Fshop%2Fweb%3Apull&service=: 403 Forbidden',
            ),
          ),
          pod: { imagePullSecrets: [{ name: 'gar-login' }] },
          said: [
            [
              'FailedToRetrieveImagePullSecret',
              'Unable to retrieve some image pull secrets (gar-login); attempting to pull the image may not succeed.',
            ],
            ['BackOff', 'Back-off pulling image "europe-docker.pkg.dev/acme/shop/web:2.4.1"'],
          ],
        }),
        login('regcred', 'ghcr.io'),
      ]),
      /^(Pod|Deployment|Secret)\/apps\//,
      /gar-login/,
      /gar-login/,
    ],
  ]),
  ...thrice('rate limit of a registry', [
    [
      'Docker Hub, a CronJob',
      asking(
        'CronJob',
        alone(
          app('report', {
            kind: 'CronJob',
            ...pull(
              'python:3.12-slim',
              `failed to pull and unpack image "docker.io/library/python:3.12-slim": failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/library/python/manifests/sha256:1f2b: 429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit`,
            ),
          }),
        ),
      ),
      /^(Pod|Job|CronJob)\/apps\/report/,
      /429 Too Many Requests|toomanyrequests/,
      /limit|credential|mirror|log in|auth/i,
    ],
    [
      'ECR public',
      waited('agent', {
        kind: 'DaemonSet',
        ...pull(
          'public.ecr.aws/acme/agent:3',
          resolve(
            'public.ecr.aws/acme/agent:3',
            'unexpected status from HEAD request to https://public.ecr.aws/v2/acme/agent/manifests/3: 429 Too Many Requests',
          ),
        ),
      }),
      /^(Pod|DaemonSet)\/apps\/agent/,
      /429/,
      /limit|credential|mirror|log in|auth/i,
    ],
    [
      'the quota of a node for pulls',
      waited('web', pull('registry.example.com/shop/web:2.4.1', 'pull QPS exceeded')),
      /^(Pod|Deployment)\/apps\/web/,
      /pull QPS exceeded/,
      /QPS|kubelet|rate|again/i,
    ],
  ]),
  ...thrice('TLS of a registry', [
    [
      'its authority is unknown',
      waited('db', {
        kind: 'StatefulSet',
        ...pull(
          'registry.corp:5000/db:1',
          resolve(
            'registry.corp:5000/db:1',
            'failed to do request: Head "https://registry.corp:5000/v2/db/manifests/1": tls: failed to verify certificate: x509: certificate signed by unknown authority',
          ),
        ),
      }),
      /apps\/db/,
      /unknown authority/,
      /CA|certificate|trust/i,
    ],
    [
      'it speaks HTTP',
      asking(
        'Pod',
        alone(
          pulls(
            'web',
            'registry.corp:5000/web:1',
            resolve(
              'registry.corp:5000/web:1',
              'failed to do request: Head "https://registry.corp:5000/v2/web/manifests/1": http: server gave HTTP response to HTTPS client',
            ),
          ),
        ),
      ),
      /Pod\/apps\/web/,
      /HTTP response to HTTPS client/,
      /http|insecure|TLS/i,
    ],
    [
      'its certificate has expired, below a release',
      helmed(
        'web',
        pull(
          'harbor.corp/web:1',
          resolve(
            'harbor.corp/web:1',
            'failed to do request: Head "https://harbor.corp/v2/web/manifests/1": tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-01-02T08:11:02Z is after 2026-01-01T23:59:59Z',
          ),
        ),
      ),
      /apps\/web/,
      /has expired/,
      /certificate|renew/i,
    ],
  ]),
  ...thrice('architecture of an image', [
    [
      'no manifest for the node',
      waits([
        ...app('agent', {
          kind: 'DaemonSet',
          ...pull(
            'registry.example.com/shop/agent:2',
            'rpc error: code = NotFound desc = failed to pull and unpack image "registry.example.com/shop/agent:2": no match for platform in manifest: not found',
          ),
        }),
        node('worker-1', { labels: { 'kubernetes.io/arch': 'arm64' } }),
      ]),
      /apps\/agent/,
      /no match for platform/,
      /platform|arch/i,
    ],
    [
      'the program does not start',
      asking('Deployment', alone(app('web', crash('web', 255, 'exec /usr/local/bin/docker-entrypoint.sh: exec format error')))),
      /apps\/web/,
      /exec format error/,
      /platform|arch/i,
    ],
    [
      'in an init container, the events are gone',
      expired(
        waited('web', {
          ...initializing('web', { name: 'setup', image: 'registry.example.com/shop/setup:1' }, loops('setup', 1)),
          log: 'exec /setup: exec format error',
        }),
      ),
      /apps\/web/,
      /exec format error/,
      /platform|arch/i,
    ],
  ]),
  ...thrice('name of an image that cannot be read', [
    [
      'upper case, a Job',
      waited('import', {
        kind: 'Job',
        image: 'registry.example.com/Shop/import:1',
        state: wait(
          'InvalidImageName',
          'Failed to apply default image tag "registry.example.com/Shop/import:1": couldn\'t parse image name "registry.example.com/Shop/import:1": invalid reference format: repository name (Shop/import) must be lowercase',
        ),
        said: [
          [
            'InspectFailed',
            'Failed to apply default image tag "registry.example.com/Shop/import:1": couldn\'t parse image name "registry.example.com/Shop/import:1": invalid reference format: repository name (Shop/import) must be lowercase',
          ],
          ['Failed', 'Error: InvalidImageName'],
        ],
      }),
      /apps\/import/,
      /must be lowercase/,
      /image/i,
    ],
    [
      'a variable that was not substituted',
      above(
        waited('web', {
          image: 'registry.example.com/shop/web:${TAG}',
          state: wait(
            'InvalidImageName',
            'Failed to apply default image tag "registry.example.com/shop/web:${TAG}": couldn\'t parse image name "registry.example.com/shop/web:${TAG}": invalid reference format',
          ),
        }),
      ),
      /apps\/web/,
      /\$\{TAG\}/,
      /image|substitut/i,
    ],
    [
      'never to be pulled',
      waited('web', {
        image: 'shop/web:dev',
        state: wait('ErrImageNeverPull', 'Container image "shop/web:dev" is not present with pull policy of Never'),
        said: [['ErrImageNeverPull', 'Container image "shop/web:dev" is not present with pull policy of Never']],
        container: { imagePullPolicy: 'Never' },
      }),
      /apps\/web/,
      /pull policy of Never/,
      /polic|image/i,
    ],
  ]),
]
const externalSecret = (): KubeObject =>
  custom('external-secrets.io/v1', 'ExternalSecret', [
    'web-env',
    { secretStoreRef: { kind: 'ClusterSecretStore', name: 'aws' }, target: { name: 'web-env' } },
    ['Ready', 'False', 'SecretSyncedError', 'could not get secret data from provider'],
  ])
const config0: FaultCase[] = [
  ...thrice('Secret or its key', [
    [
      'a key of env, a Job of Helm',
      asking(
        'Job',
        alone([
          ...app('migrate', {
            kind: 'Job',
            state: wait('CreateContainerConfigError', "couldn't find key DATABASE_URL in Secret apps/web-env"),
            said: [['Failed', "Error: couldn't find key DATABASE_URL in Secret apps/web-env"]],
          }),
          secret('web-env', { DATABASE_URI: 'eA==' }),
        ]),
      ),
      /apps\/(migrate|web-env)/,
      /DATABASE_URL/,
      /DATABASE_URL|key/,
    ],
    [
      'an operator should have made it',
      (() => {
        const one = externalSecret()
        return waits([
          ...app('web', {
            state: wait('CreateContainerConfigError', 'secret "web-env" not found'),
            said: [['Failed', 'Error: secret "web-env" not found']],
            container: { envFrom: [{ secretRef: { name: 'web-env' } }] },
          }),
          one,
          event(
            one,
            'UpdateFailed',
            'error processing spec.data[0] (key: prod/web), err: AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/eso/1 is not authorized to perform: secretsmanager:GetSecretValue on resource: prod/web because no identity-based policy allows the secretsmanager:GetSecretValue action',
          ),
          global('external-secrets.io/v1', 'ClusterSecretStore', 'aws', {
            spec: {},
            status: { conditions: conditions(['Ready', 'True', 'Valid', 'store validated']) },
          }),
        ])
      })(),
      /^ExternalSecret\/apps\/web-env/,
      /AccessDeniedException|could not get secret data/,
      /./,
    ],
    [
      'a projected volume',
      waited('web', {
        ...unmounted('MountVolume.SetUp failed for volume "certs" : references non-existent secret key: ca.crt'),
        ...volumes('certs', { projected: { sources: [{ secret: { name: 'web-tls', items: [{ key: 'ca.crt', path: 'ca.crt' }] } }] } }),
      }).concat(secret('web-tls', { 'tls.crt': 'eA==', 'tls.key': 'eA==' })),
      /apps\/web/,
      /ca\.crt/,
      /ca\.crt|key/,
    ],
  ]),
  ...thrice('ConfigMap', [
    [
      'a volume of a StatefulSet, the events are gone',
      expired(waited('db', { kind: 'StatefulSet', state: creating, ...volumes('conf', { configMap: { name: 'db-conf-7hf9c2' } }) })).concat(
        config('db-conf-k8m2t4'),
      ),
      /apps\/db/,
      /db-conf-7hf9c2/,
      /db-conf-7hf9c2|ConfigMap/,
    ],
    [
      'of an init container',
      waited('web', {
        ...initializing(
          'web',
          { name: 'render', image: 'registry.example.com/shop/render:1' },
          wait('CreateContainerConfigError', 'configmap "templates" not found'),
        ),
        said: [['Failed', 'Error: configmap "templates" not found']],
      }),
      /apps\/(web|templates)/,
      /templates/,
      /templates|ConfigMap/,
    ],
    [
      'in another namespace, below a release',
      helmed('web', unmounted('MountVolume.SetUp failed for volume "settings" : configmap "settings" not found'), 'upgrade').concat({
        ...config('settings'),
        metadata: { ...config('settings').metadata, namespace: 'shared' },
      }),
      /apps\/(web|settings)/,
      /configmap "settings" not found/,
      /settings|ConfigMap/,
    ],
  ]),
  ...thrice('container that cannot be started', [
    [
      'no such program',
      asking(
        'Pod',
        alone(
          app('agent', {
            kind: 'DaemonSet',
            state: {
              ...wait(
                'RunContainerError',
                'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "serve": executable file not found in $PATH',
              ),
              restartCount: 4,
            },
            said: [
              [
                'Failed',
                'Error: failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "serve": executable file not found in $PATH',
              ],
            ],
          }),
        ),
      ),
      /apps\/agent/,
      /executable file not found/,
      /command|image|PATH/i,
    ],
    [
      'a file mounted over a directory',
      waited('web', {
        state: {
          ...wait(
            'RunContainerError',
            'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: error mounting "/var/lib/kubelet/pods/1f0c/volume-subpaths/conf/web/0" to rootfs at "/etc/nginx/nginx.conf": mount src=/var/lib/kubelet/pods/1f0c/volume-subpaths/conf/web/0, dst=/etc/nginx/nginx.conf: not a directory: Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type',
          ),
          restartCount: 6,
        },
        ...volumes('conf', { configMap: { name: 'web-conf' } }, '/etc/nginx/nginx.conf'),
      }).concat(config('web-conf', { 'default.conf': 'x' })),
      /apps\/web/,
      /vice-versa|not a directory/,
      /mount|subPath|file/i,
    ],
    [
      'it may not be root',
      helmed('web', {
        state: wait(
          'CreateContainerConfigError',
          'container has runAsNonRoot and image will run as root (pod: "web-7c9d8b6f5d-k2x9q_apps(1f0c2a7e)", container: web)',
        ),
        pod: { securityContext: { runAsNonRoot: true } },
      }),
      /apps\/web/,
      /runAsNonRoot/,
      /runAsUser|USER|root/i,
    ],
  ]),
]

export const outsideImages: FaultCase[] = [...images, ...config0]
