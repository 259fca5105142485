import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldAt } from '../../src/tools/objects/field-at.ts'

const object = {
  metadata: { labels: { 'example.com/name': 'a', app: 'web' } },
  spec: { containers: [{ image: 'nginx:1' }, { image: 'redis:7' }] },
  data: { 'a.yaml': 'x', a: { yaml: 'y' } },
}
const table: [path: string, value: unknown][] = [
  ['metadata.labels.app', 'web'],
  ['metadata.labels.example.com/name', 'a'],
  ["metadata.labels['example.com/name']", 'a'],
  ['spec.containers[1].image', 'redis:7'],
  ['spec.containers.0.image', 'nginx:1'],
  ['data["a.yaml"]', 'x'],
  ['data.a.yaml', 'x'],
  ['spec', object.spec],
  ['spec.absent.deeper', undefined],
  ['spec.containers[7].image', undefined],
  ['metadata.constructor', undefined],
]
for (const [path, value] of table) test(`${path} is ${JSON.stringify(value)}`, () => assert.deepEqual(fieldAt(object, path), value))
