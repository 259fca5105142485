import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecentSecrets } from '../../src/lib/recent-secrets.ts'
import { Redactor } from '../../src/lib/safe.ts'

test('secrets are hidden while they are among the latest; what is learned for good stays hidden', () => {
  const redactor = new Redactor(new Uint8Array(32))
  redactor.learn('for-good-secret')
  const recent = new RecentSecrets(redactor, 2)
  const hidden = (secret: string): boolean =>
    !redactor.censor(`it is ${secret} and ${Buffer.from(secret).toString('base64')}`).includes(secret)
  for (const secret of ['first-token', 'second-token', 'first-token', 'third-token']) recent.learn(secret)
  assert.deepEqual(['first-token', 'second-token', 'third-token', 'for-good-secret'].map(hidden), [true, false, true, true])
  assert.equal(redactor.censor(Buffer.from('third-token').toString('base64')).startsWith('redacted#'), true)
})
test('what is forgotten can be learned again', () => {
  const redactor = new Redactor()
  redactor.learn('a-token-of-an-hour')
  redactor.forget('a-token-of-an-hour')
  assert.equal(redactor.censor('a-token-of-an-hour'), 'a-token-of-an-hour')
  redactor.learn('a-token-of-an-hour')
  assert.equal(redactor.censor('a-token-of-an-hour'), 'redacted')
})
