import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Found, Happening } from '../../src/explain/facts.ts'
import { isCutTrace, logEvidence, tellingLines } from '../../src/explain/rules/endings.ts'
import { heardFrom } from '../../src/explain/rules/flux-tables.ts'
import { schedulingRule, setupRule } from '../../src/explain/rules/pod-rules.ts'
import { crashes } from '../../src/explain/wordings/crashes.ts'
import { pulls } from '../../src/explain/wordings/pods.ts'
import { heard } from '../../src/explain/wordings/wording.ts'
import { type KubeObject, refOf } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { conditions, object } from './objects.ts'

function found(of: KubeObject, { log = '', events = [] as readonly Happening[] } = {}): Found {
  return { ref: refOf(of), object: of, events, inventory: [], logs: new Map([['app', log]]), weight: 1 }
}
const groups: Readonly<Record<string, string>> = { Kustomization: 'kustomize', HelmRelease: 'helm' }
const says = (kind: string, message: string, reason = ''): string => {
  const one = object(`${groups[kind] ?? 'source'}.toolkit.fluxcd.io/v1`, kind, 'web', {})
  const words = heardFrom(found(one), { reason, message, evidence: { object: '', at: '', quote: '' } })
  return `${words?.name}: ${words?.what}. ${words?.fix}`
}

type Row = readonly [says: string, kind: string, message: string, expected: RegExp, reason?: string]
const flux: readonly Row[] = [
  [
    'an encrypted object that the API server validates',
    'Kustomization',
    'Secret/apps/db dry-run failed (BadRequest): Secret in version "v1" cannot be handled as a Secret: strict decoding error: unknown field "sops"',
    /^DecryptionNotConfigured: .*spec\.decryption/s,
  ],
  [
    'a default that is cut off',
    'Kustomization',
    "post build failed for 'web': envsubst error: variable substitution failed: unable to parse default value",
    /^SubstitutionFailed: .*\$\$\{…\}.*substitute: disabled/s,
    'BuildFailed',
  ],
  [
    'a name that is none',
    'Kustomization',
    "post build failed for 'web': 'cluster-name' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'",
    /rename cluster-name in spec\.postBuild/,
    'BuildFailed',
  ],
  [
    'an API server with too much to do, below a release',
    'HelmRelease',
    'Helm upgrade failed for release apps/web with chart web@1.2.3: the server has received too many requests and has asked us to try again later (get secrets)',
    /^ApiServerOverloaded: the API server/,
  ],
  ['a registry with too many requests', 'OCIRepository', 'GET https://ghcr.io/v2/: TOOMANYREQUESTS: retry later', /^RateLimited: /],
  [
    'values that are no YAML, as helm-controller says it',
    'HelmRelease',
    "could not resolve Secret chart values reference 'apps/web-values' with key 'values.yaml': error converting YAML to JSON: yaml: line 2: mapping values are not allowed in this context",
    /^ValuesError: what key values\.yaml of the object apps\/web-values holds is no YAML/,
    'ValuesError',
  ],
  [
    'a target path, within the reference',
    'HelmRelease',
    "could not resolve Secret chart values reference 'apps/web' with key 'tags': unable to merge value from key 'tags' in Secret 'apps/web' into target path 'image.tags': key \"b\" has no value",
    /key tags in Secret apps\/web .* targetPath image\.tags.*escape/s,
    'ValuesError',
  ],
  [
    'a dependency without a version that fits',
    'HelmRelease',
    "dependency build error: failed to add remote dependency 'pg': no 'pg' chart with version matching '99.x' found",
    /^ChartDependencyMissing: .*pg/,
  ],
  [
    'an identity that the cloud does not know, of a bucket',
    'Bucket',
    "failed to get credential from 'azure': WorkloadIdentityCredential authentication failed. AADSTS700016: Application with identifier 'x' was not found",
    /^LoginRefused: .*workload identity/s,
  ],
  [
    'a role that does not trust, of a bucket',
    'Bucket',
    'operation error STS: AssumeRole, api error AccessDenied: User: arn:aws:iam::1:user/x is not authorized to perform: sts:AssumeRole',
    /^ProviderDenied: .*trust of the role/s,
  ],
  [
    'a host that is not found on the way to a token',
    'Bucket',
    "failed to get credential from 'aws': lookup sts.amazonaws.com: no such host",
    /^DnsFailure: /,
  ],
  [
    'a GitHub App whose key is of another',
    'GitRepository',
    'could not refresh installation id 67890\'s token: received non 2xx response status "401 Unauthorized" when fetching https://api.github.com/app/installations/67890/access_tokens',
    /^GitAuthFailed: .*githubAppInstallationID/s,
  ],
  [
    'https with type oci',
    'HelmRepository',
    "failed to validate HelmRepository: 'https' URL scheme cannot be used with 'oci' HelmRepository type",
    /^UrlInvalid: spec\.url is https:\/\/.*leave spec\.type out/s,
  ],
  [
    'a connection to the API server that is lost',
    'Kustomization',
    'Patch "https://10.96.0.1:443/apis/apps/v1/namespaces/apps/deployments/web?fieldManager=kustomize-controller": http2: server sent GOAWAY and closed the connection',
    /^ClusterUnreachable: .*10\.96\.0\.1:443 was lost.*try again/s,
  ],
  [
    'a conversion without a service',
    'Kustomization',
    'Widget/apps/main dry-run failed (InternalError): conversion webhook for acme.io/v1beta1, Kind=Widget failed: Post "https://hooks.acme-system.svc:443/convert?timeout=30s": service "hooks" not found',
    /^WebhookUnreachable: .*hooks\.acme-system.*versions of Widget.*Service hooks\.acme-system/s,
  ],
  [
    'a field that kustomize does not know',
    'Kustomization',
    'kustomize build failed: invalid Kustomization: json: unknown field "resourcess"',
    /field resourcess in kustomization\.yaml/,
    'BuildFailed',
  ],
]
const printed: readonly (readonly [text: string, fix: RegExp])[] = [
  [
    'tonic::transport::Error(Transport, hyper::Error(Connect, InvalidCertificate)): invalid peer certificate: NotValidForName',
    /certificate/,
  ],
  ['nginx: [emerg] unknown keyword "lisen" in /etc/nginx/nginx.conf:4', /configuration file/],
  ['{"level":"panic","msg":"failed to recover v3 backend","error":"snap: crc mismatch"}', /backup/],
  ['java.io.IOException: Keystore was tampered with, or password was incorrect', /password of that file/],
  ['Error: password is incorrect for user shop', /credentials/],
]

describe('what is said in words that are known', () => {
  for (const [name, kind, message, expected, reason] of flux) test(name, () => assert.match(says(kind, message, reason), expected))
  for (const [text, fix] of printed) test(text, () => assert.match(heard(crashes, text, undefined)?.fix ?? '', fix))
  test('a quota of the kubelet is none of the registry', () =>
    assert.match(heard(pulls, 'ErrImagePull: pull QPS exceeded', undefined)?.fix ?? '', /registryPullQPS/))
})

const pod = (spec: JsonObject, status: JsonObject): KubeObject => object('v1', 'Pod', 'web', { spec, status })

describe('what a pod says', () => {
  test('the resource that nodes lack ends before the full stop', () => {
    const scheduled = conditions(['PodScheduled', 'False', 'Unschedulable', '0/3 nodes are available: 3 Insufficient cpu.'])
    const [first] = schedulingRule(found(pod({}, { phase: 'Pending', conditions: scheduled })), { all: [] } as never)
    assert.match(first?.what ?? '', /enough cpu left/)
  })
  test('a projected volume names the Secret whose key is missing', () => {
    const sources = [{ configMap: { name: 'ca' } }, { secret: { name: 'web-tls', items: [{ key: 'ca.crt', path: 'ca.crt' }] } }]
    const message = 'MountVolume.SetUp failed for volume "certs" : references non-existent secret key: ca.crt'
    const events = [{ type: 'Warning', reason: 'FailedMount', message, count: 5, at: 0 }]
    const one = pod({ nodeName: 'node-1', volumes: [{ name: 'certs', projected: { sources } }] }, { phase: 'Pending' })
    const [first] = setupRule(found(one, { events }), { all: [] } as never)
    assert.match(first?.what ?? '', /Secret web-tls lacks the key ca\.crt/)
    assert.equal(first?.subject?.name, 'web-tls')
  })
})

const lines = (...all: readonly string[]): string => all.join('\n')
const steps = Array.from({ length: 20 }, (_, i) => `main.run${i}(0xc0000b2000, {0x1, 0x2?}, ...)\n\t/src/run.go:${i + 40} +0x1bf`)
const logOf = (log: string): Found => found(pod({}, {}), { log })

describe('what a log tells', () => {
  test('a log of nothing but a trace is cut, one with its panic is not', () => {
    const panic = 'panic: assignment to entry in nil map'
    assert.equal(isCutTrace(lines(...steps, 'exit status 2')), true)
    assert.equal(isCutTrace(lines(panic, '', 'goroutine 1 [running]:', ...steps)), false)
    assert.equal(isCutTrace('listening on :8080\nbye'), false)
    assert.deepEqual(tellingLines(logOf(lines(panic, '', 'goroutine 1 [running]:', ...steps, 'exit status 2')), 'app'), [panic])
  })
  test('lines with a place in the source are no trace', () => {
    const said = '2026/01/01 00:00:00 main.go:42: failed to open queue'
    assert.deepEqual(tellingLines(logOf(lines('main.go:41: cannot go on', said)), 'app'), ['main.go:41: cannot go on', said])
    assert.equal(isCutTrace('main.go:41: starting'), false)
  })
  test('what npm says of the end hides no error, and what it says of its own stays', () => {
    const end = [
      'npm ERR! code ELIFECYCLE',
      'npm ERR! errno 1',
      'npm ERR! Exit status 1',
      'npm ERR! A complete log of this run can be found in:',
    ]
    assert.deepEqual(tellingLines(logOf(lines('Error: no queue', ...end)), 'app'), ['Error: no queue'])
    assert.deepEqual(tellingLines(logOf(lines('npm error Missing script: "start"', 'npm error path /app')), 'app'), [
      'npm error Missing script: "start"',
    ])
  })
  test('a long line keeps its head, the words that are known, and its end', () => {
    const log = `time=2026 level=error ${'a '.repeat(100)}connection refused ${'b '.repeat(100)}at the very end`
    const [{ quote } = { quote: '' }] = logEvidence(logOf(log), 'app')
    assert.match(quote, /^time=2026 .* … .*connection refused.* … .*at the very end$/)
    assert.ok(quote.length < 320, `${quote.length}`)
  })
})
