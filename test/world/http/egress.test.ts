import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHttp } from '../../../src/world/http/client.ts'
import { guardedLookup, isMetadataAddress } from '../../../src/world/http/egress.ts'
import { unending } from '../../support/unending.ts'

const addresses: [address: string, refused: boolean][] = [
  ['169.254.169.254', true],
  ['169.254.0.1', true],
  ['[fe80::1]', true],
  ['fd00:ec2::254', true],
  ['100.100.100.200', true],
  ['::ffff:169.254.169.254', true],
  ['[::ffff:a9fe:a9fe]', true],
  ['127.0.0.1', false],
  ['10.0.0.1', false],
  ['169.253.0.1', false],
  ['fd00::1', false],
  ['registry.example.com', false],
]
for (const [address, refused] of addresses)
  test(`${address} is ${refused ? 'refused' : 'let through'}`, () => assert.equal(isMetadataAddress(address), refused))

test('a request to a metadata service is refused in every spelling, and nothing is sent', async () => {
  const http = createHttp({})
  for (const url of ['http://169.254.169.254/latest', 'http://2852039166/latest', 'http://0xa9fea9fe/', 'http://[::ffff:169.254.169.254]/'])
    await assert.rejects(http.send({ method: 'GET', url }, unending), /link-local and metadata addresses are refused/, url)
  await http.close()
})

test('names are looked up as usual', async () => {
  const found = await new Promise((resolve, reject) => {
    guardedLookup('localhost', { all: true }, (error, all) => (error ? reject(error) : resolve(all)))
  })
  assert.ok(Array.isArray(found) && found.length > 0)
})
