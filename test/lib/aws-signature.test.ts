import assert from 'node:assert/strict'
import { test } from 'node:test'
import { awsEncoded, type AwsKeys, codeCommitPassword, signedHeaders, type Unsigned } from '../../src/lib/aws-signature.ts'

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

/** What AWS' own git-remote-codecommit is held to: its test/git_url_test.py, version 1.17. */
const codeCommit: [host: string, password: string][] = [
  ['git-codecommit.us-west-2.amazonaws.com', '20171224T115320Zb6df2d758a8023b2f000a546417007b65494f3ce8ad0300fd45fcfa173f1959a'],
  ['land.called.honahlee', '20171224T115320Za14a37a53035bbceb6e1748247b143124fe7326cdffd3d418236a592ce6158a0'],
]
for (const [host, password] of codeCommit)
  test(`a CodeCommit repository at ${host} has the password that AWS' own helper makes, with and without a session`, () => {
    const at = { region: 'us-west-2', now: Date.UTC(2017, 11, 24, 11, 53, 20) }
    const url = new URL(`https://${host}/v1/repos/test_repo`)
    const keys = { accessKeyId: 'access', secretAccessKey: 'secret' }
    assert.equal(codeCommitPassword(url, keys, at), password)
    assert.equal(codeCommitPassword(url, { ...keys, sessionToken: 'token' }, at), password)
  })
