import assert from 'node:assert/strict'
import { objectDiff, sayDiff } from '../../src/tools/preview/object-diff.ts'
import { type BehaviourId, verifies } from '../conformance/verifies.ts'
import { secret } from '../kustomize/objects.ts'

const encoded = (data: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]))
const of = (data: Record<string, string>): ReturnType<typeof secret> => secret('a', 's', { data: encoded(data) })

/** Flux masks by place, `*** (before)`; we mask by value, so that equal values stay equal. Neither shows one. */
const masks: [id: BehaviourId, says: string, before: Record<string, string>, after: Record<string, string>, diff: string][] = [
  ['kustomization/A19.1', 'values that are equal are not in the diff', { k: 'same' }, { k: 'same' }, ''],
  ['kustomization/A19.2', 'a value that changes is masked on both sides', { k: 'old' }, { k: 'new' }, 'data.k: <3> → <3>'],
  [
    'kustomization/A19.3',
    'a value on one side only is masked there',
    { k: 'same' },
    { k: 'same', more: 'four' },
    'data.more: (none) → <4>',
  ],
  ['kustomization/A19.4', 'a value that goes is masked too', { k: 'same', gone: 'v' }, { k: 'same' }, 'data.gone: <1> → (none)'],
]
for (const [id, says, before, after, diff] of masks)
  verifies(id, `in a diff of Secrets ${says}`, () => {
    const found = objectDiff(of(before), of(after), { manager: 'kustomize-controller', repeats: false, show: value => `<${value.length}>` })
    assert.equal(sayDiff(found).replaceAll('"', ''), diff)
  })
