import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { conditionOf, type KubeObject } from '../../src/kinds/manifest.ts'
import { type JsonObject, objectAt, stringAt } from '../../src/lib/json.ts'
import { verifies } from '../conformance/verifies.ts'
import type { AutomationScene } from './automation-scene.ts'

/** What the conditions say: `Ready=True Succeeded: repository up-to-date`. */
function said(object: KubeObject): string[] {
  return ['Ready', 'Reconciling', 'Stalled'].flatMap(type => {
    const found = conditionOf(object, type)
    return found ? [`${type}=${found.status} ${found.reason}: ${found.message}`] : []
  })
}
const upToDate = ['Ready=True Succeeded: repository up-to-date']

export function automationTests(stage: () => AutomationScene): void {
  interface Wish {
    readonly files?: (line: (tag: string) => string) => Record<string, string>
    readonly spec?: JsonObject
    readonly push?: JsonObject
    readonly checkout?: JsonObject
    readonly commit?: JsonObject
  }
  /** A repository with a marked image at 1.0.0, its policy at 1.0.1, and an automation. */
  const made = async ({ files = line => ({ 'deploy.yaml': line('1.0.0') }), spec = {}, ...git }: Wish = {}) => {
    const scene = stage()
    const name = scene.nextName()
    const policy = `p-${name}`
    const say = await scene.repository(name, { 'other.txt': 'x', ...files(tag => scene.line(tag, policy)) })
    await scene.policy(policy, '1.0.1', { labels: { of: name } })
    const automation = await scene.automation(name, { policySelector: { matchLabels: { of: name } }, ...spec }, git)
    return { scene, name, say, policy, automation }
  }

  test('an image that a policy chose is committed, pushed and told', async () => {
    const { scene, say, policy, automation } = await made({
      commit: { messageTemplate: '{{ .AutomationObject.Name }}: {{ range .Changed.Changes }}{{ .NewValue }}{{ end }}' },
    })
    const before = await say('rev-parse', 'refs/heads/main')
    const { object, driven } = await scene.run(automation)
    const hash = await say('rev-parse', 'refs/heads/main')
    assert.deepEqual(said(object), upToDate)
    assert.equal(await say('rev-parse', 'refs/heads/main~1'), before)
    assert.equal(`${await say('show', 'refs/heads/main:deploy.yaml')}\n`, scene.line('1.0.1', policy))
    const message = `${automation.name}: ghcr.io/org/app:1.0.1`
    assert.equal(await say('log', '-1', '--format=%an %ae %B', 'refs/heads/main'), `Flux flux@example.com ${message}`)
    const status = objectAt(object, 'status')
    assert.deepEqual(
      [status.lastPushCommit, status.observedSourceRevision, status.observedPolicies, status.observedGeneration],
      [hash, `main@sha1:${hash}`, { [policy]: { name: 'ghcr.io/org/app', tag: '1.0.1' } }, 1],
    )
    assert.ok(status.lastPushTime && status.lastAutomationRunTime)
    assert.deepEqual(await scene.events(automation), [
      {
        type: 'Normal',
        reason: 'Succeeded',
        message: `pushed commit '${hash.slice(0, 7)}' to branch 'main'\n${message}`,
        from: 'image-automation-controller',
      },
    ])
    assert.equal(driven.is === 'done' ? driven.settled.requeueMs : undefined, 600_000)
  })

  test('nothing new is not looked at again; a new commit is', async () => {
    const { scene, name, say, automation } = await made()
    await scene.run(automation)
    const pushed = await say('rev-parse', 'refs/heads/main')
    let checkouts = 0
    const git = {
      ...scene.world.hands.git,
      checkout: (...args: Parameters<typeof scene.world.hands.git.checkout>) => (checkouts++, scene.world.hands.git.checkout(...args)),
    }
    const { object } = await scene.run(automation, { hands: { git } })
    assert.deepEqual([checkouts, said(object)], [0, upToDate])
    const events = await scene.events(automation)
    assert.ok(events.some(e => e.message === 'no change since last reconciliation'))
    await scene.forge.commit(`${name}.git`, [
      { branch: 'refs/heads/main', at: 9_000, message: 'more', files: { 'n.txt': 'n' }, from: pushed },
    ])
    await scene.run(automation, { hands: { git } })
    assert.equal(checkouts, 1)
  })

  test('a digest that moved under the same tag is a new commit', async () => {
    const { scene, name, say, policy, automation } = await made()
    await scene.run(automation)
    const digest = `sha256:${'ab'.repeat(32)}`
    await scene.policy(policy, '1.0.1', { digest, labels: { of: name } })
    await scene.run(automation)
    assert.match(await say('show', 'refs/heads/main:deploy.yaml'), new RegExp(`"ghcr.io/org/app:1.0.1@${digest}"`))
  })

  test('another branch is made from what was checked out, then built upon; the checkout stays observed', async () => {
    const { scene, name, say, policy, automation } = await made({ push: { branch: 'auto' } })
    const main = await say('rev-parse', 'refs/heads/main')
    const { object } = await scene.run(automation)
    const first = await say('rev-parse', 'refs/heads/auto')
    assert.equal(await say('rev-parse', 'refs/heads/auto~1'), main)
    assert.equal(stringAt(object, 'status', 'observedSourceRevision'), `main@sha1:${main}`)
    await scene.policy(policy, '1.0.2', { labels: { of: name } })
    await scene.run(automation)
    assert.deepEqual([await say('rev-parse', 'refs/heads/auto~1'), await say('rev-parse', 'refs/heads/main')], [first, main])
  })

  test('only the path is changed, also where a link leads there, and policies that the selector leaves out do not count', async () => {
    const { scene, say, automation } = await made({
      files: line => ({ 'a/x.yaml': line('1.0.0'), 'b/x.yaml': line('1.0.0'), 'l current': 'b' }),
      spec: { update: { strategy: 'Setters', path: './current' } },
    })
    await scene.run(automation)
    assert.equal(await say('diff', '--name-only', 'refs/heads/main~1', 'refs/heads/main'), 'b/x.yaml')
    const other = await made({ spec: { policySelector: { matchLabels: { of: 'nobody' } } } })
    const before = await other.say('rev-parse', 'refs/heads/main')
    assert.deepEqual(said((await scene.run(other.automation)).object), upToDate)
    assert.equal(await other.say('rev-parse', 'refs/heads/main'), before)
  })

  const failures: [says: string, more: Wish, said: RegExp[]][] = [
    [
      'a selector that is none',
      { spec: { policySelector: { matchExpressions: [{ key: 'a', operator: 'Is' }] } } },
      [/^Ready=False InvalidPolicySelector: failed to parse policy selector: "Is" is not/, /^Stalled=True InvalidPolicySelector: /],
    ],
    [
      'a spec without git',
      { spec: { git: undefined } },
      [
        /^Ready=False InvalidSourceConfiguration: source kind 'GitRepository' necessitates field .spec.git: invalid source configuration$/,
        /^Stalled=True/,
      ],
    ],
    [
      'a repository that is not there',
      { spec: { sourceRef: { kind: 'GitRepository', name: 'nowhere' } } },
      [
        /^Ready=False SourceManagerFailed: failed configuring source manager: referenced git repository does not exist: /,
        /^Reconciling=True ProgressingWithRetry: /,
      ],
    ],
    [
      'no branch to push to',
      { checkout: { ref: { tag: 'v1' } } },
      [
        /^Ready=False SourceManagerFailed: failed configuring source manager: push spec not provided, and cannot be inferred/,
        /^Reconciling=True/,
      ],
    ],
    [
      'a key that is not there',
      { commit: { signingKey: { secretRef: { name: 'nokey' } } } },
      [
        /^Ready=False SourceManagerFailed: failed configuring source manager: could not find signing key secret 'nokey': /,
        /^Reconciling=True/,
      ],
    ],
    [
      'a branch that is not there',
      { checkout: { ref: { branch: 'gone' } } },
      [/^Ready=False GitOperationFailed: failed to checkout source: .*couldn't find remote ref "refs\/heads\/gone"/, /^Reconciling=True/],
    ],
    [
      'a path that is not there',
      { spec: { update: { strategy: 'Setters', path: 'gone' } } },
      [
        /^Ready=False UpdateFailed: failed to apply policies: walking path for files: lstat gone: no such file or directory$/,
        /^Reconciling=True/,
      ],
    ],
    [
      'a template that is malformed',
      { commit: { messageTemplate: '{{ .Nope }}' } },
      [/^Ready=False GitOperationFailed: failed to update source: failed to run template from spec: /, /^Reconciling=True/],
    ],
  ]
  for (const [says, more, expected] of failures)
    test(`${says}: the condition says so, and the branch is as it was`, async () => {
      const { scene, say, automation } = await made(more)
      const before = await say('for-each-ref')
      const { object } = await scene.run(automation)
      const all = said(object)
      assert.equal(all.length, expected.length, all.join('\n'))
      for (const [i, pattern] of expected.entries()) assert.match(all[i] ?? '', pattern)
      assert.equal(await say('for-each-ref'), before)
      assert.equal((await scene.events(automation)).filter(e => e.type === 'Warning').length, 1)
      assert.equal(stringAt(object, 'status', 'lastPushCommit'), undefined)
    })

  verifies('images/S-21', 'what provider and Secret say together is checked', async () => {
    const { scene, name, automation } = await made()
    const repository = (spec: object): Promise<unknown> =>
      scene.object('source.toolkit.fluxcd.io/v1', 'GitRepository', {
        name,
        spec: { url: scene.url(name), interval: '10m', ref: { branch: 'main' }, ...spec },
      })
    await repository({ provider: 'github' })
    const first = said((await scene.run(automation)).object)
    assert.equal(
      first[0],
      'Ready=False InvalidSourceConfiguration: secretRef with github app data must be specified when provider is set to github: invalid source configuration',
    )
    await scene.secret('app', { githubAppID: '1' })
    await repository({ provider: 'generic', secretRef: { name: 'app' } })
    const second = said((await scene.run(automation)).object)
    assert.equal(
      second[0],
      `Ready=False InvalidSourceConfiguration: secretRef '${scene.namespace}/app' has github app data but provider is not set to github: invalid source configuration`,
    )
  })

  test('what is wrong with a Secret or the URL of the repository is told in the words of the automation', async () => {
    const { scene, name, automation } = await made()
    await scene.secret('both', { username: 'ada', bearerToken: 'x' })
    await scene.secret('no-address', { username: 'ada' })
    const url = `http://ada@${new URL(scene.url(name)).host}/${name}.git`
    const manager = 'SourceManagerFailed: failed configuring source manager:'
    const noUrl = 'ssh://git@example.com:org/a.git'
    const wrongs: [spec: JsonObject, says: string][] = [
      [{ url: noUrl }, `${manager} failed to parse URL '${noUrl}': parse "${noUrl}": invalid port ":org" after host`],
      [{ secretRef: { name: 'gone' } }, `${manager} failed to get auth secret '${scene.namespace}/gone': secrets "gone" not found`],
      [{ proxySecretRef: { name: 'gone' } }, `${manager} failed to get proxy secret '${scene.namespace}/gone': secrets "gone" not found`],
      [
        { proxySecretRef: { name: 'no-address' } },
        `${manager} invalid proxy secret '${scene.namespace}/no-address': key 'address' is missing`,
      ],
      [
        { url, secretRef: { name: 'both' } },
        'GitOperationFailed: failed to checkout source: basic auth and bearer token cannot be set at the same time',
      ],
    ]
    for (const [more, says] of wrongs) {
      const spec = { url: scene.url(name), interval: '10m', ref: { branch: 'main' }, ...more }
      await scene.object('source.toolkit.fluxcd.io/v1', 'GitRepository', { name, spec })
      assert.equal(said((await scene.run(automation)).object)[0], `Ready=False ${says}`)
    }
  })

  test('policies that cannot be listed are told', async () => {
    const { scene, automation } = await made()
    const { cluster } = scene.world
    const listAll: typeof cluster.listAll = async function* () {
      throw new Error('imagepolicies is forbidden')
    }
    const { object } = await scene.run(automation, {
      hands: { cluster: Object.assign(Object.create(cluster) as typeof cluster, { listAll }) },
    })
    assert.equal(said(object)[0], 'Ready=False Failed: failed to list policies: imagepolicies is forbidden')
  })

  test('a repository of another namespace is refused where that is told', async () => {
    const { scene, automation } = await made({ spec: { sourceRef: { kind: 'GitRepository', name: 'x', namespace: 'elsewhere' } } })
    const { object } = await scene.run(automation, { settings: { noCrossNamespaceRefs: true } })
    assert.deepEqual(
      said(object),
      ['Ready', 'Stalled'].map(
        type =>
          `${type}=${type === 'Ready' ? 'False' : 'True'} AccessDenied: can't access 'GitRepository/elsewhere/x', cross-namespace references have been blocked`,
      ),
    )
  })

  test("a hook's refusal leaves the branch as it was; the next pass pushes from a fresh checkout", async () => {
    const { scene, name, say, automation } = await made()
    const hooks = join(scene.forge.folder, `hooks-${name}`)
    mkdirSync(hooks)
    writeFileSync(join(hooks, 'pre-receive'), '#!/bin/sh\necho "frozen" >&2\nexit 1\n')
    chmodSync(join(hooks, 'pre-receive'), 0o755)
    await say('config', 'core.hooksPath', hooks)
    const before = await say('rev-parse', 'refs/heads/main')
    const { object, driven } = await scene.run(automation)
    assert.match(
      said(object)[0] ?? '',
      /^Ready=False GitOperationFailed: failed to update source: failed to push to remote: command error on refs\/heads\/main: pre-receive hook declined: frozen$/,
    )
    assert.equal(objectAt(object, 'status').observedPolicies, undefined)
    assert.equal(driven.is === 'done' && driven.settled.backoff, true)
    assert.equal(await say('rev-parse', 'refs/heads/main'), before)
    await say('config', '--unset', 'core.hooksPath')
    assert.deepEqual(said((await scene.run(automation)).object), upToDate)
    assert.equal(await say('rev-parse', 'refs/heads/main~1'), before)
  })

  test('a refspec that is refused after the branch is told once, and stays behind until the next commit', async () => {
    const { scene, name, say, policy, automation } = await made({ push: { branch: 'main', refspec: 'refs/heads/main:refs/heads/second' } })
    const hooks = join(scene.forge.folder, `hooks-${name}`)
    mkdirSync(hooks)
    writeFileSync(join(hooks, 'update'), '#!/bin/sh\n[ "$1" = refs/heads/main ]\n', { mode: 0o755 })
    await say('config', 'core.hooksPath', hooks)
    const { object } = await scene.run(automation)
    assert.match(said(object)[0] ?? '', /^Ready=False GitOperationFailed: .*command error on refs\/heads\/second: hook declined/)
    const first = await say('rev-parse', 'refs/heads/main')
    await say('config', '--unset', 'core.hooksPath')
    assert.deepEqual(said((await scene.run(automation)).object), upToDate)
    assert.equal(await say('for-each-ref', '--format=%(refname) %(objectname)'), `refs/heads/main ${first}`)
    await scene.policy(policy, '1.0.2', { labels: { of: name } })
    await scene.run(automation)
    const second = await say('rev-parse', 'refs/heads/second')
    assert.deepEqual([await say('rev-parse', 'refs/heads/main'), await say('rev-parse', 'refs/heads/second~1')], [second, first])
  })

  test('two automations of one branch: whole commits only, and who lost begins anew', async () => {
    const { scene, name, say, automation } = await made()
    const second = await scene.automation(`${name}-b`, {
      sourceRef: { kind: 'GitRepository', name },
      policySelector: { matchLabels: { of: name } },
    })
    const before = await say('rev-parse', 'refs/heads/main')
    const objects = (await Promise.all([scene.run(automation), scene.run(second)])).map(({ object }) => said(object)[0] ?? '')
    for (const one of objects)
      assert.match(one, /^Ready=(?:True Succeeded: |False GitOperationFailed: failed to update source: failed to push to remote: )/)
    assert.equal(await say('rev-parse', 'refs/heads/main~1'), before)
    for (const one of [automation, second]) assert.deepEqual(said((await scene.run(one)).object), upToDate)
    assert.equal(await say('rev-list', '--count', `${before}..refs/heads/main`), '1')
  })

  test('an automation that is suspended is left alone; what was said of it holds', async () => {
    const { scene, name, say, automation } = await made({ spec: { suspend: true } })
    const before = await say('for-each-ref')
    const { driven, object } = await scene.run(automation)
    assert.deepEqual([driven.is, said(object)], ['suspended', []])
    assert.equal(await say('for-each-ref'), before)
    const spec = { policySelector: { matchLabels: { of: 'nobody' } } }
    await scene.automation(name, spec)
    await scene.run(automation)
    await scene.automation(name, { ...spec, suspend: true })
    const later = (await scene.run(automation)).object
    assert.deepEqual([later.metadata.generation, objectAt(later, 'status').observedGeneration, said(later)], [3, 3, upToDate])
  })
}
