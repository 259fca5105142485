import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dryRunFailure, needsRecreation } from '../../src/kustomize/failure.ts'
import { messageOf } from '../../src/lib/coded-error.ts'
import { ClusterError, type ClusterErrorCode } from '../../src/world/cluster/error.ts'
import { type BehaviourId, verifies } from '../conformance/verifies.ts'
import { config, secret } from './objects.ts'

const refused = (message: string, reason?: string, code: ClusterErrorCode = 'INVALID'): ClusterError =>
  new ClusterError(code, { cluster: 'x', what: 'apply', message, ...(reason ? { reason } : {}) })

const immutables: [id: BehaviourId, says: string, error: unknown, mends: boolean][] = [
  [
    'kustomization/A8.1',
    'a validation rule that ends in "Value is immutable"',
    refused('the ImmutableSinceFirstWrite "test1" is invalid: value: Invalid value: "string": Value is immutable'),
    true,
  ],
  [
    'kustomization/A8.2',
    'a webhook that says "spec is immutable"',
    refused("the IAMPolicyMember's spec is immutable: admission webhook denied the request", 'Forbidden', 'FORBIDDEN'),
    true,
  ],
  ['kustomization/A8.3', 'a text that says "is not immutable"', refused('is not immutable'), false],
  ['kustomization/A8.4', 'anything that is Invalid', refused('spec.type: Unsupported value', 'Invalid'), true],
  ['kustomization/A8.5', 'a conflict', refused('the object has been modified', 'Conflict', 'CONFLICT'), true],
  [
    'kustomization/A8.6',
    'a webhook that speaks of an immutable field',
    refused('cannot change immutable field spec.x', 'BadRequest'),
    true,
  ],
  ['kustomization/A8.7', 'a value of the wrong type', refused('failed to create typed patch object'), false],
  ['kustomization/A8.8', 'what is no answer of the API', new TypeError('field is immutable'), false],
]
for (const [id, says, error, mends] of immutables)
  verifies(id, `${says} ${mends ? 'may be mended' : 'is not mended'} by recreating the object`, () =>
    assert.equal(needsRecreation(error), mends),
  )

test('a Secret value that the server quotes stays out of the message', () => {
  const quoted = refused(
    'failed to create typed patch object (a/s; /v1, Kind=Secret): .data.k: expected string, got &value.valueUnstructured{Value:map[string]interface {}{"pin":"7351"}}',
  )
  assert.ok(!messageOf(dryRunFailure(secret('a', 's'), quoted)).includes('7351'))
  assert.ok(messageOf(dryRunFailure(config('a', 's'), quoted)).includes('7351'))
})
