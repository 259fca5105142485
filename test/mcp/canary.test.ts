// Nothing secret leaves: one canary for each place that a secret can leak from, every way out of the program, every way it could be written.
// Spec: mcp 4.5.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { gzipSync } from 'node:zlib'
import { after, before, suite, test } from 'node:test'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { openDefinition } from '../support/played-flux.ts'
import { end, run } from '../support/program.ts'
import { pushFiles } from '../support/push.ts'
import { type Product, startProduct } from '../support/service.ts'
import { unending } from '../support/unending.ts'

/** The part of a canary that no encoding changes beyond recognition, by its row. */
const cores = new Map<string, string>()
function canary(row: string): string {
  const core = `Cnry${randomBytes(9).toString('hex')}`
  cores.set(row, core)
  return `a"q'${core}+/=&%z`
}
/** The same for places where only letters and digits may stand. */
function plainCanary(row: string): string {
  return canary(row).replaceAll(/[^A-Za-z0-9]/g, '')
}

/** How a canary shows in a text, if it does: its core stands in all escapes as it is, and here in base64 and hexadecimal. */
function formOf(core: string, text: string): string | undefined {
  if (text.includes(core)) return 'as it is, or percent-, JSON- or YAML-escaped'
  if (text.toLowerCase().includes(Buffer.from(core).toString('hex'))) return 'in hexadecimal'
  for (const offset of [0, 1, 2]) {
    const inside = Buffer.concat([Buffer.alloc(offset), Buffer.from(core)])
      .toString('base64')
      .slice(4, 24)
    if (text.includes(inside)) return `in base64 at offset ${offset}`
  }
  return undefined
}

const signal = unending
const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-canary-'))
const secrets = {
  data: canary('Secret data'),
  stringData: canary('stringData of a manifest'),
  broken: canary('stringData of a manifest that does not parse'),
  applied: canary('last-applied-configuration'),
  annotation: canary('annotation that copies a Secret'),
  managed: plainCanary('managedFields set entry'),
  env: canary('literal environment variable'),
  argument: canary('argument after a flag'),
  flag: plainCanary('argument with a flag'),
  probe: canary('header of a probe'),
  values: canary('HelmRelease values'),
  release: canary('Helm storage Secret'),
  variable: canary('variable substituted from a Secret'),
  userinfo: plainCanary('userinfo of a source URL'),
  address: plainCanary('address of a Provider'),
  hook: randomBytes(32).toString('hex'),
  pull: canary('password of a pull secret'),
  account: canary('ServiceAccount token'),
  event: canary('event that repeats a Secret'),
  file: canary('file that repeats a Secret'),
  marked: canary("Secret in the user's own files"),
  config: canary('ConfigMap that repeats a Secret'),
  binary: canary('binaryData of a ConfigMap'),
  name: plainCanary('name in an argument'),
  progress: canary('message while it runs'),
  kubeToken: plainCanary('token of the kubeconfig'),
  kubePassword: plainCanary('password of the kubeconfig'),
  kubeServer: plainCanary('userinfo of a cluster address'),
  kubeExec: plainCanary('environment of an exec plugin'),
  kubeProxy: plainCanary('userinfo of a proxy'),
  kubeKey: canary('client key of the kubeconfig'),
  bearer: plainCanary('bearer token of the server'),
  key: canary('key file'),
  registry: canary('password of the registry'),
}
cores.set('path of a Receiver', secrets.hook)

async function plant(cluster: Cluster, product: Product): Promise<void> {
  const put = (object: Record<string, unknown>): Promise<KubeObject> =>
    cluster.apply(object as never, { manager: 'test', force: true }, signal)
  const at = (name: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({ name, namespace: 'flux-system', ...more })
  for (const [group, kind, plural, version] of [
    ['source.toolkit.fluxcd.io', 'GitRepository', 'gitrepositories', 'v1'],
    ['helm.toolkit.fluxcd.io', 'HelmRelease', 'helmreleases', 'v2'],
    ['notification.toolkit.fluxcd.io', 'Provider', 'providers', 'v1beta3'],
    ['notification.toolkit.fluxcd.io', 'Receiver', 'receivers', 'v1'],
  ] as const)
    await put(openDefinition(group, { kind, plural, version }) as never)
  for (const kind of ['GitRepository', 'HelmRelease', 'Provider', 'Receiver']) await cluster.resolve(kind, signal)
  const copied = {
    annotated: secrets.annotation,
    event: secrets.event,
    file: secrets.file,
    config: secrets.config,
    progress: secrets.progress,
  }
  await put({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: at('vault', {
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ stringData: { key: secrets.applied } }),
        copy: `was ${secrets.annotation}`,
      },
    }),
    stringData: { key: secrets.data, variable: secrets.variable, ...copied, binary: secrets.binary, name: secrets.name },
  })
  const auth = Buffer.from(`robot:${secrets.pull}`).toString('base64')
  await put({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/dockerconfigjson',
    metadata: at('pull'),
    stringData: {
      '.dockerconfigjson': JSON.stringify({ auths: { [product.registry]: { username: 'robot', password: secrets.pull, auth } } }),
    },
  })
  await put({ apiVersion: 'v1', kind: 'Secret', metadata: at('account-token'), stringData: { token: secrets.account } })
  const release = gzipSync(JSON.stringify({ config: { password: secrets.release }, manifest: secrets.release })).toString('base64')
  await put({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'helm.sh/release.v1',
    metadata: at('sh.helm.release.v1.app.v1'),
    stringData: { release },
  })
  await put({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: at('copies', { finalizers: [`test.example.com/${secrets.managed}`] }),
    data: {
      text: `it is ${secrets.config} and ${Buffer.from(secrets.config).toString('base64')} and ${encodeURIComponent(secrets.config)}`,
      json: JSON.stringify({ nested: JSON.stringify({ deep: secrets.config }) }),
    },
    binaryData: { blob: Buffer.from(`bytes ${secrets.binary}`).toString('base64') },
  })
  await cluster.patch(
    { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'flux-system', name: 'copies' },
    { type: 'merge', body: { metadata: { finalizers: null } }, manager: 'test' },
    signal,
  )
  await put({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: at('web'),
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          containers: [
            {
              name: 'web',
              image: 'example.com/web:1',
              env: [{ name: 'DB_PASSWORD', value: secrets.env }],
              command: ['run', `--password=${secrets.flag}`],
              args: ['--api-token', secrets.argument],
              livenessProbe: { httpGet: { path: '/', port: 80, httpHeaders: [{ name: 'Authorization', value: secrets.probe }] } },
            },
          ],
        },
      },
    },
  })
  await put({
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: at('app'),
    spec: { interval: '1h', values: { db: { password: secrets.values }, list: [{ apiKey: secrets.values }] } },
  })
  const failing = (message: string): Record<string, unknown> => ({
    conditions: [{ type: 'Ready', status: 'False', reason: 'Failed', message, lastTransitionTime: '2026-01-01T00:00:00Z' }],
  })
  const status = async (object: Record<string, unknown>, value: Record<string, unknown>): Promise<void> => {
    await put(object)
    await cluster.apply({ ...object, status: value } as never, { manager: 'test', force: true, subresource: 'status' }, signal)
  }
  const url = `https://robot:${secrets.userinfo}@git.example.com/app`
  await status(
    { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', metadata: at('app'), spec: { url, interval: '1h' } },
    failing(`failed to checkout: '${url}' with ${secrets.progress}: Authorization: Bearer ${secrets.userinfo}abcdef`),
  )
  await put({
    apiVersion: 'notification.toolkit.fluxcd.io/v1beta3',
    kind: 'Provider',
    metadata: at('chat'),
    spec: { type: 'slack', address: `https://hooks.example.com/services/${secrets.address}` },
  })
  await status(
    { apiVersion: 'notification.toolkit.fluxcd.io/v1', kind: 'Receiver', metadata: at('hook'), spec: { type: 'generic' } },
    { webhookPath: `/hook/${secrets.hook}`, ...failing(`Receiver initialized for path: /hook/${secrets.hook}`) },
  )
  await put({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: at('leak'),
    involvedObject: { kind: 'GitRepository', name: 'app', namespace: 'flux-system', apiVersion: 'source.toolkit.fluxcd.io/v1' },
    type: 'Warning',
    reason: 'Leaked',
    message: `it is ${secrets.event}, at https://hooks.example.com/services/${secrets.address}`,
    lastTimestamp: new Date().toISOString(),
  })
  const artifact = `oci://${product.registry}/leaky:latest`
  await pushFiles(product.composed.service.world, artifact, {
    'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: rendered\n  namespace: flux-system\ndata:\n  key: ${variable:="none"}\n',
    'notes/b.txt': `plain ${secrets.file}\n`,
  })
  await put({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata: at('leaky'),
    spec: { url: artifact.replace(':latest', ''), interval: '1h', secretRef: { name: 'pull' } },
  })
  await put({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: at('leaky'),
    spec: {
      interval: '1h',
      prune: true,
      sourceRef: { kind: 'OCIRepository', name: 'leaky' },
      postBuild: { substituteFrom: [{ kind: 'Secret', name: 'vault' }] },
    },
  })
}

/** Clusters: the sandbox with credentials, one that is not there, and one behind a proxy that is not there. */
function kubeconfig(server: string): string {
  const user = {
    name: 'u',
    user: { token: secrets.kubeToken },
  }
  const away = server.replace(/:\d+$/, ':1')
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'main',
    clusters: [
      { name: 'main', cluster: { server } },
      { name: 'away', cluster: { server: away.replace('://', `://root:${secrets.kubeServer}@`) } },
      { name: 'proxied', cluster: { server: away, 'proxy-url': `http://root:${secrets.kubeProxy}@127.0.0.1:1` } },
    ],
    users: [
      user,
      { name: 'basic', user: { username: 'root', password: secrets.kubePassword } },
      { name: 'key', user: { 'client-key-data': Buffer.from(secrets.kubeKey).toString('base64') } },
      {
        name: 'plugin',
        user: {
          exec: {
            apiVersion: 'client.authentication.k8s.io/v1',
            command: '/nonexistent/plugin',
            args: ['--token', secrets.kubeExec],
            env: [{ name: 'TOKEN', value: secrets.kubeExec }],
            interactiveMode: 'Never',
          },
        },
      },
    ],
    contexts: [
      { name: 'main', context: { cluster: 'main', user: 'u' } },
      { name: 'away', context: { cluster: 'away', user: 'basic' } },
      { name: 'keyed', context: { cluster: 'away', user: 'key' } },
      { name: 'proxied', context: { cluster: 'proxied', user: 'u' } },
      { name: 'plugin', context: { cluster: 'main', user: 'plugin' } },
    ],
  })
}

/** Each caller may do only so much in a minute: many take turns. */
const callers = 40

let base: Product
let args: string[]
before(async () => {
  base = await startProduct()
  const { sandbox, service } = base.composed
  assert.ok(sandbox)
  await plant(service.world.clusters.named(), base)
  const write = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }
  writeFileSync(
    join(folder, 'config.json'),
    JSON.stringify({ auths: { 'registry.invalid': { auth: Buffer.from(`robot:${secrets.registry}`).toString('base64') } } }),
  )
  args = ['--kubeconfig', write('kubeconfig', kubeconfig(sandbox.apiUrl)), '--key-file', write('key', secrets.key.padEnd(40, secrets.key))]
  const value = `${JSON.stringify(secrets.marked)} # {"$imagepolicy": "a:b"}`
  write('marked.yaml', `apiVersion: v1\nkind: Secret\nmetadata: {name: mine}\nstringData:\n  image: ${value}\n`)
  write('tokens', Array.from({ length: callers }, (_, i) => `${secrets.bearer}${i} flux:write flux:destroy\n`).join(''))
})
after(async () => {
  await base.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** One way to speak to a server: what it sends back, and everything that came out of it so far. */
interface Line {
  ask(method: string, params: Record<string, unknown>): Promise<unknown>
  all(): string
  close(): Promise<void>
}

async function overStdio(level: string, elicits: boolean): Promise<Line> {
  const child = run([...args, '--workspace', folder, '--log-level', level, 'mcp', '--approve'], { DOCKER_CONFIG: folder })
  let wire = ''
  let next = 0
  const waiting = new Map<number, (answer: unknown) => void>()
  const send = (message: Record<string, unknown>): void => void child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  createInterface({ input: child.stdout ?? assert.fail() }).on('line', line => {
    wire += `${line}\n`
    const message = JSON.parse(line) as { id?: number; method?: string }
    if (message.method === 'elicitation/create') send({ id: message.id, result: { action: 'accept', content: { decision: 'refuse' } } })
    else if (message.id !== undefined) waiting.get(message.id)?.(message)
  })
  const ask = (method: string, params: Record<string, unknown>): Promise<unknown> => {
    const id = next++
    const { promise, resolve } = Promise.withResolvers<unknown>()
    waiting.set(id, resolve)
    send({ id, method, params: { ...params, _meta: { progressToken: id } } })
    return promise
  }
  await ask('initialize', {
    protocolVersion: '2025-11-25',
    capabilities: elicits ? { elicitation: {} } : {},
    clientInfo: { name: 't', version: '1' },
  })
  send({ method: 'notifications/initialized' })
  return {
    ask,
    all: () => wire + child.said(),
    close: () => end(child),
  }
}

async function overHttp(level: string): Promise<Line> {
  const child = run(
    [...args, '--log-level', level, 'mcp', '--http', '127.0.0.1:0', '--allow-writes', '--token-file', join(folder, 'tokens')],
    { DOCKER_CONFIG: folder },
  )
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr?.on('data', () => {
      const [, found] = /MCP at (\S+\/mcp)/.exec(child.said()) ?? []
      if (found) resolve(found)
    })
    child.once('exit', () => reject(new Error(child.said())))
  })
  let wire = ''
  let turn = 0
  return {
    async ask(method, params) {
      const name = params.name ?? params.uri
      // A plan is its caller's.
      if (!JSON.stringify(params).includes('"plan":"p1-')) turn++
      const answer = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          authorization: `Bearer ${secrets.bearer}${turn % callers}`,
          'mcp-protocol-version': '2026-07-28',
          'mcp-method': method,
          ...(typeof name === 'string'
            ? { 'mcp-name': /^[\x21-\x7e]*$/.test(name) ? name : `=?base64?${Buffer.from(name).toString('base64')}?=` }
            : {}),
        },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method,
          params: {
            ...params,
            _meta: {
              progressToken: 1,
              'io.modelcontextprotocol/protocolVersion': '2026-07-28',
              'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} } },
            },
          },
        }),
      })
      const text = await answer.text()
      wire += `${JSON.stringify([...answer.headers])}\n${text}\n`
      const last = text.includes('data:')
        ? text
            .split('\n')
            .findLast(l => l.startsWith('data: '))
            ?.slice(6)
        : text
      return JSON.parse(last || '{}')
    },
    all: () => wire + child.said(),
    close: () => end(child),
  }
}

const here = (kind: string, name: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  cluster: 'main',
  kind,
  namespace: 'flux-system',
  name,
  ...more,
})
const manifest = (name: string): string =>
  `apiVersion: v1\nkind: Secret\nmetadata: {name: ${name}, namespace: flux-system}\nstringData:\n  key: ${JSON.stringify(secrets.stringData)}\n`

const markedPolicy = (image: string): Record<string, unknown> => ({ name: 'a:b', image, policy: { alphabetical: {} } })

/** Every tool, well and badly used. Secrets are read first: what nobody has shown us cannot be known again elsewhere. */
function calls(registry: string): [tool: string, args: Record<string, unknown>][] {
  const views = ['summary', 'inventory', 'events', 'history', 'spec', 'yaml'] as const
  const objects: [string, string][] = [
    ['Secret', 'vault'],
    ['Secret', 'pull'],
    ['Secret', 'account-token'],
    ['Secret', 'sh.helm.release.v1.app.v1'],
    ['Provider', 'chat'],
    ['Receiver', 'hook'],
    ['ConfigMap', 'copies'],
    ['Deployment', 'web'],
    ['HelmRelease', 'app'],
    ['GitRepository', 'app'],
    ['OCIRepository', 'leaky'],
    ['Kustomization', 'leaky'],
    ['ConfigMap', 'rendered'],
  ]
  const url = `oci://${registry}/leaky:latest`
  return [
    ...(['reconcile', 'build', 'plan'] as const).map((tool): [string, Record<string, unknown>] => [
      tool,
      tool === 'plan'
        ? { tool: 'reconcile', arguments: here('ks', 'leaky'), cluster: 'main' }
        : here('ks', 'leaky', tool === 'build' ? {} : { withSource: true }),
    ]),
    ...objects.flatMap(([kind, name]) =>
      views.map((view): [string, Record<string, unknown>] => ['get_object', here(kind, name, { view })]),
    ),
    [
      'get_object',
      here('Secret', 'vault', { fields: ['data.key', 'data', 'metadata.annotations', 'metadata.managedFields', 'stringData'] }),
    ],
    ['explain', here('ks', 'leaky')],
    ['trace', here('ks', 'leaky')],
    ['get_logs', here('Deployment', 'web')],
    ['search_docs', { query: 'dependsOn' }],
    ['explain', here('Deployment', 'web')],
    ['get_object', here('Deployment', 'web', { fields: ['spec.template.spec.containers'] })],
    ['get_object', here('Secret', secrets.name)],
    ['get_object', here(secrets.name, 'x')],
    ['get_status', { cluster: 'main', detail: 'full', limit: 200 }],
    ['get_status', { cluster: 'main', selector: `a=${secrets.name}` }],
    ['get_status', { cluster: secrets.name }],
    ['get_status', { [secrets.name]: 1 }],
    ['get_events', { cluster: 'main', namespace: 'flux-system', limit: 200 }],
    ['get_events', { cluster: 'main', since: secrets.name }],
    ['list_clusters', {}],
    ...['away', 'keyed', 'proxied', 'plugin'].map((cluster): [string, Record<string, unknown>] => ['get_status', { cluster }]),
    ['get_image_digest', { image: `${registry}/leaky:latest` }],
    ['get_image_digest', { image: 'registry.invalid/private:1' }],
    ['get_image_digest', { image: `https://robot:${secrets.userinfo}@registry.invalid/x:1` }],
    ['list_artifacts', { url: `oci://${registry}/leaky` }],
    ['list_artifacts', { url: `oci://${registry}/leaky`, regex: `(${secrets.name}` }],
    ['diff_artifact', { url, files: [{ path: 'x.txt', content: secrets.file }] }],
    ['diff_artifact', { url, other: `oci://${registry}/none:${secrets.name}` }],
    ['pull_artifact', { url }],
    ['pull_artifact', { url: `oci://${registry}/none:${secrets.name}` }],
    [
      'push_artifact',
      {
        url,
        files: [{ path: 'x.txt', content: secrets.file, encoding: 'utf8' }],
        source: `https://robot:${secrets.userinfo}@git.example.com/x`,
        revision: 'main@sha1:6f1f0b1c',
      },
    ],
    ['push_artifact', { url, path: `/nonexistent/${secrets.name}` }],
    ['tag_artifact', { url, tags: ['v2'] }],
    ['apply_manifests', { cluster: 'main', manifests: manifest('made') }],
    ['apply_manifests', { cluster: 'main', manifests: manifest('BAD NAME') }],
    ['apply_manifests', { cluster: 'main', manifests: `${manifest('made')}  ${secrets.broken}: [` }],
    ['apply_manifests', { cluster: 'main', manifests: manifest('made').replace('stringData', 'data') }],
    ['update_images', { path: folder, policies: [markedPolicy(`${registry}/leaky`)] }],
    ['update_images', { path: folder, policies: [markedPolicy(`robot:${secrets.userinfo}@registry.invalid/x`)] }],
    ['update_images', { path: `/nonexistent/${secrets.name}` }],
    ['update_images', { cluster: 'main', namespace: 'flux-system', name: secrets.name }],
    ['set_suspended', here('ks', 'leaky', { suspended: true })],
    ['set_suspended', here('ks', 'leaky', { suspended: false })],
    ['reconcile', here('GitRepository', 'app', { timeoutSeconds: 1 })],
    ['delete_object', here('Secret', 'vault')],
    ['delete_object', here('Secret', 'none')],
    ['nonsense', { a: secrets.name }],
  ]
}

interface Answered {
  readonly result?: { readonly isError?: boolean; readonly structuredContent?: { readonly plan?: string } }
}

/** Everything that a client can ask for. Answers are collected by the line. @returns The tools that did their work at least once. */
async function exhaust(line: Line, registry: string): Promise<Set<string>> {
  const worked = new Set<string>()
  for (const method of ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list']) await line.ask(method, {})
  for (const [name, args] of calls(registry)) {
    const answer = (await line.ask('tools/call', { name, arguments: args })) as Answered
    if (answer.result && answer.result.isError !== true) worked.add(name)
    const plan = answer.result?.structuredContent?.plan
    if (plan !== undefined && name !== 'plan') await line.ask('tools/call', { name, arguments: { ...args, plan } })
  }
  const views = ['', '/inventory', '/events', '/history', '/spec', '/nonsense']
  const kinds = [
    'Kustomization/flux-system/leaky',
    'GitRepository/flux-system/app',
    'Receiver/flux-system/hook',
    'Provider/flux-system/chat',
    'HelmRelease/flux-system/app',
    'Secret/flux-system/vault',
  ]
  for (const object of kinds) for (const view of views) await line.ask('resources/read', { uri: `flux://main/${object}${view}` })
  for (const uri of [
    'flux://clusters',
    'flux://main/overview',
    'flux://away/overview',
    'flux://proxied/overview',
    `flux://main/Secret/flux-system/${secrets.name}`,
  ])
    await line.ask('resources/read', { uri })
  const template = 'flux://{cluster}/{kind}/{namespace}/{name}'
  for (const name of ['cluster', 'kind', 'namespace', 'name'])
    await line.ask('completion/complete', {
      ref: { type: 'ref/resource', uri: template },
      argument: { name, value: '' },
      context: { arguments: { cluster: 'main', kind: 'Kustomization' } },
    })
  await line.ask('prompts/get', { name: 'diagnose', arguments: { kind: secrets.name, name: secrets.name } })
  await line.ask('prompts/get', { name: 'incident_report', arguments: { since: secrets.name } })
  return worked
}

function leaks(text: string, echoed: readonly string[] = []): string[] {
  return [...cores].flatMap(([row, core]) => {
    const form = echoed.includes(row) ? undefined : formOf(core, text)
    if (form === undefined) return []
    const at = text.indexOf(core)
    return [`${row}: ${form}: …${text.slice(Math.max(0, at - 200), at + 60)}…`]
  })
}

const ways: [says: string, open: () => Promise<Line>][] = [
  ['over stdio, logging all', () => overStdio('debug', true)],
  ['over stdio, to a client that cannot ask', () => overStdio('warn', false)],
  ['over HTTP, logging all', () => overHttp('debug')],
  ['over HTTP, logging errors', () => overHttp('error')],
]
for (const [says, open] of ways)
  suite(`no canary leaves ${says}`, () => {
    test('by any tool, resource, prompt, completion, failure or log line', async () => {
      const line = await open()
      const worked = await exhaust(line, base.registry)
      const all = line.all()
      await line.close()
      // Over HTTP there are no files to update.
      assert.equal(worked.size, says.includes('HTTP') ? 19 : 20, [...worked].join(', '))
      assert.ok(all.length > 50_000, `only ${all.length} characters came out`)
      assert.match(all, /redacted#[0-9a-f]{12}/)
      assert.deepEqual(leaks(line.all()), [])
    })
  })

test('the search finds what it looks for', () => {
  const core = cores.get('Secret data') ?? ''
  for (const text of [core, JSON.stringify({ a: core }), encodeURIComponent(core), Buffer.from(core).toString('hex')])
    assert.ok(formOf(core, text), text)
  for (const before of ['', 'u', 'u:', 'user:'])
    assert.ok(formOf(core, Buffer.from(`${before}${core} and more`).toString('base64')), before)
  assert.equal(formOf(core, 'nothing'), undefined)
})

test('nor in what the program says of itself', async () => {
  for (const more of [
    ['--version'],
    ['--help'],
    ['mcp', '--help'],
    ['check'],
    ['get', 'object', 'Secret/vault', '--cluster', 'main', '-n', 'flux-system', '-o', 'json'],
    ['--context', 'away', 'get', 'status'],
  ]) {
    const child = run([...args, '--log-level', 'debug', ...more], { DOCKER_CONFIG: folder })
    let out = ''
    child.stdout?.on('data', chunk => {
      out += String(chunk)
    })
    await new Promise(done => child.once('close', done))
    assert.deepEqual(leaks(out + child.said()), [], more.join(' '))
    assert.ok(out.length + child.said().length > 0)
  }
})
