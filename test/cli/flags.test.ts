import assert from 'node:assert/strict'
import { test } from 'node:test'
import { propertiesOf, valueOf } from '../../src/cli/flags.ts'
import { applyManifests } from '../../src/tools/apply_manifests.ts'
import { pushArtifact } from '../../src/tools/push_artifact.ts'

test('annotations are texts, whatever they look like, and may have an equals sign', () =>
  assert.deepEqual(valueOf('annotations', 'a=true,b=c=d,e=1', propertiesOf(pushArtifact.input).get('annotations') ?? {}), {
    a: 'true',
    b: 'c=d',
    e: '1',
  }))
test('an annotation is given again, as a pair with commas in it or as JSON', () => {
  const schema = propertiesOf(pushArtifact.input).get('annotations') ?? {}
  assert.deepEqual(valueOf('annotations', ['a=1, 2', 'b=x,c=y', '{"d":"e"}', 'a=3'], schema), { a: '3', b: 'x', c: 'y', d: 'e' })
  assert.deepEqual(valueOf('annotations', ['a=one, two'], schema), { a: 'one, two' })
  assert.throws(() => valueOf('annotations', ['a=1', 'nope'], schema), /--annotations 'nope' is no key=value pair/)
})
test('what is no text is read as what it is', () =>
  assert.deepEqual(valueOf('create', 'name=apps,prune=false', propertiesOf(applyManifests.input).get('create') ?? {}), {
    name: 'apps',
    prune: false,
  }))
