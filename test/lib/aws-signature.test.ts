import assert from 'node:assert/strict'
import { test } from 'node:test'
import { awsEncoded, type AwsKeys, signedHeaders, type Unsigned } from '../../src/lib/aws-signature.ts'

const docs: AwsKeys = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }
const s3 = { region: 'us-east-1', service: 's3', now: Date.UTC(2013, 4, 24) }
const host = 'https://examplebucket.s3.amazonaws.com'

/** The examples of AWS' own documents, with the signatures that they print. */
const published: [string, Unsigned, string][] = [
  [
    'a part of an object',
    { method: 'GET', url: new URL(`${host}/test.txt`), headers: { range: 'bytes=0-9' } },
    'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  ],
  [
    'a query without value',
    { method: 'GET', url: new URL(`${host}/?lifecycle`) },
    'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  ],
  [
    'a query with values',
    { method: 'GET', url: new URL(`${host}/?max-keys=2&prefix=J`) },
    '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  ],
]
for (const [name, request, signature] of published)
  test(`a request is signed as AWS signs it: ${name}`, () => {
    assert.equal(signedHeaders(request, docs, s3).authorization?.split('Signature=')[1], signature)
  })

test('a request to another service is signed as the vectors of AWS say, without a header for the body', () => {
  const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
  const at = { region: 'us-east-1', service: 'service', now: Date.UTC(2015, 7, 30, 12, 36) }
  const { authorization, ...headers } = signedHeaders({ method: 'GET', url: new URL('https://example.amazonaws.com/') }, keys, at)
  assert.deepEqual(headers, { 'x-amz-date': '20150830T123600Z' })
  assert.equal(
    authorization,
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  )
})

test('the token of keys that expire is sent and signed', () => {
  const headers = signedHeaders({ method: 'GET', url: new URL(host) }, { ...docs, sessionToken: 'session' }, s3)
  assert.equal(headers['x-amz-security-token'], 'session')
  assert.match(headers.authorization ?? '', /SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,/)
})

test('what is not plain is escaped byte by byte', () => {
  assert.equal(awsEncoded("a b/ü~'(*)+", '/'), 'a%20b/%C3%BC~%27%28%2A%29%2B')
})
