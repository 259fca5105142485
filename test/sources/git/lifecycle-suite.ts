import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conditionOf, refOf } from '../../../src/kinds/manifest.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import type { Git } from '../../../src/world/git/git.ts'
import { verifies } from '../../conformance/verifies.ts'
import { unending } from '../../support/unending.ts'
import { artifactOf, type GitScene, judged, namespace, revisionOf } from './scene.ts'

/** From the first pass to the last, and what the artifact is made of. */
export function lifecycleTests(scene: () => GitScene): void {
  const change = (name: string, files: Record<string, string>, at: number, message = 'a change'): Promise<unknown> =>
    scene().made(name, [{ branch: 'refs/heads/main', from: 'refs/heads/main^0', at, message, files }])
  const counted = (calls: string[]): { git: Git } => {
    const { git } = scene().world.hands
    return {
      git: {
        refs: (...args) => (calls.push('refs'), git.refs(...args)),
        commitTimes: (...args) => (calls.push('commitTimes'), git.commitTimes(...args)),
        checkout: (...args) => (calls.push('checkout'), git.checkout(...args)),
      },
    }
  }
  const respec = async (name: string, spec: JsonObject): Promise<void> => {
    const s = scene()
    await s.world.cluster.patch(
      { group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'GitRepository', namespace, name },
      { type: 'merge', body: { spec }, manager: 'test' },
      unending,
    )
  }

  test('a branch becomes an artifact, with its news; links and .git stay out, modes are normal', async () => {
    const s = scene()
    const ref = await s.filled({ 'a.yaml': 'a: 1', 'x run.sh': '#!/bin/sh', 'l link': 'a.yaml', '.github/b.yaml': 'b', 'c.png': 'c' })
    const { object } = await s.run(ref)
    assert.deepEqual(await s.files(object), { 'a.yaml': 'a: 1', 'run.sh': '#!/bin/sh' })
    const revision = revisionOf(object)
    assert.deepEqual(await s.event(ref, 'NewArtifact'), {
      type: 'Normal',
      reason: 'NewArtifact',
      message: "stored artifact for commit 'first'",
      count: 1,
      annotations: { 'source.toolkit.fluxcd.io/revision': revision, 'source.toolkit.fluxcd.io/digest': artifactOf(object).digest },
    })
  })

  verifies('sources/59', 'a branch that did not move is looked at, and not cloned', async () => {
    const s = scene()
    const ref = await s.filled({ a: '1' })
    const first = (await s.run(ref)).object
    const calls: string[] = []
    const { object, driven } = await s.run(ref, { hands: counted(calls) })
    assert.deepEqual(calls, ['refs'])
    const { message } = await s.event(ref, 'GitOperationSucceeded')
    assert.equal(message, `no changes since last reconcilation: observed revision '${revisionOf(first)}'`)
    assert.deepEqual(judged(object), judged(first))
    assert.deepEqual(artifactOf(object), artifactOf(first))
    assert.ok(driven.is === 'done' && driven.settled.requeueMs !== undefined && !driven.settled.backoff)
  })

  verifies('sources/60', 'a branch that did not move is cloned when what is ignored changed', async () => {
    const s = scene()
    const ref = await s.filled({ a: '1', b: '2' })
    const first = (await s.run(ref)).object
    await respec(ref.name, { ignore: '/b' })
    const calls: string[] = []
    const { object } = await s.run(ref, { hands: counted(calls) })
    assert.deepEqual(calls, ['refs', 'checkout'])
    assert.deepEqual(await s.files(object), { a: '1' })
    assert.equal(revisionOf(object), revisionOf(first))
    assert.equal(object.status?.observedIgnore, '/b')
  })

  test('a new commit makes a new artifact, and says before that the old one is outdated', async () => {
    const s = scene()
    const ref = await s.filled({ a: '1' })
    await s.run(ref)
    await change(ref.name, { a: '2' }, 2_000, `${'long '.repeat(20)}\n\nbody`)
    const { object, written } = await s.run(ref)
    assert.deepEqual(await s.files(object), { a: '2' })
    const outdated = written.map(status => conditionOf({ ...object, status }, 'ArtifactOutdated')).find(Boolean)
    assert.deepEqual(
      [outdated?.status, outdated?.reason, outdated?.message],
      ['True', 'NewRevision', `new upstream revision '${revisionOf(object)}'`],
    )
    const messages = (await s.events(ref)).filter(e => e.reason === 'NewArtifact').map(e => e.message)
    assert.deepEqual(
      new Set(messages),
      new Set(["stored artifact for commit 'first'", `stored artifact for commit '${'long '.repeat(10)}...'`]),
    )
  })

  test('folders that are checked out are prefixes; one that is not there stalls', async () => {
    const s = scene()
    const ref = await s.filled({ 'app/a': '1', 'apple/b': '2', 'other/c': '3', d: '4' }, { sparseCheckout: ['./app'] })
    const { object } = await s.run(ref)
    assert.deepEqual(await s.files(object), { 'app/a': '1', 'apple/b': '2' })
    assert.deepEqual(object.status?.observedSparseCheckout, ['./app'])
    await respec(ref.name, { sparseCheckout: ['nope'] })
    const failed = (await s.run(ref)).object
    const why = "sparse checkout dir 'nope' does not exist in repository: lstat nope: no such file or directory"
    const { reason, message } = conditionOf(failed, 'Stalled') ?? {}
    assert.deepEqual([reason, message], ['GitOperationFailed', `failed to sparse checkout directories : ${why}`])
    assert.deepEqual(artifactOf(failed), artifactOf(object))
  })

  test('an include brings the artifact of another GitRepository, is waited for, and followed', async () => {
    const s = scene()
    const other = s.name()
    const ref = await s.filled({ a: '1' }, { include: [{ repository: { name: other }, fromPath: 'deep', toPath: 'in/here' }] })
    const waiting = (await s.run(ref)).object
    const why = `could not get resource for include '${other}': GitRepository.source.toolkit.fluxcd.io "${other}" not found`
    assert.equal(judged(waiting).IncludeUnavailable, `True NotFound: ${why}`)
    await s.made(other, [{ branch: 'refs/heads/main', at: 1_000, files: { 'deep/b': '2', c: '3' } }])
    const second = await s.repository(other, { ref: { branch: 'main' } })
    const empty = (await s.run(ref)).object
    assert.equal(judged(empty).IncludeUnavailable, `True NoArtifact: no artifact available for include '${other}'`)
    await s.run(second)
    const { object } = await s.run(ref)
    assert.deepEqual(await s.files(object), { a: '1', 'in/here/b': '2' })
    assert.equal(judged(object).IncludeUnavailable, undefined)
    await change(other, { 'deep/b': '4' }, 2_000)
    await s.run(second)
    const { object: after, written } = await s.run(ref)
    assert.deepEqual(await s.files(after), { a: '1', 'in/here/b': '4' })
    const outdated = written.map(status => conditionOf({ ...after, status }, 'ArtifactOutdated')).find(Boolean)
    assert.deepEqual([outdated?.reason, outdated?.message], ['IncludeChange', 'included artifacts differ from last observed includes'])
  })

  test('a failure keeps the artifact; its end is told once', async () => {
    const s = scene()
    const ref = await s.filled({ a: '1' })
    const first = (await s.run(ref)).object
    await respec(ref.name, { ref: { branch: 'nope' } })
    const failed = (await s.run(ref)).object
    assert.equal(conditionOf(failed, 'Ready')?.reason, 'GitOperationFailed')
    assert.deepEqual(artifactOf(failed), artifactOf(first))
    await respec(ref.name, { ref: { branch: 'main' } })
    const { object } = await s.run(ref)
    assert.equal(conditionOf(object, 'Ready')?.status, 'True')
    assert.equal((await s.event(ref, 'Succeeded')).message, `stored artifact for commit '${revisionOf(object)}'`)
  })

  test('a deleted object takes its artifact with it', async () => {
    const s = scene()
    const ref = await s.filled({ a: '1' })
    const { object } = await s.run(ref)
    await s.world.cluster.delete(refOf(object), {}, unending)
    await s.run(ref)
    assert.equal(await s.world.cluster.get(ref, unending), undefined)
    assert.deepEqual(s.stored(ref), [])
  })
}
