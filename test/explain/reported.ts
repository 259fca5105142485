import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { FaultCase } from './case.ts'
import {
  back,
  claim,
  deployment,
  git,
  goodCharts,
  helmChart,
  helmRepository,
  imageRepository,
  oci,
  pod,
  type PodShape,
  release,
  replicaSet,
  stuck,
  unscheduled,
  waiting,
  event,
} from './objects.ts'
import { failing, fleet, fluxNs, goodCharted, isWell, retrying, waited, within, type Reported, reportedAs } from './whole.ts'

const gits: readonly Reported[] = [
  [
    'an address with two at signs',
    "failed to checkout and determine revision: unable to clone 'ssh://me@corp.example@source.developers.google.com:2022/p/a/r/b': malformed URL 'ssh://me@corp.example@source.developers.google.com:2022/p/a/r/b'",
    'UrlInvalid',
    /malformed URL/,
  ],
  [
    'a handshake that times out',
    "failed to checkout and determine revision: unable to clone 'ssh://git@github.com/a/b': ssh: handshake failed: read tcp 11.11.1.11:45906->140.82.121.4:22: read: connection timed out",
    'NoAnswer',
    /timed out/,
  ],
  [
    'a server that does not answer',
    "unable to clone 'https://bb.corp.example/scm/a/b', error: failed to connect to bb.corp.example: Operation timed out",
    'NoAnswer',
    /timed out/,
  ],
  [
    'a host key that nobody gave',
    "unable to fetch-connect to remote 'ssh://git@gitlab.corp.example/a/b.git': ssh: handshake failed: hostkey could not be verified",
    'SshHostKey',
    /hostkey/,
  ],
  [
    'a socket',
    "unable to clone 'ssh://git@bitbucket.org/a/b.git': SSH could not read data: Error waiting on socket",
    ['NoAnswer', 'PeerUnreachable'],
    /socket/,
  ],
  [
    'a branch with rules',
    'failed to push to remote: command error on refs/heads/main: GH006: Protected branch update failed for refs/heads/main.\nChanges must be made through a pull request.',
    'PushDenied',
    /GH006/,
  ],
]
const builds: readonly Reported[] = [
  ['an empty file', 'kustomize build failed: kustomization.yaml is empty', ['YamlInvalid', 'ResourceFileMissing'], /is empty/],
  ['a file that is no kustomization', 'kustomize build failed: json: unknown field "spec"', 'YamlInvalid', /unknown field/],
  [
    'a base elsewhere, too slow',
    "kustomize build failed: accumulating resources: accumulation err='accumulating resources from 'cert-manager': read /tmp/kustomization-2262966/cluster/crds/cert-manager: is a directory': recursed accumulation of path '/tmp/kustomization-2262966/cluster/crds/cert-manager': accumulating resources: accumulation err='accumulating resources from 'https://github.com/jetstack/cert-manager/releases/download/v1.7.1/cert-manager.crds.yaml': Get \"https://github.com/jetstack/cert-manager/releases/download/v1.7.1/cert-manager.crds.yaml\": net/http: TLS handshake timeout': evalsymlink failure on '/tmp/kustomize-1562403375/releases/download/v1.7.1/cert-manager.crds.yaml' : lstat /tmp/kustomize-1562403375/releases: no such file or directory",
    ['RemoteBaseFailed', 'NoAnswer'],
    /jetstack/,
  ],
  [
    'a folder above that is not there',
    "kustomize build failed: accumulating resources: accumulation err='accumulating resources from '../base': read /tmp/flux-system245679679/clusters/aat/base: is a directory': recursed accumulation of path '/tmp/flux-system245679679/clusters/aat/base': accumulating resources: accumulation err='accumulating resources from '../../base.gotk-components.yaml': open /tmp/flux-system245679679/apps/flux-system/base.gotk-components.yaml: no such file or directory': evalsymlink failure on '/tmp/flux-system245679679/apps/flux-system/base.gotk-components.yaml' : lstat /tmp/flux-system245679679/apps/flux-system/base.gotk-components.yaml: no such file or directory",
    'ResourceFileMissing',
    /base\.gotk-components\.yaml/,
  ],
  [
    'a base by a URL of another form',
    "kustomize build failed: accumulating resources: accumulation err='accumulating resources from './flux-system': read /tmp/flux-system745085891/gotk/flux-system: is a directory': recursed accumulation of path '/tmp/flux-system745085891/gotk/flux-system': accumulating resources: accumulation err='accumulating resources from 'https://github.com/fluxcd/flux2/manifests/install?ref=v0.17.2': yaml: line 201: mapping values are not allowed in this context': git cmd = '/usr/bin/git fetch --depth=1 origin v0.17.2': exit status 128",
    ['RemoteBaseFailed'],
    /git fetch/,
  ],
  [
    'one alert twice',
    "kustomize build failed: accumulating resources: accumulation err='merging resources from 'alerts': may not add resource with an already registered id: Alert.v1beta3.notification.toolkit.fluxcd.io/alertmanager.volsync-system': must build at directory: '/tmp/kustomization-1/alerts': file is not directory",
    'DuplicateResource',
    /already registered id/,
  ],
  [
    'no key at all',
    "decryption failed for 'user-pass': failed to decrypt and format 'se-2/user-pass' Secret data: cannot get sops data key: Failed to get the data key required to decrypt the SOPS file.\n\nGroup 0: FAILED\n  age1758ynd4uzc83t24x4748uk42n6838rfg9k2ypvfhaqsn2vl3n5tq25yx3p: FAILED\n    - | failed to create reader for decrypting sops data key with\n      | age: no identities specified\n\nRecovery failed because no master key was able to decrypt the file. In\norder for SOPS to recover the file, at least one key has to be successful,\nbut none were.",
    'DecryptionKeyMissing',
    /identities|data key/,
  ],
  [
    'a key service without credentials',
    "decryption failed for 'cloud-creds': DataWithFormat: GetDataKey: Failed to get the data key required to decrypt the SOPS file.\n\nGroup 0: FAILED\narn:aws:kms:eu-west-1:1:key/0: FAILED\n- | Error decrypting key: NoCredentialProviders: no valid\n| providers in chain. Deprecated.\n",
    ['DecryptionKeyDenied', 'DecryptionKeyMissing'],
    /NoCredentialProviders|data key/,
  ],
]
const applies: readonly Reported[] = [
  [
    'a pod whose account comes later',
    'Pod/monitoring/grafana-test dry-run failed, reason: Forbidden, error: pods "grafana-test" is forbidden: error looking up service account monitoring/grafana-test: serviceaccount "grafana-test" not found',
    'ServiceAccountMissing',
    /grafana-test/,
  ],
  [
    'a webhook with side effects',
    'CouchbaseBucket/couchbase/blocker dry-run failed, reason: BadRequest, error: admission webhook "couchbase-operator-admission.couchbase.svc" does not support dry run',
    'WebhookNoDryRun',
    /dry run/,
  ],
  [
    'a number in a Secret',
    'Secret/apps/creds dry-run failed, reason: Forbidden, error: data values must be of type string',
    ['InvalidObject', 'RequestForbidden'],
    /type string/,
  ],
  [
    'a class of clusters',
    'dry-run failed, error: no matches for kind "ClusterClass" in version "cluster.x-k8s.io/v1beta1"',
    'MissingCRD',
    /ClusterClass/,
  ],
  [
    'a policy of Galaxy',
    "Galaxy/apps/g dry-run failed (Invalid): galaxies.galaxy.ansible.com \"g\" is forbidden: ValidatingAdmissionPolicy 'galaxy-operator-storage-type-validation' with binding 'galaxy-operator-storage-type-binding' denied request: storage_type should not be empty",
    'PolicyDenied',
    /storage_type/,
  ],
]
const charts: readonly Reported[] = [
  [
    'a version that the index lacks',
    "chart pull error: failed to get chart version for remote reference: no 'traefik' chart with version matching '10.7.1' found",
    'ChartVersionNotFound',
    /10\.7\.1/,
  ],
  [
    'a tag of a registry',
    'chart pull error: failed to download chart for remote reference: failed to perform "FetchReference" on source: ghcr.io/oauth2-proxy/charts/oauth2-proxy:10.0.0: not found',
    ['TagNotFound', 'ChartVersionNotFound', 'ChartNotFound'],
    /10\.0\.0/,
  ],
  [
    'a thing that is no chart',
    'chart pull error: failed to download chart for remote reference: manifest does not contain minimum number of descriptors (2), descriptors found: 1',
    ['LayerInvalid', 'ChartLoadFailed'],
    /descriptors/,
  ],
  [
    'an image in the place of a chart',
    'chart pull error: failed to download chart for remote reference: could not load config with mediatype application/vnd.cncf.helm.config.v1+json',
    ['LayerInvalid', 'ChartLoadFailed'],
    /mediatype/,
  ],
]
const indexes: readonly Reported[] = [
  [
    'a page of GitHub',
    'failed to fetch Helm repository index: looks like "https://example.com" is not a valid chart repository or cannot be reached: failed to fetch https://example.com/index.yaml : 404 Not Found',
    'IndexNotFound',
    /404/,
  ],
]
const releases: readonly Reported[] = [
  [
    'a host where a map is',
    'Helm install failed for release apps/web with chart web@1.2.3: template: podinfo/templates/ingress.yaml:28:15: executing "podinfo/templates/ingress.yaml" at <.host>: can\'t evaluate field host in type interface {}',
    ['TemplateFailed', 'ChartNeedsValue'],
    /field host/,
  ],
  [
    'a selector with one label more',
    'Helm upgrade failed for release apps/web with chart web@1.2.3: cannot patch "web" with kind Deployment: Deployment.apps "web" is invalid: spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string{"app.kubernetes.io/instance":"web", "app.kubernetes.io/name":"web"}, MatchExpressions:[]v1.LabelSelectorRequirement(nil)}: field is immutable',
    'ImmutableField',
    /immutable/,
  ],
  [
    'claims, Services and sets at once',
    'Helm upgrade failed for release apps/web with chart web@1.2.3: failed to replace object: PersistentVolumeClaim "db-data" is invalid: spec: Forbidden: is immutable after creation except resources.requests for bound claims && failed to replace object: Service "db" is invalid: spec.clusterIP: Invalid value: "": field is immutable',
    'ImmutableField',
    /immutable/,
  ],
]
const registries: readonly Reported[] = [
  [
    'nobody signed in',
    'failed to determine artifact digest: GET https://us-west2-docker.pkg.dev/v2/token?scope=repository%3AP%2Fapp%2Fc%3Apull&service=us-west2-docker.pkg.dev: unexpected status code 403 Forbidden: denied: Unauthenticated request. Unauthenticated requests do not have permission "artifactregistry.repositories.downloadArtifacts" on resource "projects/P/locations/us-west2/repositories/app" (or it may not exist)',
    ['RegistryUnauthorized', 'RegistryDenied', 'LoginRefused'],
    /Unauthenticated/,
  ],
]
const scans: readonly Reported[] = [
  [
    'a password of Docker Hub',
    'scan failed: GET https://auth.docker.io/token?scope=repository%3Aa%2Fb%3Apull&service=registry.docker.io: unexpected status code 401 Unauthorized: {"details":"incorrect username or password"}',
    ['RegistryUnauthorized', 'LoginRefused'],
    /incorrect username/,
  ],
]
const volumes: readonly Reported[] = [
  [
    'Hetzner',
    'AttachVolume.Attach failed for volume "pvc-7ff2" : rpc error: code = Internal desc = failed to publish volume: volume is already attached to a server, please detach it first (service_error)',
    ['VolumeInUse', 'VolumeAttachFailed'],
    /already attached/,
  ],
  [
    'Longhorn',
    'AttachVolume.Attach failed for volume "pvc-01c3" : rpc error: code = Internal desc = Bad response statusCode [500]. Status [500 Internal Server Error]. Body: [detail=, message=unable to attach volume pvc-01c3 to worker1: volume pvc-01c3 not scheduled, code=Server Error] from [http://longhorn-backend:9500/v1/volumes/pvc-01c3?action=attach]',
    ['VolumeAttachFailed'],
    /not scheduled/,
  ],
  [
    'Longhorn, once more',
    'AttachVolume.Attach failed for volume "pvc-a371" : rpc error: code = Aborted desc = The volume pvc-a371 is attached',
    ['VolumeInUse', 'VolumeAttachFailed'],
    /is attached/,
  ],
  [
    'OpenStack',
    'AttachVolume.Attach failed for volume "pvc-44" : Failed to attach volume "v2" on node "n1" with: Expected HTTP response code [200] when accessing [POST http://172.20.0.2:8774/v2/03/servers/85/os-volume_attachments], but got 400 instead\n{"badRequest": {"message": "Invalid volume: volume \'09c6\' status must be \'available\'. Currently in \'in-use\'", "code": 400}}',
    ['VolumeInUse', 'VolumeAttachFailed'],
    /in-use/,
  ],
  [
    'a driver that takes its time',
    'MountVolume.SetUp failed for volume "pvc-13e3" : rpc error: code = DeadlineExceeded desc = context deadline exceeded',
    ['VolumeMountFailed', 'NoAnswer'],
    /DeadlineExceeded/,
  ],
  [
    'a driver that is down',
    'MountVolume.MountDevice failed for volume "pvc-e97d" : rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing dial unix /var/lib/kubelet/plugins/ch.ctrox.csi.s3-driver/csi.sock: connect: connection refused"',
    ['VolumeDriverMissing', 'VolumeMountFailed'],
    /csi\.sock/,
  ],
]
const sandboxes: readonly Reported[] = [
  [
    'Cilium has no address',
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to set up sandbox container "3948" network for pod "web": networkPlugin cni failed to set up pod "web_apps" network: unable to allocate IP via local cilium agent: [POST /ipam][502] postIpamFailure  range is full',
    'PodNetworkFailed',
    /range is full/,
  ],
  [
    'Calico has a route already',
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "3c8b": plugin type="calico" failed (add): error adding host side routes for interface: calid29a1cadef5, error: route (Ifindex: 131, Dst: 172.25.136.1/32, Scope: link) already exists for an interface other than \'calid29a1cadef5\'',
    'PodNetworkFailed',
    /already exists/,
  ],
  [
    'an address that is taken',
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to set up sandbox container "a2d6" network for pod "web": networkPlugin cni failed to set up pod "web_apps" network: [apps/web/:k8s-pod-network]: error adding container to network "k8s-pod-network": error getting IP from IPAM: resource already exists: 10.233.110.22',
    'PodNetworkFailed',
    /IPAM/,
  ],
]
const starts: readonly Reported[] = [
  [
    'a sandbox that died',
    'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to create new parent process: namespace path: lstat /proc/0/ns/ipc: no such file or directory: unknown',
    ['ContainerCannotStart', 'PodSandboxFailed'],
    /ns\/ipc/,
  ],
  [
    'SELinux',
    'failed to create containerd task: OCI runtime create failed: container_linux.go:380: starting container process caused: process_linux.go:545: container init caused: failed to set /proc/self/attr/keycreate on procfs: write /proc/self/attr/keycreate: invalid argument: unknown',
    ['ContainerCannotStart'],
    /keycreate/,
  ],
  [
    'cgroups',
    'failed to create containerd task: OCI runtime create failed: container_linux.go:336: starting container process caused "process_linux.go:402: container init caused "rootfs_linux.go:58: mounting "cgroup" to rootfs "/run/rootfs" at "/sys/fs/cgroup" caused "stat /run/rootfs/sys/fs/pod8534b75c: no such file or directory"""": unknown',
    ['ContainerCannotStart', 'VolumeMountFailed'],
    /cgroup/,
  ],
]
const pulls: readonly Reported[] = [
  [
    'a resolver that misbehaves',
    'rpc error: code = Unknown desc = Error response from daemon: Get https://registry-1.docker.io/v2/: dial tcp: lookup registry-1.docker.io on 127.0.0.53:53: server misbehaving',
    'RegistryUnreachable',
    /misbehaving/,
  ],
  [
    'a download that is broken off',
    'rpc error: code = Canceled desc = failed to pull and unpack image "x": failed to copy: httpReadSeeker: failed open: failed to do request: Get "https://reg.corp.example/v2/a/blobs/sha256:d0": context canceled',
    ['RegistryUnreachable', 'ImagePullFailed'],
    /context canceled/,
  ],
  [
    'an answer that ends',
    'rpc error: code = Unknown desc = failed to pull and unpack image "x": failed to resolve reference "x": unexpected EOF',
    'RegistryUnreachable',
    /unexpected EOF/,
  ],
  [
    'a tag of Quay',
    'image pull failed for x, this may be because there are no credentials on this request.  details: (Tag v2.0.0-bob not found in repository quay.io/a/s3registry)',
    'ImageNotFound',
    /not found/,
  ],
  [
    'an old manifest',
    'rpc error: code = Unknown desc = failed to pull and unpack image "x": failed to copy: httpReaderSeeker: failed open: could not fetch content descriptor sha256:13 (application/vnd.docker.distribution.manifest.v1+prettyjws; charset=utf-8) from remote: not found',
    ['ImageNotFound'],
    /not found/,
  ],
]
const places: readonly Reported[] = [
  [
    'Karpenter and zones',
    "0/19 nodes are available: 1 node(s) had untolerated taint {windowsContainers: true}, 2 node(s) had untolerated taint {eks.amazonaws.com/compute-type: fargate}, 4 node(s) didn't match Pod's node affinity/selector, 4 node(s) didn't match pod anti-affinity rules, 8 node(s) didn't match pod topology spread constraints. preemption: 0/19 nodes are available: 12 No preemption victims found for incoming pod, 7 Preemption is not helpful for scheduling.",
    'UnschedulableAffinity',
    /topology spread/,
  ],
  [
    'an old scheduler',
    'No nodes are available that match all of the following predicates:: Insufficient cpu (9), Insufficient memory (15), MatchNodeSelector (18).',
    ['UnschedulableResources', 'UnschedulableAffinity'],
    /Insufficient/,
  ],
  [
    'the one node is gone',
    '0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
    ['NodesCordoned', 'NodeNotReady', 'UnschedulableTaint'],
    /unreachable/,
  ],
]

const below = (shape: PodShape, [reason, message]: readonly [string, string]): KubeObject[] => {
  const dep = deployment('web', { progressing: stuck })
  const set = replicaSet(dep)
  const one = pod(set, shape)
  return [waited('apps', [dep], 'Failed'), fleet(), dep, set, one, event(one, reason, message)]
}
const creating: PodShape = {
  container: waiting('ContainerCreating'),
  spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] },
}
const bound = (): KubeObject => claim('data', { volumeName: 'pv-1', accessModes: ['ReadWriteMany'] }, 'Bound')
const charted = (message: string): KubeObject[] => [
  release('web', {}, [
    'False',
    'SourceNotReady',
    "HelmChart 'apps/apps-web' is not ready: latest generation of object has not been reconciled",
  ]),
  helmChart('apps-web', {}, undefined, retrying('ChartPullError', message)),
  goodCharts(),
]

/** Messages as people report them to the projects that print them. */
export const reported: readonly FaultCase[] = [
  ...gits.map(reportedAs('git', m => [within(fluxNs, git('fleet', {}, undefined, retrying('GitOperationFailed', m))), isWell('apps')])),
  ...builds.map(reportedAs('build', m => [failing('apps', ['BuildFailed', m]), fleet()])),
  ...applies.map(reportedAs('apply', m => [failing('apps', ['ReconciliationFailed', m]), fleet()])),
  ...charts.map(reportedAs('chart', charted)),
  ...indexes.map(reportedAs('index', m => [within(fluxNs, helmRepository('acme', {}, undefined, retrying('IndexationFailed', m)))])),
  ...releases.map(reportedAs('release', m => [release('web', {}, undefined, retrying('UpgradeFailed', m)), ...goodCharted()])),
  ...registries.map(reportedAs('registry', m => [within(fluxNs, oci('shop', {}, undefined, retrying('OCIPullFailed', m)))])),
  ...scans.map(
    reportedAs('scan', m => [
      within(fluxNs, imageRepository('web', { image: 'docker.io/a/b' }, undefined, retrying('ReadOperationFailed', m))),
    ]),
  ),
  ...volumes.map(
    reportedAs('volume', m => [...below(creating, [m.startsWith('Attach') ? 'FailedAttachVolume' : 'FailedMount', m]), bound()]),
  ),
  ...sandboxes.map(reportedAs('sandbox', m => below({ container: waiting('ContainerCreating') }, ['FailedCreatePodSandBox', m]))),
  ...starts.map(reportedAs('start', m => below({ container: waiting('RunContainerError', m) }, ['Failed', `Error: ${m}`]))),
  ...pulls.map(reportedAs('pull', m => below(back('x'), ['Failed', `Failed to pull image "x": ${m}`]))),
  ...places.map(reportedAs('place', m => below({ ...unscheduled(m), container: {} }, ['FailedScheduling', m]))),
]
