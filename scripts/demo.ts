// The main job, end to end, on the embedded sandbox: a real MCP client talks to the server over stdio.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Reply, type Session, startSession } from './demo/client.ts'
import { snippets } from './snippets.ts'

const paint = (code: number, text: string): string => (process.stdout.isTTY ? `\u001b[${code}m${text}\u001b[0m` : text)
const say = (text: string): void => void process.stdout.write(`${text}\n`)
const started = performance.now()
let step = 0

const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-demo-'))
const app = join(folder, 'shop')
cpSync(join(import.meta.dirname, '../examples/shop'), app, { recursive: true })
const web = join(app, 'web.yaml')
const edit = (from: string, to: string): void => writeFileSync(web, readFileSync(web, 'utf8').replace(from, to))

async function call(session: Session, why: string, [name, args]: [string, Record<string, unknown>]): Promise<Reply> {
  step++
  say(`\n${paint(1, `${step}. ${why}`)}\n${paint(36, `→ ${name} ${JSON.stringify(args)}`)}`)
  const reply = await session.call(name, args, note => say(paint(2, `  … ${note}`)))
  say(
    reply.text
      .split('\n')
      .map(line => `  ${line}`)
      .join('\n'),
  )
  return reply
}

function expect(reply: Reply, wanted: (reply: Reply) => boolean, what: string): void {
  if (!wanted(reply)) throw new Error(`the story went wrong: ${what}`)
}

async function story(session: Session): Promise<void> {
  const url = `oci://${session.registry}/shop:latest`
  const push: [string, Record<string, unknown>] = [
    'push_artifact',
    { url, path: app, source: 'https://example.com/shop.git', revision: 'main@sha1:6f1f0b1c3a5d4e7f8a9b0c1d2e3f4a5b6c7d8e9f' },
  ]
  const reconcile: [string, Record<string, unknown>] = [
    'reconcile',
    { kind: 'ks', namespace: 'flux-system', name: 'shop', withSource: true },
  ]
  const verdict =
    (wanted: string) =>
    (reply: Reply): boolean =>
      reply.data.verdict === wanted

  expect(await call(session, 'Push the manifests of an app as an OCI artifact', push), r => !r.isError, 'the push failed')
  expect(
    await call(session, 'Look its digest up', ['get_image_digest', { image: url.slice('oci://'.length) }]),
    r => String(r.data.digest).startsWith('sha256:'),
    'no digest',
  )
  expect(
    await call(session, 'Create the OCIRepository and the Kustomization', [
      'apply_manifests',
      { create: { name: 'shop', url, interval: '1h' } },
    ]),
    r => !r.isError,
    'nothing was created',
  )
  expect(await call(session, 'Reconcile to a verdict', reconcile), verdict('Ready'), 'the first version is not ready')
  expect(await call(session, 'See what runs', ['get_status', {}]), r => !r.isError, 'no status')

  edit('      labels:\n        app: web', '      labels:\n        app: webb')
  await call(session, 'Push a broken change: the selector does not match any more', push)
  expect(
    await call(session, 'Reconcile: the dry run refuses it, and nothing is changed', reconcile),
    verdict('Failed'),
    'the broken selector was not refused',
  )

  edit('        app: webb', '        app: web')
  edit('ghcr.io/example/shop:1.0.0', 'registry.invalid/shop:2.0.0')
  await call(session, 'Push another broken change: an image that nobody can pull', push)
  expect(
    await call(session, 'Reconcile: the rollout never gets healthy, and fails fast', reconcile),
    r => verdict('Failed')(r) && r.data.reason === 'HealthCheckFailed',
    'the rollout did not fail',
  )

  edit('registry.invalid/shop:2.0.0', 'ghcr.io/example/shop:2.0.0')
  writeFileSync(join(app, 'kustomization.yaml'), readFileSync(join(app, 'kustomization.yaml'), 'utf8').replace('- settings.yaml\n', ''))
  await call(session, 'Push the fix, without the settings that nobody needs any more', push)
  expect(
    await call(session, 'Plan it first: what would change, what would be pruned', ['plan', { tool: 'reconcile', arguments: reconcile[1] }]),
    r => !r.isError,
    'no plan',
  )
  expect(await call(session, 'Reconcile: ready again', reconcile), verdict('Ready'), 'the fix is not ready')
  expect(
    await call(session, 'See what was pruned', ['get_events', { kind: 'Kustomization', name: 'shop', limit: 6 }]),
    r => r.text.includes('ConfigMap/shop/settings deleted'),
    'nothing was pruned',
  )
}

/** The same from Git: what is pushed to a branch is what runs. */
async function gitStory(session: Session, server: string): Promise<void> {
  const url = `${server}/shop.git`
  const env = { PATH: process.env.PATH, HOME: folder, GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0' }
  const git = (...args: readonly string[]): void =>
    void execFileSync('git', ['-C', app, '-c', 'user.name=Demo', '-c', 'user.email=demo@example.com', ...args], { env, stdio: 'pipe' })
  say(`\n${paint(1, 'The same from Git')}\n${paint(36, `→ git push ${url} main`)}`)
  git('init', '--quiet', '--initial-branch=main')
  git('add', '.')
  git('commit', '--quiet', '--message', 'The shop')
  git('push', '--quiet', url, 'main')
  const manifests = `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: shop-git, namespace: flux-system }
spec: { url: '${url}', interval: 1h, ref: { branch: main } }
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: shop, namespace: flux-system }
spec: { interval: 1h, path: ./, prune: true, wait: true, timeout: 1m, sourceRef: { kind: GitRepository, name: shop-git } }
`
  const apply = await call(session, 'Let the Kustomization follow a branch', ['apply_manifests', { manifests }])
  expect(apply, r => !r.isError, 'the GitRepository was not created')
  const reply = await call(session, 'Reconcile: fetch the branch, then apply it', [
    'reconcile',
    { kind: 'ks', namespace: 'flux-system', name: 'shop', withSource: true },
  ])
  expect(reply, r => r.data.verdict === 'Ready', 'what was pushed is not ready')
}

const session = await startSession(folder)
try {
  say(
    paint(
      1,
      'fluxpilot on its sandbox: a Kubernetes API, an OCI registry, a Git server and its own engine. No cluster, no Docker, no network.',
    ),
  )
  await story(session)
  if (session.git !== undefined) await gitStory(session, session.git)
  say(
    `\n${paint(32, `✔ ${step} calls in ${((performance.now() - started) / 1000).toFixed(1)} s. Now with your own assistant:`)}\n\n${snippets()}`,
  )
} finally {
  await session.close()
  rmSync(folder, { recursive: true, force: true })
}
