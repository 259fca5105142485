import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { AutomationHands } from '../../src/images/automation-work-reconciler.ts'
import { conditionOf, type KubeObject, type ObjectRef } from '../../src/kinds/manifest.ts'
import { stringAt } from '../../src/lib/json.ts'
import { listenGit, type SandboxGit } from '../../src/sandbox/git.ts'
import { withPrograms } from '../refs/when.ts'
import { githubApp } from '../support/clouds/github.ts'
import { machine } from '../support/git.ts'
import { testKernel } from '../support/kernel.ts'
import { startSandboxApi } from '../support/sandbox.ts'
import { unending } from '../support/unending.ts'
import { theClouds } from '../world/auth/stage.ts'
import { AutomationScene } from './automation-scene.ts'

const { clock, clouds } = theClouds()
const basic = (token: string): string => `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`
const ready = (object: KubeObject): string => {
  const { status, reason, message } = conditionOf(object, 'Ready') ?? {}
  return `${status} ${reason}: ${message}`
}

// Automations whose GitRepository signs in as a GitHub App; GitHub's clock is moved.
withPrograms(['git'], { name: 'automations of a GitHub App', tests: 2 }, () => {
  const kernel = testKernel()
  const revoked = new Set<string>()
  let scene: AutomationScene
  let server: SandboxGit
  before(async () => {
    scene = await AutomationScene.open(() => startSandboxApi(kernel), kernel)
    const allows = (authorization: string | undefined): boolean =>
      [...clouds().issued].some(token => !revoked.has(token) && authorization === basic(token))
    server = await listenGit({ port: 0, data: scene.forge.folder, allows, start: machine.start })
  })
  after(async () => {
    await server?.close()
    await scene?.stop()
  })

  /** A repository that only the app may use, and an automation whose policy chose 1.0.1. */
  async function made(): Promise<{ policy: string; automation: ObjectRef; say: (...args: string[]) => Promise<string> }> {
    const name = scene.nextName()
    const policy = `p-${name}`
    const say = await scene.repository(name, { 'deploy.yaml': scene.line('1.0.0', policy) })
    await scene.secret(`app-${name}`, githubApp)
    const spec = { url: `http://${server.address}/${name}.git`, provider: 'github', secretRef: { name: `app-${name}` } }
    await scene.object('source.toolkit.fluxcd.io/v1', 'GitRepository', {
      name,
      spec: { ...spec, interval: '10m', ref: { branch: 'main' } },
    })
    await scene.policy(policy, '1.0.1', { labels: { of: name } })
    return { policy, say, automation: await scene.automation(name, { policySelector: { matchLabels: { of: name } } }) }
  }
  /** What anybody can read of an automation and its repository. */
  const readable = async (automation: ObjectRef): Promise<string> => {
    const { cluster } = scene.world
    const source = await cluster.get({ ...automation, group: 'source.toolkit.fluxcd.io', kind: 'GitRepository', version: 'v1' }, unending)
    const { items } = await cluster.list({ group: '', kind: 'Event', namespace: automation.namespace }, unending)
    return JSON.stringify([await cluster.get(automation, unending), source, items])
  }
  const asked = (): number => clouds().asked.filter(line => line.endsWith('/access_tokens')).length

  test('a push goes through with a token of a GitHub App, which is kept for its life and told to nobody', async () => {
    const { policy, automation, say } = await made()
    const [learned, before, known] = [new Set<string>(), asked(), clouds().issued.size]
    const hands: Partial<AutomationHands> = { auth: clouds().auth({ learn: secret => learned.add(secret) }) }
    const run = async (): Promise<KubeObject> => (await scene.run(automation, { hands })).object
    const tokens = (): string[] => [...clouds().issued].slice(known)

    const upToDate = async (): Promise<void> => {
      const object = await run()
      assert.equal(ready(object), 'True Succeeded: repository up-to-date')
      assert.equal(stringAt(object, 'status', 'lastPushCommit'), await say('rev-parse', 'refs/heads/main'))
      assert.equal(`${await say('show', 'refs/heads/main:deploy.yaml')}\n`, scene.line('1.0.1', policy))
    }

    await upToDate()
    await upToDate()
    assert.deepEqual([asked() - before, tokens().length], [1, 1])

    await clock.advance(0.8 * clouds().tools.lifeMs)
    revoked.add(tokens()[0] ?? '')
    await upToDate()
    assert.deepEqual([asked() - before, tokens().length], [2, 2])

    for (const token of tokens()) revoked.add(token)
    const refused = await run()
    assert.match(ready(refused), /^False GitOperationFailed: failed to checkout source: /)
    assert.equal(conditionOf(refused, 'Reconciling')?.reason, 'ProgressingWithRetry')
    assert.equal(`${await say('show', 'refs/heads/main:deploy.yaml')}\n`, scene.line('1.0.1', policy))

    const all = await readable(automation)
    for (const token of tokens()) {
      assert.ok(learned.has(token))
      for (const secret of [token, basic(token).slice('Basic '.length)]) assert.ok(!all.includes(secret), all)
    }
    assert.doesNotMatch(all, /PRIVATE KEY/)
  })

  test('an app that GitHub does not let in is told without what it signs with, and nothing is checked out', async () => {
    const { automation } = await made()
    const learned = new Set<string>()
    clouds().instead = (seen, response) => {
      response.writeHead(401).end(`no app of ${seen.headers.authorization ?? ''}`)
      return true
    }
    const { object } = await scene
      .run(automation, { hands: { auth: clouds().auth({ learn: secret => learned.add(secret) }) } })
      .finally(() => (clouds().instead = undefined))
    assert.match(
      ready(object),
      /^False SourceManagerFailed: failed configuring source manager: failed to configure authentication options: could not refresh installation id 78910's token: received non 2xx response status "401/,
    )
    const all = await readable(automation)
    assert.ok(learned.size > 0)
    for (const secret of learned) assert.ok(!all.includes(secret), all)
  })
})
