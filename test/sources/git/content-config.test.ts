import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Artifact } from '../../../src/kinds/artifact.ts'
import type { GitRepositoryObject } from '../../../src/kinds/git-repository.ts'
import { contentChanged, includesDiffer, modeOf, observedOf, requiresVerification } from '../../../src/sources/git/content-config.ts'
import { verifies } from '../../conformance/verifies.ts'

type Spec = GitRepositoryObject['spec']
type Status = NonNullable<GitRepositoryObject['status']>
const base = { url: 'https://example.com/app.git', interval: '1m', timeout: '60s' }
const of = (spec: Partial<Spec>, status: Partial<Status> = {}): Pick<GitRepositoryObject, 'spec' | 'status'> =>
  ({ spec: { ...base, ...spec }, status }) as Pick<GitRepositoryObject, 'spec' | 'status'>
const verify = (mode: NonNullable<Spec['verify']>['mode']): Partial<Spec> => ({ verify: { mode, secretRef: { name: 'keys' } } })
const artifact = (revision: string, digest: `${string}:${string}` = 'sha256:d'): Artifact => ({
  path: 'p',
  url: 'u',
  revision,
  digest,
  lastUpdateTime: '2026-01-01T00:00:00Z',
})

const needs = (observed: string | undefined, mode: 'head' | 'HEAD' | 'Tag' | 'TagAndHEAD'): boolean =>
  requiresVerification(of(verify(mode), observed === undefined ? {} : { sourceVerificationMode: observed }))
verifies('sources/79', 'a tag that was looked at does not vouch for its commit', () => {
  assert.deepEqual(
    [needs('Tag', 'HEAD'), needs('Tag', 'TagAndHEAD'), needs('HEAD', 'Tag'), needs('HEAD', 'TagAndHEAD')],
    [true, true, true, true],
  )
})
verifies('sources/80', 'what looked at both vouches for either', () => {
  assert.deepEqual([needs('TagAndHEAD', 'Tag'), needs('TagAndHEAD', 'HEAD'), needs('TagAndHEAD', 'TagAndHEAD')], [false, false, false])
})
test('nothing seen yet must be looked at, what was seen must not again, and without a wish nothing is', () => {
  assert.deepEqual(
    [needs(undefined, 'HEAD'), needs('HEAD', 'HEAD'), needs('HEAD', 'head'), needs('Tag', 'Tag')],
    [true, false, false, false],
  )
  assert.equal(requiresVerification(of({})), false)
  assert.deepEqual([modeOf({ ...base, ...verify('head') } as Spec), modeOf(base)], ['HEAD', undefined])
})

const [one, two] = [artifact('main@sha1:1'), artifact('main@sha1:2')]
const include = [{ repository: { name: 'a' } }]
const changes: [says: string, spec: Partial<Spec>, status: Partial<Status>, includes: Artifact[], changed: boolean][] = [
  ['nothing', {}, {}, [], false],
  ['ignore', { ignore: 'a' }, {}, [], true],
  ['an ignore that says nothing', { ignore: '' }, {}, [], true],
  ['the same ignore', { ignore: 'a' }, { observedIgnore: 'a' }, [], false],
  ['submodules', { recurseSubmodules: true }, {}, [], true],
  ['no submodules', { recurseSubmodules: false }, {}, [], false],
  ['folders', { sparseCheckout: ['a'] }, {}, [], true],
  ['folders in another order', { sparseCheckout: ['a', 'b'] }, { observedSparseCheckout: ['b', 'a'] }, [], true],
  ['folders in another case', { sparseCheckout: ['a'] }, { observedSparseCheckout: ['A'] }, [], true],
  ['no folders', { sparseCheckout: [] }, {}, [], false],
  ['an include', { include }, {}, [one], true],
  ['the same include', { include }, { observedInclude: include, includedArtifacts: [one as never] }, [one], false],
  ['an include at an older revision', { include }, { observedInclude: include, includedArtifacts: [one as never] }, [two], true],
  [
    'an include with other bytes',
    { include },
    { observedInclude: include, includedArtifacts: [one as never] },
    [artifact(one.revision, 'sha256:e')],
    true,
  ],
  [
    'an include in another place',
    { include: [{ repository: { name: 'a' }, toPath: 'b' }] },
    { observedInclude: include, includedArtifacts: [one as never] },
    [one],
    true,
  ],
  ['an include that is gone', {}, { observedInclude: include, includedArtifacts: [one as never] }, [], true],
  ['a signature to look at', verify('HEAD'), {}, [], true],
  ['a signature that was looked at', verify('HEAD'), { sourceVerificationMode: 'HEAD' }, [], false],
]
for (const [says, spec, status, includes, changed] of changes)
  test(`what an artifact is made from ${changed ? 'changes' : 'does not change'} with ${says}`, () => {
    assert.equal(contentChanged(of(spec, status), includes), changed)
  })
test('includes differ by revision, in whatever order', () => {
  const differ = (now: Artifact[], before: Artifact[]): boolean => includesDiffer(now, of({}, { includedArtifacts: before as never }))
  assert.deepEqual([differ([one, two], [two, one]), differ([one], [two]), differ([one], []), differ([], [])], [false, true, true, false])
})
test('what a status says of an artifact is what it was made from, and nothing that is empty', () => {
  const observed = observedOf(of({ ignore: '', include, sparseCheckout: ['./a'], recurseSubmodules: true }), [one])
  assert.equal(
    contentChanged(of({ ignore: '', include, sparseCheckout: ['./a'], recurseSubmodules: true }, observed as never), [one]),
    false,
  )
  assert.deepEqual(observedOf(of({ sparseCheckout: [], recurseSubmodules: false }), []), {
    includedArtifacts: null,
    observedIgnore: null,
    observedRecurseSubmodules: null,
    observedInclude: null,
    observedSparseCheckout: null,
  })
})
