import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gatedSettings } from '../../src/cli/feature-gates.ts'
import { tokenCache } from '../../src/cli/options.ts'
import { startProduct } from '../support/service.ts'
import { type as typed } from '../support/terminal.ts'

test('feature gates are settings', () => {
  assert.deepEqual(gatedSettings(undefined), {})
  assert.deepEqual(gatedSettings('ObjectLevelWorkloadIdentity=true,CancelHealthCheckOnNewRevision=false'), {
    objectLevelWorkloadIdentity: true,
    cancelHealthCheckOnNewRevision: false,
  })
  assert.deepEqual(gatedSettings('StrictPostBuildSubstitutions=true'), { strictSubstitution: true })
})
test('the cache of tokens by its flags', () => {
  assert.deepEqual(tokenCache({}), { maxSize: 100, maxDurationMs: 3_600_000 })
  assert.deepEqual(tokenCache({ tokenCacheMaxSize: '0', tokenCacheMaxDuration: '90s' }), { maxSize: 0, maxDurationMs: 90_000 })
})
const wrong: [argv: string[], says: RegExp][] = [
  [['--feature-gates', 'NoSuchGate=true'], /feature-gate 'NoSuchGate' not supported: there are ObjectLevelWorkloadIdentity, /],
  [['--feature-gates', 'toString=true'], /feature-gate 'toString' not supported/],
  [['--feature-gates', 'ObjectLevelWorkloadIdentity'], /--feature-gates ObjectLevelWorkloadIdentity is true or false/],
  [['--token-cache-max-size', 'many'], /--token-cache-max-size 'many' is no number/],
  [['--token-cache-max-size', '-1'], /--token-cache-max-size/],
  [['--sigstore-trusted-root', '/nowhere.json'], /--sigstore-trusted-root '\/nowhere.json' cannot be read/],
  [['--sigstore-trusted-root', import.meta.filename], /is no JSON object: give a trusted_root.json/],
  [['--token-cache-max-duration', 'ever'], /--token-cache-max-duration 'ever' is no duration/],
]
for (const [argv, says] of wrong)
  test(`${argv.join(' ')} is refused`, async () => {
    const { code, err } = await typed(undefined, ['get', 'status', '--sandbox', ...argv])
    assert.equal(code, 2)
    assert.match(err, says)
  })
test('the gate reaches the engine', async () => {
  const product = await startProduct({ options: { featureGates: 'ObjectLevelWorkloadIdentity=true' } })
  assert.equal(product.composed.engine.settings.objectLevelWorkloadIdentity, true)
  await product.stop()
})
