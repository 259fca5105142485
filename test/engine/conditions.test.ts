import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inOrder } from '../../src/engine/conditions.ts'
import type { Condition } from '../../src/kinds/manifest.ts'

const condition = (type: string, observedGeneration: number): Condition => ({
  type,
  status: 'True',
  reason: 'R',
  message: 'm',
  lastTransitionTime: '2026-01-01T00:00:00Z',
  observedGeneration,
})

test('Stalled, Reconciling and Ready come first, then what the newer generation set, then by type', () => {
  const kept = [
    condition('Healthy', 2),
    condition('FetchFailed', 2),
    condition('ArtifactInStorage', 1),
    condition('Ready', 1),
    condition('Reconciling', 2),
  ]
  assert.deepEqual(
    inOrder(kept).map(({ type }) => type),
    ['Reconciling', 'Ready', 'FetchFailed', 'Healthy', 'ArtifactInStorage'],
  )
})
