import type { Wording } from './wording.ts'

/** Where a Kustomization looks for its manifests. */
export const paths: readonly Wording[] = [
  {
    name: 'PathNotFound',
    says: /kustomization path not found|(?:invalid |no such |spec\.)path\b.*(?:no such file or directory|does not exist|not found)|\bstat \S+: no such file or directory$/im,
    what: 'spec.path names a folder that the artifact does not have',
    fix: 'correct spec.path to a folder of the source, or push that folder',
  },
]

/** What comes of the artifact of the source on its way. */
export const transfers: readonly Wording[] = [
  {
    name: 'WrongDigest',
    says: /fail(?:ed|ure) to (?:verify|download) (?:archive|artifact): computed/i,
    what: 'the archive of the source came with another digest than the source says',
    fix: 'reconcile the source so that it is stored again; look at proxies on the way, and whether two controllers write one storage',
  },
]

/** The same where the words are Flux's own, whatever the step. */
export const wholePaths: readonly Wording[] = paths.map(path => ({ ...path, says: /kustomization path not found/i }))

/** Decryption. */
export const decryptions: readonly Wording[] = [
  {
    name: 'DecryptionNotConfigured',
    says: /is SOPS encrypted, configuring decryption is required|\.sops: field not declared in schema|unknown field "(?:[\w.]+\.)?sops"/i,
    what: 'an object is still encrypted by SOPS: the Kustomization does not decrypt it',
    fix: 'set spec.decryption.provider: sops of the Kustomization, with a secretRef to the keys',
  },
  {
    name: 'DecryptionMacMismatch',
    says: /MAC mismatch|sops data integrity|expected mac|no MAC/i,
    what: 'an encrypted file was changed without SOPS: its checksum (MAC) does not fit its content',
    fix: 'take the last good version of the file and change it with sops, or encrypt it anew',
  },
  {
    name: 'DecryptionKeyDenied',
    says: /(?:data key|sops|decrypt)[\s\S]*?(?<focus>AccessDenied\w*|not authorized to perform|PermissionDenied|permission denied|status(?: |Code: ?)403|\b403\b|Forbidden)/i,
    what: 'SOPS cannot decrypt: the key service refuses the identity of the controller',
    fix: 'give the identity that decrypts (spec.decryption.serviceAccountName, or the credentials in the Secret of spec.decryption.secretRef) the right to decrypt with the key that the message names',
  },
  {
    name: 'DecryptionKeyMissing',
    says: /(?:cannot|can't|could not|failed to|unable to) (?:get|retrieve|decrypt|find)[^.]{0,30}(?:data key|sops)|no (?:identity|key) (?:matched|could decrypt|found)|failed to decrypt|error decrypting|decryption (?:failed|error)|sops (?:metadata|file)|no matching (?:creation|private) key|age: no identity|could not decrypt/i,
    what: 'SOPS cannot decrypt: none of the configured keys opens the file',
    fix: 'put the private key (*.agekey for age, *.asc for PGP, or the cloud identity) into the Secret of spec.decryption.secretRef, or encrypt the file for a key that is there',
  },
]

/** Variables. */
export const variables: readonly Wording[] = [
  {
    name: 'VariableMissing',
    says: /variable not set(?: \(strict mode\))?:? "?(?<variable>\w*)|undefined variable:? "?(?<variable2>\w*)|var(?:iable)? "?(?<variable3>\w+)"? (?:is )?(?:not set|missing|unset|undefined)/i,
    what: 'variable {variable|named in the message} has no value for the substitution',
    fix: 'give {variable|the variable} in spec.postBuild.substitute or in a ConfigMap or Secret of substituteFrom, or write a default: ${VAR:=value}',
  },
]

/** What expressions for the health of what was applied say. */
export const expressions: readonly Wording[] = [
  {
    name: 'InvalidCELExpression',
    says: /evaluat\w*[^\n]{0,40}\bCEL\b|\bCEL\b[^\n]{0,40}\bevaluat|CEL expression/i,
    what: 'an expression (CEL) of spec.healthCheckExprs cannot be evaluated on the object',
    fix: 'correct the expression that the message quotes; ask for fields that may be missing by has(...) first',
  },
]

/** What else substitution says. */
export const substitutions: readonly Wording[] = [
  {
    name: 'SubstitutionFailed',
    says: /unable to parse (?:variable name|substitution|default)|bad substitution|missing closing brace/i,
    what: 'a manifest holds a ${…} that the substitution cannot read, such as one of a script or of a template',
    fix: 'write $${…} for what is no variable, or leave the object out (annotation kustomize.toolkit.fluxcd.io/substitute: disabled); correct the ${…} where it is one',
  },
  {
    name: 'SubstitutionFailed',
    says: /'?(?<variable>[\w.-]+)'? (?:is an )?(?:invalid )?var(?:iable)? name(?: is invalid)?/i,
    what: 'a variable for the substitution has a name that is none',
    fix: 'rename {variable|the variable} in spec.postBuild and in the manifests: letters, digits and _, and no digit first',
  },
  {
    name: 'SubstitutionFailed',
    says: /envsubst|variable substitution failed|post build failed|substitute from/i,
    what: 'the variable substitution after the build failed',
    fix: 'correct the ${…} expression or the variables; write $${x} for text that is no variable',
  },
]

/** What kustomize says. */
export const builds: readonly Wording[] = [
  {
    name: 'BuildFailed',
    says: /must specify --enable-helm|(?:plugins|functions) (?:are )?disabled|unable to load (?:external )?plugin/i,
    what: 'the kustomization uses what kustomize does not run here: charts, plugins or functions',
    fix: 'deploy the chart by a HelmRelease, and replace plugins by built-in transformers, or push what they make',
  },
  {
    name: 'BuildFailed',
    says: /expected kind [!=]+ 'Component'/,
    what: 'a component is named among resources, or a base among components',
    fix: 'name folders of kind Component in components, and all others in resources',
  },
  {
    name: 'BuildFailed',
    says: /cycle (?:not allowed|detected)|contains visited root/i,
    what: 'the kustomization leads back to itself: a folder names one that it is within, or that names it',
    fix: 'take the entry out of resources that leads to a folder above, or back to this one',
  },
  {
    name: 'BuildFailed',
    says: /is not in or below|security; file/i,
    what: 'the kustomization names a file outside of what it may read',
    fix: 'put that file into the folder of the kustomization (a symlink does not help), or make it a base of its own',
  },
  {
    name: 'BuildFailed',
    says: /does not exist; cannot merge or replace/i,
    what: 'a generator is to merge with or replace what no base has',
    fix: 'take behavior: merge or replace out of that generator, or correct its name and namespace to those in the base',
  },
  {
    name: 'RemoteBaseFailed',
    says: /no 'git' program on path|URL is a git repository|accumulating \w+ from '(?:https?|ssh|git)\b|git (?:clone|fetch|init)\b[^\n]*(?:failed|exit|error|fatal)/i,
    what: 'the kustomization takes a base from elsewhere, which cannot be had or is not allowed',
    fix: 'bring the base into the source, and name it by a path within it',
  },
  {
    name: 'ResourceFileMissing',
    says: /accumulating resources[\s\S]*(?:no such file or directory|doesn't exist|not found)|evalsymlink failure|no such file or directory|file .*not found/i,
    what: 'the kustomization names a file or folder that is not there',
    fix: 'correct the entry in resources, components, patches or generators, or push that file',
  },
  {
    name: 'ReplacementFailed',
    says: /unable to find field "?(?<field>[\w.[\]/=~-]+)"? in replacement (?:target|source)|(?:field|path) "?(?<field2>[\w.[\]/=~-]+)"? (?:is )?(?:missing|not found) for replacement|nothing selected by|replacement[^\n]{0,60}(?:not found|missing)/i,
    what: 'a replacement of the kustomization finds no {field|source or target field}',
    fix: 'correct source, targets and fieldPaths of the replacement ({field|see the message}), or set options.create: true where the field is to be made',
  },
  {
    name: 'PatchTargetMissing',
    says: /no matches for Id|(?:unable to|couldn't|could not) find (?:patch )?target|failed to find unique target|no resource matches strategic merge patch|(?:remove|replace|add|test) operation does not apply|doc is missing (?:path|key)|unable to find patch/i,
    what: 'a patch of the kustomization has no target: nothing of that kind, name or path is there',
    fix: 'correct target, name or path of the patch, or add the resource that it is for',
  },
  {
    name: 'DuplicateResource',
    says: /may not add resource with an already registered id|already registered id: (?<id>[\w.~/-]+)|multiple matches for Id|produces ID conflict|found multiple objects|behavior must be merge or replace|id .* exists; behavior/i,
    what: 'the build has one object twice ({id|see the message})',
    fix: 'take one of them out of the kustomization, or patch instead of repeating it',
  },
  {
    name: 'RemoteBaseFailed',
    says: /remote (?:base|build|resource)|git cmd.*(?:failed|exit|error)|fs-security-constraint|remote bases (?:are )?(?:disabled|not allowed)/i,
    what: 'the kustomization takes a base from elsewhere, which cannot be had or is not allowed',
    fix: 'bring the base into the source, and name it by a path within it',
  },
  {
    name: 'YamlInvalid',
    says: /invalid Kustomization: [^\n]{0,80}unknown field "(?<field>[^"]+)"/i,
    what: 'a kustomization.yaml has field {field|in the message}, which kustomize does not know',
    fix: 'correct field {field|that the message names} in kustomization.yaml, or take it out',
  },
  {
    name: 'YamlInvalid',
    says: /MalformedYAMLError|unknown anchor|yaml: (?:line \d+|unmarshal|control)|YAMLToJSON|error converting YAML|mapping values are not allowed|did not find expected|found character that cannot start|could not find expected|invalid (?:yaml|Kustomization)|failed to decode Kubernetes YAML|cannot unmarshal|unmarshal errors|json: unknown field "?(?<field>\w*)|(?:\.ya?ml|file|document) is empty|missing (?:kind|metadata\.name|apiVersion) in object|Kind.*must not be empty|Object 'Kind' is missing/i,
    what: 'a file of the source is no valid YAML, or no Kubernetes object',
    fix: 'correct the file and line that the message names',
  },
]

/** Values that a release takes from elsewhere. */
export const releaseValues: readonly Wording[] = [
  {
    name: 'ValuesError',
    says: /unable to merge value(?: from key '(?<key>[^']+)' in (?<kind>ConfigMap|Secret) '(?<of>[^']+)')? into target path(?: '(?<path>[^']+)')?/i,
    what: 'the value of key {key|in the message} in {kind|the object} {of|that valuesFrom names} cannot be set at targetPath {path|of valuesFrom}: it is read as helm --set does',
    fix: 'escape what separates in the value of key {key|in the message} (a comma as \\, and so on), correct targetPath {path|of spec.valuesFrom}, or give the value as YAML without targetPath',
  },
  {
    name: 'ValuesError',
    says: /unable to read values from key '(?<key>[^']+)' in (?<kind>ConfigMap|Secret) '(?<of>[^']+)'|values reference '(?<of2>[^']+)' with key '(?<key2>[^']+)'[^\n]*(?:error converting YAML|yaml: )/i,
    what: 'what key {key|in the message} of {kind|the object} {of|that valuesFrom names} holds is no YAML',
    fix: 'correct the YAML in key {key|in the message} of {kind|the object} {of|that it names}, which spec.valuesFrom takes, at the line that the message names',
  },
  {
    name: 'ValuesKeyMissing',
    says: /(?:missing key|no data|key .*not found|could not find key)\W+'?(?<key>[\w.-]*)'? in (?<kind>ConfigMap|Secret)|values reference .*missing key '?(?<key2>[\w.-]*)/i,
    what: 'valuesFrom names key {key|in the message}, which the {kind|object} does not have',
    fix: 'add key {key|named in the message} to it, or correct spec.valuesFrom[].valuesKey',
  },
]

/** What Helm says before it asks the API server. */
export const releaseStarts: readonly Wording[] = [
  {
    name: 'ReleaseTooLarge',
    says: /sh\.helm\.release\.v1\.\S+ is invalid: data: Too long/i,
    what: 'the release is larger than the Secret that Helm keeps it in may be (1 MiB)',
    fix: 'make the chart smaller: keep files out of it (.helmignore), or split it into several charts',
  },
  {
    name: 'ChartValueUnknown',
    says: /Additional property (?<property>\S+) is not allowed|additional propert(?:y|ies) '(?<property2>[^']+)' not allowed/i,
    what: 'the values have {property|a field} that the chart does not know',
    fix: 'take {property|that field} out of spec.values or valuesFrom, or correct its name or its place',
  },
  {
    name: 'ChartNeedsValue',
    says: /execution error at \(|required value|values don't meet the specifications of the schema|nil pointer evaluating|schema\(s\) in the following chart/i,
    what: 'the values do not fit the chart: one that it needs is missing or wrong',
    fix: 'set the value that the message names in spec.values or valuesFrom',
  },
  {
    name: 'KubeVersionIncompatible',
    says: /chart requires kubeVersion: (?<wanted>.{1,60}?) which is incompatible with Kubernetes (?<has>v?[\w.+-]+)/i,
    what: 'the chart needs Kubernetes {wanted|of another version}; this cluster has {has|another}',
    fix: 'choose a version of the chart for Kubernetes {has|of this cluster} in spec.chart.spec.version, or upgrade the cluster',
  },
  {
    name: 'ResourceExists',
    says: /cannot be imported into the current release|already exists|invalid ownership metadata|cannot re-use a name that is still in use/i,
    what: 'an object of the chart exists already and belongs to another owner',
    fix: 'delete that object, give it the labels and annotations of this release, or take it out of the chart',
  },
  {
    name: 'NoDeployedRelease',
    says: /has no deployed releases/i,
    what: 'every earlier try of the release failed, so that Helm has nothing to upgrade from',
    fix: 'uninstall the release (helm uninstall, or spec.install.remediation), then reconcile with reset=true so that it is installed anew',
  },
  {
    name: 'ReleaseLocked',
    says: /another operation \(install\/upgrade\/rollback\) is in progress|has a pending operation/i,
    what: 'an earlier Helm action was broken off and holds the release',
    fix: 'roll back or uninstall the pending release, then reconcile with reset=true',
  },
]

/** What is wrong with a chart itself. */
export const charts: readonly Wording[] = [
  {
    name: 'ValuesFileMissing',
    says: /no values? files? found at path '?(?<path>[\w./-]+)|values files? '?(?<path2>[\w./-]+)'?[^\n]{0,40}(?:not found|no such file|does not exist)/i,
    what: 'the source has no file of values {path|of that name}',
    fix: 'correct spec.chart.spec.valuesFiles (of the HelmChart spec.valuesFiles), or push {path|that file}; spec.ignoreMissingValuesFiles does without',
  },
  {
    name: 'ChartDependencyMissing',
    says: /dependency '(?<dependency>[\w.-]+)': .*(?:no cached repository|not found|no chart version|chart with version|constraint|valid version)/i,
    what: 'a chart that this one depends on cannot be had: {dependency|see the message}',
    fix: 'correct name, version and repository of {dependency|that dependency} in Chart.yaml, add a HelmRepository for its URL if that needs credentials, or put the chart into charts/',
  },
  {
    name: 'ChartTooLarge',
    says: /chart is larger than the maximum|exceeds the (?:maximum )?(?:chart )?size/i,
    what: 'the chart is larger than the controller takes',
    fix: 'keep files out of the chart (.helmignore), or raise --helm-chart-max-size of source-controller',
  },
  {
    name: 'ChartLoadFailed',
    says: /(?:could not|cannot|failed to) load chart|chart\.yaml (?:file )?is missing|validation: chart\.metadata|found in Chart\.yaml, but missing in charts|chart metadata is missing these dependencies|minimum number of descriptors|could not load config with media ?type|does not contain a layer with media ?type|unsupported media ?type/i,
    what: 'the chart cannot be loaded',
    fix: 'package the chart again with its dependencies',
  },
]

/** What else Helm and helm-controller say. */
export const releases: readonly Wording[] = [
  {
    name: 'HookFailed',
    says: /(?:pre|post)-(?:install|upgrade|delete|rollback)|hooks? .*failed|job (?<job>[\w.-]+) failed/i,
    what: 'a hook of the chart failed ({job|see the message})',
    fix: 'look at the Job or Pod of the hook (get_logs) and correct what it needs',
  },
  {
    name: 'TemplateFailed',
    says: /template: |parse error|error calling include|YAML parse error on|error converting YAML to JSON|function "\w+" not defined|unable to build kubernetes objects from release manifest: error (?:validating|parsing)/i,
    what: 'the chart does not render with these values',
    fix: 'correct the template and line that the message names, or the values that it reads',
  },
  ...charts,
]
