import type { Wording } from './wording.ts'

/** Why a kubelet could not pull, in the words of container runtimes and registries. */
export const pulls: readonly Wording[] = [
  {
    name: 'ImagePlatformMissing',
    says: /no match for platform|no matching manifest for|does not provide the specified platform|no image found in (?:manifest list|image index) for|exec format error|image .*platform .*does not match/i,
    what: 'the image has no build for the platform of the node',
    fix: 'build the image for that platform, or place the pod on nodes of another one (nodeSelector kubernetes.io/arch)',
  },
  {
    name: 'ImageBlocked',
    says: /412 Precondition Failed|PROJECTPOLICYVIOLATION|vulnerab[\s\S]{0,80}(?:prevent|block|not allowed)|blocked by .{0,40}(?:policy|scan|security)|quarantined?\b/i,
    what: 'a policy of the registry holds the image back, such as for its vulnerabilities or a missing signature',
    fix: 'look at the image in the registry: mend its vulnerabilities, sign it, or change the policy of that project',
  },
  {
    name: 'ImageSignatureInvalid',
    says: /signature (?:was |is )?required|no (?:valid )?signatures? exists?|SignatureValidationFailed|rejected by policy|Source image rejected|signature .*(?:invalid|not trusted)/i,
    what: 'the policy of the node demands a signature that the image does not have',
    fix: "sign the image with a key that the node's policy trusts, or change that policy (policy.json of the container runtime)",
  },
  {
    name: 'ImageRateLimited',
    says: /pull QPS exceeded/i,
    what: 'the kubelet of the node has pulled as many images as it may at once',
    fix: 'wait, as the kubelet tries again by itself; if it goes on, raise registryPullQPS and registryBurst of the kubelet, or start fewer pods at once',
  },
  {
    name: 'ImageRateLimited',
    says: /too ?many ?requests|\b429\b|pull rate limit|rate limit/i,
    what: 'the registry limits the rate of pulls',
    fix: 'sign in with imagePullSecrets, or use a mirror',
  },
  {
    name: 'ImageCredentialsExpired',
    says: /token (?:has )?expired|authorization token has expired|expired ?token|credentials? (?:have |has )?expired/i,
    what: 'the pull credentials have expired',
    fix: 'renew the Secret that imagePullSecrets names',
  },
  {
    name: 'ImageCertificateExpired',
    says: /certificate has expired|certificate (?:is )?not yet valid/i,
    what: 'the certificate of the registry has expired, or is not valid yet',
    fix: 'renew the certificate of the registry; where it is valid, correct the clock of the node',
  },
  {
    name: 'ImageTlsUnknownAuthority',
    says: /x509|certificate (?:signed|verify|is not trusted)|tls: /i,
    what: 'the node does not trust the certificate of the registry',
    fix: "give the node's container runtime the CA of the registry, or use a registry with a public certificate",
  },
  {
    name: 'ImagePlainHttp',
    says: /server gave HTTP response to HTTPS client/i,
    what: 'the registry speaks plain HTTP, and the node tries HTTPS',
    fix: "configure the registry as insecure in the node's container runtime, or give it a certificate",
  },
  {
    name: 'ImageDigestMismatch',
    says: /(?:digest|checksum|size)\S* (?:mismatch|validation failed|verification failed)|unexpected commit digest|does not match digest|invalid (?:checksum )?digest|failed commit on ref .*(?:size|digest)/i,
    what: 'the content of the image does not fit its digest',
    fix: 'pin the right digest (get_image_digest), or push the image again',
  },
  {
    name: 'ImageDiskFull',
    says: /no space left on device|disk quota/i,
    what: 'the node has no disk left for the image',
    fix: 'free disk on the node, or place the pod elsewhere',
  },
  {
    name: 'RegistryUnreachable',
    says: /no such host|name resolution|i\/o timeout|connection refused|no route to host|network is unreachable|deadline exceeded|connection reset|TLS handshake|timed? ?out|server misbehaving|\b50[0-4]\b|bad gateway|service unavailable|lookup \S+ on|\bEOF\b|context canceled|DeadlineExceeded|request canceled|RegistryUnavailable/i,
    what: 'the node cannot reach the registry of the image',
    fix: 'correct the host in the image, or the DNS and network between the node and the registry',
  },
  {
    name: 'RegistryUnreachable',
    says: /media type text\/html|invalid character '<' looking/i,
    what: 'what answers in place of the registry is a web page, such as that of a proxy or to log in',
    fix: 'correct the host in the image, or the proxy and the mirror that the container runtime of the node uses',
  },
  {
    name: 'ImagePullFailed',
    says: /invalid tar header|unpigz|failed to (?:extract|register|unpack|apply) layer|error processing tar file/i,
    what: 'a layer of the image cannot be unpacked on the node',
    fix: 'push the image again (a layer may be broken), and look at the disk and the container runtime of the node',
  },
  {
    name: 'ImageFormatUnsupported',
    says: /media type "?[^\s"]+"? is no longer supported|unsupported (?:manifest )?media ?type|schema ?1 (?:manifest|image)s? .*(?:unsupported|deprecated|no longer)|unsupported manifest|unknown compression|unsupported (?:layer|compression)/i,
    what: 'the container runtime of the node does not read the format of the image',
    fix: 'build the image anew and push it as an OCI image (or Docker schema 2), or copy it so with a present tool',
  },
  {
    name: 'ImageNameInvalid',
    says: /short-?name .*did not resolve|no unqualified-search registries/i,
    what: 'the name of the image has no registry, and the node knows none to look in',
    fix: 'write the whole name of the image, such as docker.io/library/NAME:TAG',
  },
  {
    name: 'ImagePullDenied',
    says: /\b401\b|\b403\b|unauthori[sz]ed|denied|forbidden|no basic auth credentials|authentication required|authorization failed|insufficient[_ ]scope|may require 'docker login'|failed to fetch (?:oauth|anonymous) token|invalid username|access to the resource/i,
    what: 'the registry refuses the pull: no or wrong credentials, or a repository that does not exist',
    fix: 'name a Secret of type kubernetes.io/dockerconfigjson with valid credentials in imagePullSecrets, or correct the name of the image',
  },
  {
    name: 'ImageNotFound',
    says: /not ?found|manifest[_ ]unknown|name[_ ]unknown|\b404\b|does not exist|unknown (?:manifest|blob|repository)|repository name not known|no such image|could not resolve digest|requested image .*not/i,
    what: 'the registry has no such image or tag',
    fix: 'correct the image or its tag (get_image_digest, list_artifacts), or push it',
  },
]

/** Why the scheduler has no node. Those that name one thing come before those that nodes have in common. */
export const schedulings: readonly Wording[] = [
  {
    name: 'DevicesUnavailable',
    says: /cannot allocate all claims|resource ?claim(?:s|\b)/i,
    what: 'no node has the devices that the ResourceClaims of the pod ask for',
    fix: 'correct the ResourceClaim or its template (device class, selectors, count), add nodes with such devices, or start the driver that offers them',
  },
  {
    name: 'ClaimMissing',
    says: /persistentvolumeclaims? "(?<claim>[\w.-]+)" (?:is being deleted|not found|is terminating)|getting PVC "(?:[\w.-]+\/)?(?<claim2>[\w.-]+)": could not find/i,
    what: 'the pod names PersistentVolumeClaim {claim|in the message}, which does not exist or is being deleted',
    fix: 'create PersistentVolumeClaim {claim|named in the message}, or correct claimName',
    subject: { group: '', kind: 'PersistentVolumeClaim', name: 'claim' },
  },
  {
    name: 'VolumeLost',
    says: /bound to (?:a )?non-existent persistentvolume/i,
    what: 'the volume that a claim of the pod is bound to is gone',
    fix: 'restore the volume from a backup, or make the claim again',
  },
  {
    name: 'VolumeInUse',
    says: /ReadWriteOncePod access mode/i,
    what: 'the claim of the pod is of mode ReadWriteOncePod, and another pod uses it',
    fix: 'stop the pod that uses the claim (strategy Recreate), or give the claim another access mode',
  },
  {
    name: 'ClaimUnbound',
    says: /unbound immediate PersistentVolumeClaims|didn't find available persistent volumes|PersistentVolumeClaim is not bound|no persistent volumes available|waiting for .*claim|binding volumes|did not have enough free storage/i,
    what: 'a PersistentVolumeClaim of the pod is not bound',
    fix: 'make the claim bind: correct its storageClassName, or provide a volume of that size and access mode',
  },
  {
    name: 'VolumeElsewhere',
    says: /volume node affinity conflict|no available volume zone/i,
    what: 'the volume of the pod is bound to other nodes or zones than those it may run on',
    fix: 'let the pod run where its volume is, or make the claim again (volumeBindingMode: WaitForFirstConsumer)',
  },
  {
    name: 'VolumeLimitReached',
    says: /exceed max volume count|max(?:imum)? (?:number of )?volumes?\b|too many volumes/i,
    what: 'the nodes have as many volumes attached as their driver allows',
    fix: 'add nodes, use types that take more volumes, or remove pods whose volumes are attached there',
  },
  {
    name: 'VolumeDriverMissing',
    says: /(?<driver>[\w.-]+) (?:csi )?driver (?:is )?not found (?:at|on) (?:the )?node|CSINode .*not found|does not have driver/i,
    what: 'the storage driver of a volume of the pod does not run on the nodes',
    fix: 'make the node pods of driver {driver|of the volume} run on those nodes (its DaemonSet)',
  },
  {
    name: 'HostPortTaken',
    says: /didn't have free ports|free ports for the requested pod ports|host ?port/i,
    what: 'the host port that the pod asks for is taken on every node',
    fix: 'leave hostPort out (use a Service), or run fewer of these pods than there are nodes',
  },
  {
    name: 'NoNodes',
    says: /no nodes available to schedule|0\/0 nodes are available/i,
    what: 'the cluster has no node to place pods on',
    fix: 'add nodes, or find out why they left',
  },
  {
    name: 'UnschedulableAffinity',
    says: /didn't match Pod's node affinity|didn't match node selector|node selector|node\(s\) didn't match|anti-affinity|pod affinity|topology spread|plugin\(s\) \[(?:NodeAffinity|InterPodAffinity|PodTopologySpread)\]/i,
    what: 'no node fits the nodeSelector, affinity or spread rules of the pod',
    fix: 'correct nodeSelector, affinity or topologySpreadConstraints, or label a node so that it fits',
  },
  {
    name: 'UnschedulableResources',
    says: /Insufficient (?<resource>[\w./-]*\w)|too many pods|insufficient resources/i,
    what: 'no node has enough {resource|room} left for what the pod requests',
    fix: 'lower resources.requests ({resource|see the message}), add nodes, or remove other pods',
  },
  {
    name: 'UnschedulableTaint',
    says: /taints? (?:that the pod .{0,20})?\{?node\.kubernetes\.io\/(?:not-ready|unreachable|\w+-pressure|network-unavailable)/i,
    what: 'the nodes are not ready or under pressure, and keep pods away by a taint of their own',
    fix: 'bring the nodes back (kubelet, network plugin, disk, memory): the taint then leaves by itself',
  },
  {
    name: 'UnschedulableTaint',
    says: /taints? (?:that the pod .{0,20})?\{?node\.cloudprovider\.kubernetes\.io\/uninitialized/i,
    what: 'the cloud provider has not initialized the nodes yet, and a taint keeps pods away until it has',
    fix: 'look at the cloud-controller-manager (it runs, its rights, the provider ID of the nodes): the taint then leaves by itself',
  },
  {
    name: 'UnschedulableTaint',
    says: /untolerated taint|had taint|didn't tolerate|taints? that the pod/i,
    what: 'all nodes have taints that the pod does not tolerate',
    fix: 'add a toleration for the taint that the message names, or take the taint off the nodes',
  },
  {
    name: 'NodesCordoned',
    says: /node\(s\) were unschedulable|node\(s\) were not ready|were cordoned|unreachable/i,
    what: 'the nodes are cordoned or not ready',
    fix: 'uncordon the nodes (kubectl uncordon), or bring them back',
  },
]
