import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkBucketName, pathOf, s3Address, s3Url } from '../../../src/world/objects/s3/address.ts'

const urls: [endpoint: string, region: string, bucket: string, url: string][] = [
  ['minio.example.com:9000', 'us-east-1', 'app', 'https://minio.example.com:9000/app/k'],
  ['minio.example.com', 'eu-west-1', 'app', 'https://minio.example.com/app/k'],
  ['10.0.0.1:9000', 'us-east-1', 'app', 'https://10.0.0.1:9000/app/k'],
  ['[::1]:9000', 'us-east-1', 'app', 'https://[::1]:9000/app/k'],
  ['s3.amazonaws.com', 'us-east-1', 'app', 'https://app.s3.dualstack.us-east-1.amazonaws.com/k'],
  ['s3.amazonaws.com', 'eu-west-1', 'app', 'https://app.s3.dualstack.eu-west-1.amazonaws.com/k'],
  ['s3.eu-west-1.amazonaws.com', 'eu-west-1', 'app', 'https://app.s3.dualstack.eu-west-1.amazonaws.com/k'],
  ['s3.cn-north-1.amazonaws.com.cn', 'cn-north-1', 'app', 'https://app.s3.dualstack.cn-north-1.amazonaws.com.cn/k'],
  ['s3.amazonaws.com', 'us-east-1', 'my.app', 'https://s3.dualstack.us-east-1.amazonaws.com/my.app/k'],
  ['s3.amazonaws.com', 'evil.test/x', 'app', 'https://app.s3.amazonaws.com/k'],
  ['storage.googleapis.com', 'us-east-1', 'app', 'https://app.storage.googleapis.com/k'],
  ['s3.amazonaws.com.evil.test', 'us-east-1', 'app', 'https://s3.amazonaws.com.evil.test/app/k'],
]
for (const [endpoint, region, bucket, url] of urls)
  test(`an object of ${bucket} at ${endpoint} in ${region} is at ${url}`, () =>
    assert.equal(s3Url(s3Address({ endpoint, bucket }), { key: 'k', region }).href, url))

test('the region is in the host name, where Amazon has it there', () => {
  const regions = [
    's3.eu-west-1.amazonaws.com',
    's3-us-west-2.amazonaws.com',
    's3.dualstack.ap-south-1.amazonaws.com',
    's3.amazonaws.com',
    'minio.test',
  ]
  assert.deepEqual(
    regions.map(endpoint => s3Address({ endpoint, bucket: 'app' }).region),
    ['eu-west-1', 'us-west-2', 'ap-south-1', undefined, undefined],
  )
})

for (const endpoint of ['', 'a/b', 'http://minio.test', 'user@host', 'user:pass@host', 'host?x', 'host#x', '-bad-', 'a b', 'host\\path'])
  test(`no endpoint: ${JSON.stringify(endpoint)}`, () => assert.throws(() => s3Address({ endpoint, bucket: 'app' }), { code: 'ADDRESS' }))

for (const name of ['', 'ab', 'a'.repeat(64), '10.0.0.1', 'a..b', '../x', 'a/b', '-ab', 'a?b', 'a.-b'])
  test(`no bucket: ${JSON.stringify(name)}`, () => assert.throws(() => checkBucketName(name), { code: 'ADDRESS' }))

test('a key is escaped, and never taken for steps', () => {
  assert.equal(pathOf("a b/ü+%?#&='(x)"), 'a%20b/%C3%BC%2B%25%3F%23%26%3D%27%28x%29')
  for (const key of ['.', '..', '../other-bucket/x', 'a/./b', 'a/..']) assert.throws(() => pathOf(key), { code: 'REFUSED' })
})
