import { dangling } from './absences.ts'
import type { Wording } from './wording.ts'

/** What kernels say of a program that is none of theirs. */
export const platforms: readonly Wording[] = [
  {
    name: 'ImagePlatformMissing',
    says: /exec format error/i,
    what: 'its program is built for another platform than the node has, or is a script without #! line',
    fix: 'build the image for the platform of the node, place the pod on nodes of the other one (nodeSelector kubernetes.io/arch), or name an interpreter in command',
  },
]

/** Why volumes, sandboxes and containers could not be set up. */
export const setups: readonly Wording[] = [
  ...platforms,
  {
    name: 'RuntimeClassMissing',
    says: /no runtime for "?(?<class>[\w.-]+)"? is configured|runtime handler "?(?<class2>[\w.-]+)"? (?:not (?:found|supported)|does not exist)|unknown runtime handler "?(?<class3>[\w.-]+)/i,
    what: 'the node has no container runtime {class|of that name}, which the RuntimeClass of the pod names',
    fix: 'install runtime {class|named in the message} on the node, place the pod on nodes that have it, or correct runtimeClassName',
  },
  {
    name: 'MountPathConflict',
    says: /mount a directory onto a file|failed to prepare subPath|error mounting "[^"]+"[\s\S]*(?:not a directory|is a directory|file exists)/i,
    what: 'a volume is mounted where it cannot be: a folder over a file, or a subPath that the volume does not have',
    fix: 'correct volumeMounts[].mountPath and subPath: subPath names a key or file of the volume, and mountPath that very file, or else a folder',
  },
  {
    name: 'ContainerNameReserved',
    says: /failed to reserve container name|name is reserved for/i,
    what: 'an earlier try to make the container has not ended in the container runtime of the node',
    fix: 'wait for the runtime to finish it; if it does not, look at the load and the disk of the node, and restart its container runtime',
  },
  {
    name: 'VolumeInUse',
    says: /Multi-Attach error|already (?:exclusively )?attached|already used by|volume is already/i,
    what: 'the volume is still attached to another node',
    fix: 'stop the pod that uses it there (strategy Recreate for ReadWriteOnce volumes), or wait until it is detached',
  },
  {
    name: 'HostPathInvalid',
    says: /hostPath type check failed/i,
    what: 'a hostPath volume does not find what it names on the node',
    fix: 'correct path and type of the hostPath volume, or use another kind of volume',
  },
  {
    name: 'RunAsRootDenied',
    says: /runAsNonRoot and image (?:will run as root|has non-numeric user)|runAsNonRoot/i,
    what: 'the pod demands runAsNonRoot and the image runs as root, or as a user without a number',
    fix: 'set securityContext.runAsUser to a number above 0, or build the image with a numeric USER',
  },
  {
    name: 'OOMKilled',
    says: /container init was OOM-killed|memory limit too low/i,
    what: 'the memory limit is too low for the container to be started at all',
    fix: 'raise resources.limits.memory of the container',
  },
  {
    name: 'CommandNotExecutable',
    says: /(?:exec: \\?"?(?<command>[^"\\\s]+)\\?"?: |exec \S+: )permission denied|permission denied: unknown/i,
    what: 'the command of the container may not be executed: {command|its file} has no execute permission',
    fix: 'give the file its execute bit in the image (chmod +x, COPY --chmod=0755), or run it through an interpreter in command',
  },
  {
    name: 'CommandNotFound',
    says: /executable file not found|executable file \W?(?<command2>[\w./-]+)\W? not found|exec:? [\s\S]{0,200}?no such file or directory|exec: "(?<command>[^"]+)"|not found in \$PATH/i,
    what: 'the command of the container cannot be run: {command|it} is not in the image, or is no program for this platform',
    fix: 'correct command and args, or the image',
  },
  {
    name: 'PodNetworkFailed',
    says: /fail(?:ed|ure) to (?:set ?up|create) (?:pod )?network|network ?plugin|plugin type=|\/run\/(?:flannel|calico|cilium)|\bcni|NetworkNotReady|no (?:available )?IP addresses|assign an IP address/i,
    what: 'the node cannot give the pod a network',
    fix: 'repair the network plugin (CNI) on that node, or give it more addresses',
  },
  {
    name: 'VolumeDriverMissing',
    says: /(?:driver name |driver )"?(?<driver>[\w.-]+)"? not found in the list of registered CSI drivers|not found in the list of registered CSI drivers|no volume plugin matched/i,
    what: 'the storage driver {driver|of the volume} does not run on the node',
    fix: 'install driver {driver|named in the message} (its DaemonSet must have a ready pod on that node), or use a StorageClass of another driver',
  },
  {
    name: 'VolumeMountFailed',
    says: /mount(?:ing)? secrets store objects/i,
    what: 'the Secrets Store driver cannot fetch what the SecretProviderClass names',
    fix: "correct the SecretProviderClass (names, keys, vault), or give the pod's identity at the provider the right that the message names",
  },
  {
    name: 'PodSandboxFailed',
    says: /get sandbox image|pull(?:ing)? (?:the )?(?:sandbox|pause) image/i,
    what: 'the node cannot pull the pause image that every pod needs',
    fix: 'let the node reach the registry of its pause image, or set sandbox_image of its container runtime to a mirror',
  },
  {
    name: 'VolumeMountFailed',
    says: /mount\.(?<type>nfs|cifs|ceph|glusterfs)\w*: .{0,80}(?:access|permission) denied|mount error\(13\)/i,
    what: 'the file server does not let the node mount the share',
    fix: 'let the server export that path to the nodes (export list, rights of the share, credentials of the volume), or correct server and path of the volume',
  },
  {
    name: 'VolumeMountFailed',
    says: /mount\.\w+: [^\n]{0,80}(?:timed out|refused|unreachable|host is down)|mount error\(11[0-3]\)/i,
    what: 'the file server of the volume does not answer the node',
    fix: 'make the server answer from the nodes (firewall, security group, its service), or correct the server in the volume',
  },
  {
    name: 'VolumeMountFailed',
    says: /mount\.\w+: [^\n]{0,80}no such file or directory/i,
    what: 'the file server of the volume has no such path',
    fix: 'make that folder on the server and export it, or correct the path in the volume',
  },
  {
    name: 'VolumeMountFailed',
    says: /operation with the given volume|(?:NodeStage|NodePublish|Mount)\w*[^\n]*DeadlineExceeded/i,
    what: 'the storage driver does not get done with the volume',
    fix: 'look at the log of the driver on that node (its DaemonSet) and at the storage behind it; restart the driver when it hangs',
  },
  {
    name: 'NodeDiskFull',
    says: /no space left on device|disk quota exceeded/i,
    what: 'the disk of the node is full',
    fix: 'free disk on the node (images, logs, emptyDir volumes), or place the pod elsewhere',
  },
  {
    name: 'VolumeAttachFailed',
    says: /AttachVolume\.Attach failed|failed to attach/i,
    what: 'the volume of the pod cannot be attached to its node',
    fix: 'correct what the message names at the provider (node, volume, rights of the storage driver); a new pod on another node may get it',
  },
  {
    name: 'VolumeMountFailed',
    says: /\bfsck\b[^\n]*(?:found errors|inconsisten|could not correct)|structure needs cleaning|bad superblock|wrong fs type|unknown file ?system type|superblock/i,
    what: 'the file system on the volume of the pod is broken, or none that the node can mount',
    fix: 'repair the file system (fsck, xfs_repair) while nothing has it mounted, restore the volume from a backup, or correct its fsType',
  },
  {
    name: 'ContainerCannotStart',
    says: /(?:seccomp|apparmor|selinux)[^\n]*(?:no such file|not (?:found|loaded|enabled|supported)|cannot load|failed)/i,
    what: 'the node lacks the security profile (seccomp, AppArmor, SELinux) that the pod names',
    fix: 'put that profile on the nodes (for seccomp below /var/lib/kubelet/seccomp), or name another one, such as RuntimeDefault, in securityContext',
  },
  ...dangling,
  {
    name: 'VolumeMountFailed',
    says: /MountVolume|AttachVolume|Unable to attach or mount volumes|mount failed|failed to mount/i,
    what: 'a volume of the pod cannot be attached or mounted',
    fix: 'correct the volume that the message names, or its storage driver',
  },
]
