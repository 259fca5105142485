import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { conditionOf } from '../../../src/kinds/manifest.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import { type BehaviourId, verifies } from '../../conformance/verifies.ts'
import { type GitScene, judged, namespace, revisionOf } from './scene.ts'

const refused: [
  id: BehaviourId | undefined,
  says: string,
  spec: (s: GitScene) => JsonObject,
  reason: string,
  message: (s: GitScene) => string,
][] = [
  [
    'sources/62.2',
    'a range that no tag is in',
    s => ({ url: s.url('refs'), ref: { semver: '>=3.0.0' } }),
    'GitOperationFailed',
    () => 'failed to checkout and determine revision: no match found for semver: >=3.0.0',
  ],
  [
    'sources/63.1',
    'a name that is not there',
    s => ({ url: s.url('refs'), ref: { name: 'refs/tags/v0.2.0' } }),
    'GitOperationFailed',
    () => "failed to checkout and determine revision: unable to resolve ref 'refs/tags/v0.2.0' to a specific commit",
  ],
  [
    undefined,
    'a name that begins with a slash',
    s => ({ url: s.url('refs'), ref: { name: '/refs/heads/main' } }),
    'GitOperationFailed',
    () => "failed to checkout and determine revision: ref /refs/heads/main is invalid; Git refs cannot begin or end with a slash '/'",
  ],
  [
    undefined,
    'a branch that is not there',
    s => ({ url: s.url('refs'), ref: { branch: 'nope' } }),
    'GitOperationFailed',
    s => `failed to checkout and determine revision: unable to clone '${s.url('refs')}': couldn't find remote ref "refs/heads/nope"`,
  ],
  [undefined, 'an empty repository', s => ({ url: s.url('empty') }), 'EmptyGitRepository', () => 'git repository is empty'],
]

/** What a reference stands for, and what it does not. */
export function checkoutTests(scene: () => GitScene): void {
  const hashes: Record<string, string> = {}
  before(async () => {
    const s = scene()
    const git = await s.made('refs', [
      { branch: 'refs/heads/master', at: 1_000, files: { 'a.yaml': 'master' } },
      { branch: 'refs/heads/staging', at: 2_000, from: 'refs/heads/master', files: { 'a.yaml': 'staging' } },
      { branch: 'refs/heads/staging', at: 3_000, files: { 'a.yaml': 'staging again' } },
      { branch: 'refs/pull/420/head', at: 4_000, from: 'refs/heads/master', files: { 'a.yaml': 'pull' } },
    ])
    const tags = ['non-semver-tag', 'v0.1.0', '0.2.0', 'v0.2.1', 'v1.0.0-alpha', 'v1.1.0', 'v2.0.0']
    for (const tag of tags) await git('tag', '-a', '-m', tag, tag, 'staging~1')
    for (const [name, at] of [
      ['master', 'master'],
      ['staging', 'staging'],
      ['before', 'staging~1'],
      ['pull', 'refs/pull/420/head'],
    ] as const)
      hashes[name] = await git('rev-parse', at)
    await s.made('empty', [])
    const ties = await s.made('ties', [
      { branch: 'refs/heads/main', at: 1_000, files: { a: '1' } },
      { branch: 'refs/heads/main', at: 2_000, files: { a: '2' } },
      { branch: 'refs/heads/main', at: 3_000, files: { a: '3' } },
    ])
    for (const [i, at] of ['main~2', 'main~1', 'main'].entries()) await ties('tag', `v0.1.0+build-${i + 1}`, at)
  })

  const rows: [id: BehaviourId, says: string, repository: string, ref: JsonObject | undefined, revision: () => string][] = [
    ['sources/52', 'no reference', 'refs', undefined, () => `master@sha1:${hashes.master}`],
    ['sources/53', 'a commit of a branch', 'refs', { branch: 'staging', commit: 'before' }, () => `staging@sha1:${hashes.before}`],
    ['sources/54', 'a branch by its name', 'refs', { name: 'refs/heads/staging' }, () => `refs/heads/staging@sha1:${hashes.staging}`],
    ['sources/55', 'a pull request', 'refs', { name: 'refs/pull/420/head' }, () => `refs/pull/420/head@sha1:${hashes.pull}`],
    ['sources/56.2', 'every version', 'refs', { semver: '*' }, () => `v2.0.0@sha1:${hashes.before}`],
    ['sources/57.2', 'a version below another', 'refs', { semver: '<v0.2.1' }, () => `0.2.0@sha1:${hashes.before}`],
    ['sources/58.2', 'a range with prereleases', 'refs', { semver: '>=1.0.0-0 <1.1.0-0' }, () => `v1.0.0-alpha@sha1:${hashes.before}`],
  ]
  for (const [id, says, repository, ref, revision] of rows)
    verifies(id, `${says} stands for its revision`, async () => {
      const s = scene()
      const commit = typeof ref?.commit === 'string' ? { commit: hashes[ref.commit] ?? '' } : {}
      const at = await s.repository(s.name(), { url: s.url(repository), ...(ref ? { ref: { ...ref, ...commit } } : {}) })
      const { object } = await s.run(at)
      const message = `stored artifact for revision '${revision()}'`
      assert.deepEqual(judged(object), { Ready: `True Succeeded: ${message}`, ArtifactInStorage: `True Succeeded: ${message}` })
      assert.equal(revisionOf(object), revision())
      assert.deepEqual(s.stored(at), [`${revision().slice(-40)}.tar.gz`])
      assert.equal(object.status?.url, undefined)
    })

  verifies('sources/61.2', 'of equal versions the newest commit counts', async () => {
    const s = scene()
    const { object } = await s.run(await s.repository(s.name(), { url: s.url('ties'), ref: { semver: '<0.2.0' } }))
    assert.match(revisionOf(object), /^v0\.1\.0\+build-3@sha1:/)
    assert.deepEqual(await s.files(object), { a: '3' })
  })

  test('a commit alone has a revision without a name', async () => {
    const s = scene()
    const { object } = await s.run(await s.repository(s.name(), { url: s.url('refs'), ref: { commit: hashes.before ?? '' } }))
    assert.equal(revisionOf(object), `sha1:${hashes.before}`)
    assert.deepEqual(await s.files(object), { 'a.yaml': 'staging' })
  })

  verifies('sources/64', 'a commit that is not on its branch is not found', async () => {
    const s = scene()
    const ref = { branch: 'master', commit: hashes.staging ?? '' }
    const { object } = await s.run(await s.repository(s.name(), { url: s.url('refs'), ref }))
    const why = `unable to resolve commit object for '${hashes.staging}': object not found`
    assert.equal(conditionOf(object, 'FetchFailed')?.message, `failed to checkout and determine revision: ${why}`)
  })

  for (const [id, says, spec, reason, message] of refused) {
    const name = `${says} fails: ${reason}`
    const work = async (): Promise<void> => {
      const s = scene()
      const { object } = await s.run(await s.repository(s.name(), spec(s)))
      assert.deepEqual(judged(object), {
        FetchFailed: `True ${reason}: ${message(s)}`,
        Ready: `False ${reason}: ${message(s)}`,
        Reconciling: 'True ProgressingWithRetry: building artifact',
      })
      assert.equal(object.status?.observedGeneration, -1)
    }
    if (id) verifies(id, name, work)
    else test(name, work)
  }

  const signIns: [says: string, secret: string, works: boolean][] = [
    ['a user and a password', 'user', true],
    ['a token', 'token', true],
  ]
  for (const [says, secretRef] of signIns)
    test(`${says} signs in`, async () => {
      const s = scene()
      const { object } = await s.run(await s.repository(s.name(), { url: s.url('refs', 'closed'), secretRef: { name: secretRef } }))
      assert.equal(revisionOf(object), `master@sha1:${hashes.master}`)
    })

  test('who does not sign in gets nothing, and no secret is told', async () => {
    const s = scene()
    await s.secret('wrong', 'Opaque', { username: 'ada', password: 'guessed-in-vain' })
    const { object } = await s.run(await s.repository(s.name(), { url: s.url('refs', 'closed'), secretRef: { name: 'wrong' } }))
    const { reason, message = '' } = conditionOf(object, 'FetchFailed') ?? {}
    assert.equal(reason, 'GitOperationFailed')
    assert.ok(!JSON.stringify(object).includes('guessed-in-vain'), message)
  })

  verifies('sources/72', 'provider github needs a Secret', async () => {
    const s = scene()
    const { object } = await s.run(await s.repository(s.name(), { url: s.url('refs'), provider: 'github' }))
    const message = 'secretRef with github app data must be specified when provider is set to github'
    const told = `InvalidProviderConfiguration: ${message}`
    assert.deepEqual(judged(object), { Stalled: `True ${told}`, Ready: `False ${told}`, FetchFailed: `True ${told}` })
  })

  verifies('sources/73', 'the data of a GitHub App need provider github', async () => {
    const s = scene()
    await s.secret('app', 'Opaque', { githubAppID: '1', githubAppInstallationID: '2', githubAppPrivateKey: 'abc' })
    const { object } = await s.run(await s.repository(s.name(), { url: s.url('refs'), secretRef: { name: 'app' } }))
    const message = `secretRef '${namespace}/app' has github app data but provider is not set to github`
    assert.equal(judged(object).Stalled, `True InvalidProviderConfiguration: ${message}`)
  })

  verifies('sources/74', 'a key of a GitHub App that is none is told', async () => {
    const s = scene()
    await s.secret('no-key', 'Opaque', { githubAppID: '1', githubAppInstallationID: '2', githubAppPrivateKey: 'abc' })
    const { object } = await s.run(await s.repository(s.name(), { url: s.url('refs'), provider: 'github', secretRef: { name: 'no-key' } }))
    const { reason, message = '' } = conditionOf(object, 'FetchFailed') ?? {}
    assert.equal(reason, 'AuthenticationFailed')
    assert.match(message, /^failed to configure authentication options: .*Key must be a PEM encoded PKCS1 or PKCS8 key/)
  })
}
