import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type } from '../support/terminal.ts'

/** Command lines that are wrong by themselves: no world is opened, the exit code is 2. */
const wrong: [typed: string[], err: RegExp][] = [
  [['reconcile'], /missing required argument 'object'/],
  [['reconcile', 'ks'], /'ks' names no object: use KIND\/NAME, such as ks\/apps/],
  [['reconcile', 'ks/'], /names no object/],
  [['reconcile', 'a/b/c/d'], /names no object/],
  [['get', 'status', '--frob'], /unknown option '--frob'/],
  [['get', 'statuss'], /unknown command 'statuss'[\s\S]*Did you mean status\?/],
  [['frob'], /unknown command 'frob'/],
  [['get', 'status', '-o', 'xml'], /argument 'xml' is invalid\. Allowed choices are text, json, yaml/],
  [['get', 'status', '--state', 'broken'], /argument 'broken' is invalid/],
  [['get', 'status', '--limit', 'many'], /--limit 'many' is no number/],
  [['get', 'status', '-A', '-n', 'x'], /'-A, --all-namespaces' cannot be used with option '-n, --namespace <name>'/],
  [['apply', 'manifests', '/absent.yaml'], /'\/absent\.yaml' cannot be read: ENOENT/],
  [['apply', 'manifests', '--create', '{"name":'], /--create is no JSON/],
  [['apply', 'manifests', '--create', 'name'], /--create 'name' is no key=value pair/],
  [['plan', 'get_status'], /'get_status' has no plan: use [\w, ]*reconcile, set_suspended/],
  [['--engine', 'mine', 'get', 'status'], /argument 'mine' is invalid\. Allowed choices are auto, flux, own/],
  [['--shard', 'a', 'get', 'status'], /--shard needs --engine own/],
  [['--sandbox', '--context', 'a', 'get', 'status'], /'--context <name>' cannot be used with option '--sandbox'/],
  [['--sandbox', '--kubeconfig', 'a', 'get', 'status'], /'--kubeconfig <file>' cannot be used with option '--sandbox'/],
  [['--storage-addr', 'here', 'get', 'status'], /--storage-addr 'here' is no address: use HOST:PORT/],
  [['--storage-adv-addr', 'a:70000', 'get', 'status'], /--storage-adv-addr 'a:70000' is no address/],
  [['--storage-adv-addr', 'a b', 'get', 'status'], /--storage-adv-addr 'a b:80' is no address/],
  [['--oras', 'maybe', 'get', 'status'], /argument 'maybe' is invalid/],
  [['--fingerprints', 'maybe', 'get', 'status'], /argument 'maybe' is invalid/],
  [['--log-level', 'loud', 'get', 'status'], /argument 'loud' is invalid/],
  [['mcp', '--http', '8080'], /--http '8080' is no address: use HOST:PORT/],
  [['mcp', '--allow-writes'], /--allow-writes needs --http/],
  [['mcp', '--token-file', 'f'], /--token-file needs --http/],
  [['mcp', '--allowed-host', 'a'], /--allowed-host needs --http/],
  [['mcp', '--allowed-origin', 'a'], /--allowed-origin needs --http/],
  [['mcp', '--behind-tls-proxy'], /--behind-tls-proxy needs --http/],
  [['mcp', '--admin-addr', 'a:1'], /--admin-addr needs --http/],
  [['mcp', '--http', 'a:1', '--tls-cert', 'f'], /--tls-cert and --tls-key go together/],
  [['mcp', '--http', 'a:1', '--workspace', 'f'], /--workspace is for stdio/],
  [['mcp', '--read-only', '--allow-writes', '--http', 'a:1'], /cannot be used with option '--allow-writes'/],
  [['sandbox', '--port', 'x'], /--port 'x' is no port/],
  [['sandbox', '--registry-port', '70000'], /--registry-port '70000' is no port/],
  [['completion', 'powershell'], /value 'powershell' is invalid[\s\S]*Allowed choices are bash, zsh, fish/],
  [['approve', 'p1-1-0'], /required option '--server <url>' not specified/],
]
for (const [typed, err] of wrong)
  test(`'${typed.join(' ')}' is wrong usage`, async () => {
    const ran = await type(undefined, typed)
    assert.match(ran.err, err)
    assert.equal(ran.code, 2, ran.err)
    assert.equal(ran.out, '')
    assert.equal(ran.opened, undefined)
  })

const servers: [typed: string[], options: Record<string, unknown>][] = [
  [['mcp'], { command: 'mcp', engine: 'auto', oras: 'auto', fingerprints: 'on', logLevel: 'warn' }],
  [['--context', 'a', '--context', 'b', 'mcp', '--read-only'], { context: ['a', 'b'], readOnly: true }],
  [['mcp', '--context', 'a', '--kubeconfig', 'f'], { context: ['a'], kubeconfig: 'f' }],
  [['mcp', '--engine', 'own', '--shard', 'a', '--approve'], { engine: 'own', shard: 'a', approve: true }],
  [['--workspace', 'a', 'mcp', '--workspace', 'b'], { workspace: ['a', 'b'] }],
  [
    [
      'mcp',
      '--http',
      '[::1]:80',
      '--allowed-host',
      'a',
      '--allowed-host',
      'b',
      '--allowed-origin',
      'c',
      '--allow-writes',
      '--token-file',
      'f',
    ],
    { http: '[::1]:80', allowedHost: ['a', 'b'], allowedOrigin: ['c'], allowWrites: true, tokenFile: 'f' },
  ],
  [['mcp', '--http', ':80', '--tls-cert', 'c', '--tls-key', 'k', '--admin-addr', ':81'], { tlsCert: 'c', tlsKey: 'k', adminAddr: ':81' }],
  [
    ['mcp', '--storage-path', 'p', '--storage-addr', ':1', '--storage-adv-addr', 'h:1'],
    { storagePath: 'p', storageAddr: ':1', storageAdvAddr: 'h:1' },
  ],
  [['controller', '--storage-path', 'p', '--artifact-digest-algo', 'sha512'], { storagePath: 'p', artifactDigestAlgo: 'sha512' }],
  [
    ['mcp', '--key-file', 'k', '--fingerprints', 'off', '--oras', 'off', '--log-level', 'debug'],
    { keyFile: 'k', fingerprints: 'off', oras: 'off', logLevel: 'debug' },
  ],
  [['sandbox', '--port', '1', '--registry-port', '2', '--data', 'd'], { command: 'sandbox', port: '1', registryPort: '2', data: 'd' }],
  [['check', '--context', 'a'], { command: 'check', context: ['a'] }],
  [['crds', '--install'], { command: 'crds' }],
  [
    ['approve', 'p1-1-0', '--server', 'http://a', '--token-file', 'f'],
    { command: 'approve', handle: 'p1-1-0', server: 'http://a', tokenFile: 'f' },
  ],
]
for (const [typed, options] of servers)
  test(`'${typed.join(' ')}' runs with its options`, async () => {
    const ran = await type(undefined, typed)
    assert.equal(ran.code, 0, ran.err)
    for (const [name, value] of Object.entries(options)) assert.deepEqual(ran.opened?.[name], value, name)
  })

test('every command has help on standard output, with the exit codes', async () => {
  const commands = [
    '',
    'mcp',
    'sandbox',
    'check',
    'crds',
    'completion',
    'approve',
    'reconcile',
    'suspend',
    'resume',
    'plan',
    'build',
    'build kustomization',
    'build artifact',
    'get',
    'get status',
    'get object',
    'get events',
    'get image digest',
    'list artifacts',
    'list clusters',
    'push artifact',
    'pull artifact',
    'tag artifact',
    'apply manifests',
    'delete object',
    'set suspended',
  ]
  for (const command of commands) {
    const ran = await type(undefined, [...command.split(' ').filter(Boolean), '--help'])
    assert.equal(ran.code, 0, command)
    assert.match(ran.out, new RegExp(`^Usage: fluxpilot ${command}`), command)
    assert.match(ran.out, /Exit codes: 0 done or ready; 1 failed/, command)
    assert.equal(ran.err, '')
  }
})

test('the sandbox says that it has no RBAC', async () => assert.match((await type(undefined, ['sandbox', '--help'])).out, /has no\s+RBAC/))

test('--version is the version alone', async () => {
  const ran = await type(undefined, ['--version'])
  assert.deepEqual([ran.code, ran.out, ran.err], [0, '1.2.3\n', ''])
})

test('no command is help on standard error, and wrong usage', async () => {
  const ran = await type(undefined, [])
  assert.equal(ran.code, 2)
  assert.match(ran.err, /Usage: fluxpilot/)
})

test('crds prints what our engine reconciles', async () => {
  const { out } = await type(undefined, ['crds'])
  assert.match(out, /name: ocirepositories\.source\.toolkit\.fluxcd\.io/)
  assert.match(out, /name: kustomizations\.kustomize\.toolkit\.fluxcd\.io/)
})
