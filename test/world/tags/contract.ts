import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Tags } from '../../../src/world/tags/tags.ts'
import { fc } from '../../support/laws.ts'
import { image, owner } from './owner.ts'

/** What every store of tags does. */
export function tagsContract(store: () => Tags): void {
  test('what a scan wrote is read, in its order, until another replaces it', async () => {
    const s = store()
    assert.deepEqual(await s.read(owner, image), [])
    await s.write(owner, image, ['b', 'a', 'c'])
    assert.deepEqual(await s.read(owner, image), ['b', 'a', 'c'])
    await s.write(owner, image, ['d'])
    assert.deepEqual(await s.read(owner, image), ['d'])
    await s.write(owner, image, [])
    assert.deepEqual(await s.read(owner, image), [])
  })
  test('an owner has the tags of one image', async () => {
    const s = store()
    await s.write(owner, image, ['a'])
    assert.deepEqual(await s.read(owner, 'ghcr.io/example/other'), [])
    await s.write(owner, 'ghcr.io/example/other', ['b'])
    assert.deepEqual(await s.read(owner, image), [])
  })
  test('owners do not see each other', async () => {
    const s = store()
    const others = [
      { ...owner, cluster: 'https://b.test' },
      { ...owner, namespace: 'other' },
      { ...owner, name: "x'; DROP TABLE scans; --" },
    ]
    await s.write(owner, image, ['own'])
    for (const [i, other] of others.entries()) {
      assert.deepEqual(await s.read(other, image), [])
      await s.write(other, image, [String(i)])
    }
    assert.deepEqual(await s.read(owner, image), ['own'])
    for (const [i, other] of others.entries()) assert.deepEqual(await s.read(other, image), [String(i)])
  })
  test('what is removed is gone, once', async () => {
    const s = store()
    await s.write(owner, image, ['a'])
    assert.deepEqual([await s.remove(owner), await s.remove(owner), await s.read(owner, image)], [true, false, []])
  })
  test('law: what is read is what was written', async () => {
    const tags = fc.array(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/), { maxLength: 200 })
    const s = store()
    await fc.assert(
      fc.asyncProperty(tags, async list => {
        await s.write(owner, image, list)
        assert.deepEqual(await s.read(owner, image), list)
      }),
      { numRuns: 50 },
    )
  })
}
