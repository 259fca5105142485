import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pinoLog } from '../../../src/world/log/pino.ts'

function said(console: boolean): string {
  let written = ''
  const destination = { write: (line: string) => void (written += line) }
  const log = pinoLog({ level: 'info', console, destination, censor: line => line.replaceAll('s3cret', '***') })
  log.with({ kind: 'Bucket' }).warn('it broke', { error: 's3cret' })
  log.info('all is well')
  log.debug('unseen')
  return written
}

test('console lines have time, level, message and fields, and no secret', () => {
  const [first, second, rest] = said(true).split('\n')
  assert.match(first ?? '', /^\d{4}-\S+Z\tWARN\tit broke\t\{"kind":"Bucket","error":"\*\*\*"\}$/)
  assert.match(second ?? '', /^\d{4}-\S+Z\tINFO\tall is well$/)
  assert.equal(rest, '')
})

test('json lines are JSON', () => {
  const [first] = said(false).split('\n')
  assert.deepEqual(
    { ...(JSON.parse(first ?? '') as object), time: '' },
    { level: 40, time: '', kind: 'Bucket', error: '***', msg: 'it broke' },
  )
})
