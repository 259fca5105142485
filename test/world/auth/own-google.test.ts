import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { personKeys } from '../../support/clouds/aws.ts'
import { awsType, pool, workforce, workforceClient } from '../../support/clouds/google.ts'
import { nobody, theClouds } from './stage.ts'

const { clock, clouds } = theClouds()
const home = mkdtempSync(join(tmpdir(), 'fluxpilot-google-'))
after(() => rmSync(home, { recursive: true, force: true }))
let count = 0
const put = (text: string, mode = 0o600): string => {
  const file = join(home, String(++count), 'file')
  mkdirSync(dirname(file))
  writeFileSync(file, text)
  chmodSync(file, mode)
  return file
}
beforeEach(() => {
  clouds().asked.length = 0
  clouds().tools.machine.clear()
})

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const tokenFor = (audience: string): string =>
  `${part({})}.${part({ aud: [audience], exp: clock.now() / 1000 + 600, sub: 'system:serviceaccount:flux-system:source-controller' })}.c2ln`
const poolAudience = `//iam.googleapis.com/${pool}`
const external = (source: object, more: object = {}): object => ({
  type: 'external_account',
  audience: poolAudience,
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  token_url: 'https://sts.googleapis.com/v1/token',
  credential_source: source,
  ...more,
})
const subjectUrl = (query = ''): string => `${clouds().machine()}/subject-token?token=${encodeURIComponent(tokenFor(poolAudience))}${query}`
const headers = { 'X-Robot': 'header-of-a-robot' }
const email = 'flux-system-source-controller@project-id.iam.gserviceaccount.com'
const impersonation = `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${email}:generateAccessToken`
const answer = (more: object = {}): string =>
  JSON.stringify({
    version: 1,
    success: true,
    token_type: 'urn:ietf:params:oauth:token-type:jwt',
    id_token: tokenFor(poolAudience),
    expiration_time: clock.now() / 1000 + 60,
    ...more,
  })
const program = (text: string): string => put(`#!/bin/sh\n${text}\n`, 0o755)
const print = (text: string): string => program(`cat <<'EOT'\n${text}\nEOT`)
const allowed = { GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: '1', PATH: process.env.PATH ?? '' }
const { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY } = personKeys
const person = { type: 'authorized_user', client_id: 'c', client_secret: 'secret-of-gcloud', refresh_token: 'refresh-of-a-person' }
const imds = 'http://169.254.169.254/latest'

const exchange = 'POST sts.googleapis.com/v1/token'
const speaks = `POST iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${email}:generateAccessToken`
const here = (): string => `GET ${clouds().machine().replace('http://', '')}/subject-token`
interface Way {
  readonly file: () => object
  readonly env?: Record<string, string>
  readonly asked: () => string[]
}
const ways: [says: string, way: Way][] = [
  ['a subject’s token of a URL', { file: () => external({ url: subjectUrl(), headers }), asked: () => [here(), exchange] }],
  [
    'one in JSON, and an account that it may speak for',
    {
      file: () =>
        external(
          { url: subjectUrl('&json'), headers, format: { type: 'json', subject_token_field_name: 'access_token' } },
          { service_account_impersonation_url: impersonation, service_account_impersonation: { token_lifetime_seconds: 1200 } },
        ),
      asked: () => [here(), exchange, speaks],
    },
  ],
  [
    'what a program prints, told whom it is for',
    {
      file: () => {
        const wanted = `[ "$GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE" = "${poolAudience}" ] && [ "$GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL" = "${email}" ]`
        const command = `${program(`${wanted} && [ "$GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE" = 0 ] && [ "$1" = one ] && cat <<'EOT'\n${answer()}\nEOT`)} one`
        return external({ executable: { command, timeout_millis: 5000 } }, { service_account_impersonation_url: impersonation })
      },
      env: allowed,
      asked: () => [exchange, speaks],
    },
  ],
  [
    'what a program left in a file, without running it',
    { file: () => external({ executable: { command: '/nowhere/program', output_file: put(answer()) } }), asked: () => [exchange] },
  ],
  [
    'what it prints when that has expired',
    {
      file: () => external({ executable: { command: print(answer()), output_file: put(answer({ expiration_time: 1 })) } }),
      env: allowed,
      asked: () => [exchange],
    },
  ],
  [
    'keys of AWS in the environment',
    {
      file: () => external({ environment_id: 'aws1' }, { subject_token_type: awsType }),
      env: { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_DEFAULT_REGION: 'us-east-2' },
      asked: () => [exchange],
    },
  ],
  [
    'keys of AWS in the region of the machine',
    {
      file: () =>
        external(
          {
            environment_id: 'aws1',
            region_url: `${imds}/meta-data/placement/availability-zone`,
            url: `${imds}/meta-data/iam/security-credentials`,
            imdsv2_session_token_url: `${imds}/api/token`,
            regional_cred_verification_url: 'https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15',
          },
          { subject_token_type: awsType, service_account_impersonation_url: impersonation },
        ),
      env: { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY },
      asked: () => [
        'PUT 169.254.169.254/latest/api/token',
        'GET 169.254.169.254/latest/meta-data/placement/availability-zone',
        exchange,
        speaks,
      ],
    },
  ],
  [
    'a member of a workforce pool, for a project',
    {
      file: () =>
        external(
          { file: put(tokenFor(workforce.audience)) },
          { audience: workforce.audience, workforce_pool_user_project: workforce.project },
        ),
      asked: () => [exchange],
    },
  ],
  [
    'a member of a workforce pool, by a client',
    {
      file: () =>
        external(
          { file: put(tokenFor(workforce.audience)) },
          { audience: workforce.audience, workforce_pool_user_project: workforce.project, ...workforceClient },
        ),
      asked: () => [exchange],
    },
  ],
  [
    'what gcloud keeps of a member of a workforce pool',
    {
      file: () => ({
        type: 'external_account_authorized_user',
        audience: workforce.audience,
        token_url: 'https://sts.googleapis.com/v1/oauthtoken',
        refresh_token: 'refresh-of-a-member',
        ...workforceClient,
      }),
      asked: () => ['POST sts.googleapis.com/v1/oauthtoken'],
    },
  ],
  [
    'an account that a person may speak for',
    {
      file: () => ({
        type: 'impersonated_service_account',
        service_account_impersonation_url: impersonation,
        delegates: ['middle@project-id.iam.gserviceaccount.com'],
        source_credentials: person,
      }),
      asked: () => ['POST oauth2.googleapis.com/token', speaks],
    },
  ],
]
for (const [says, { file, env = {}, asked }] of ways)
  test(`Google: this process signs in by ${says}`, async () => {
    clouds().tools.machine.set('aws-role', { status: 200, body: 'node-role' })
    const named = { GOOGLE_APPLICATION_CREDENTIALS: put(JSON.stringify(file())), ...env }
    const login = await clouds().auth({ env: named }).registry('gcp', 'gcr.io/p/a', nobody)
    assert.ok(clouds().issued.has(login.password))
    assert.deepEqual(clouds().asked, asked())
  })

test('Google: keys of the machine sign for it', async () => {
  clouds().tools.machine.set('aws-role', { status: 200, body: 'node-role' })
  const source = {
    environment_id: 'aws1',
    url: `${imds}/meta-data/iam/security-credentials`,
    imdsv2_session_token_url: `${imds}/api/token`,
  }
  const env = {
    GOOGLE_APPLICATION_CREDENTIALS: put(JSON.stringify(external(source, { subject_token_type: awsType }))),
    AWS_REGION: 'us-east-1',
  }
  clouds().seen.length = 0
  await assert.rejects(clouds().auth({ env }).registry('gcp', 'gcr.io/p/a', nobody), { code: 'DENIED', message: /signature/ })
  const sent = decodeURIComponent(new URLSearchParams(clouds().seen.at(-1)?.body).get('subject_token') ?? '')
  const { headers: list } = JSON.parse(sent) as { headers: { key: string; value: string }[] }
  assert.deepEqual(
    list.map(({ key }) => key),
    ['Authorization', 'host', 'x-amz-date', 'x-amz-security-token', 'x-goog-cloud-target-resource'],
  )
  assert.ok(clouds().issued.has(list[3]?.value ?? ''))
})

const withProgram = (text: string, more: object = {}): (() => object) => {
  return () => external({ executable: { command: print(text), ...more } })
}
const wrong: [says: string, file: () => object, message: RegExp, env?: Record<string, string>][] = [
  ['a program that nobody allowed', withProgram(''), /set GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES to '1'\) to run$/, {}],
  ['a program that fails', () => external({ executable: { command: program('echo secret-1 >&2; exit 3') } }), /failed with exit code 3$/],
  ['a program that is not there', () => external({ executable: { command: '/nowhere/at-all' } }), /executable command failed: absent$/],
  ['no program', () => external({ executable: {} }), /missing `command` field/],
  ['a program that may take forever', withProgram('', { timeout_millis: 1_000_000 }), /must be between 5 and 120 seconds$/],
  ['an answer that is no JSON', withProgram('secret-1'), /unable to parse response$/],
  ['an answer without version', withProgram('{"success": true}'), /response missing `version` field$/],
  ['an answer of another version', () => withProgram(answer({ version: 2 }))(), /contains unsupported version: 2$/],
  ['an answer that is a refusal', withProgram('{"version":1,"success":false,"code":"401","message":"not you"}'), /\(401\) not you$/],
  ['a token that has expired', () => withProgram(answer({ expiration_time: 1 }))(), /the token returned by the executable is expired$/],
  ['a token of another kind', () => withProgram(answer({ token_type: 'x' }))(), /contains unsupported token type$/],
  [
    'a token without end that is kept',
    () => withProgram(answer({ expiration_time: undefined }), { output_file: '/nowhere/x' })(),
    /missing `expiration_time` field$/,
  ],
  [
    'a URL in plain HTTP elsewhere',
    () => external({ url: 'http://example.com/' }),
    /credential_source\.url must be an address of this machine, or use https$/,
  ],
  [
    'a URL that refuses',
    () => external({ url: subjectUrl(), headers: { 'x-robot': 'secret-of-somebody' } }),
    /status code 403: no token for redacted$/,
  ],
  [
    'a field that is not there',
    () => external({ url: subjectUrl('&json'), headers, format: { type: 'json', subject_token_field_name: 'other' } }),
    /provided subject_token_field_name not found in credentials$/,
  ],
  ['another format', () => external({ file: put('x'), format: { type: 'yaml' } }), /invalid credential_source file format type$/],
  ['another version of AWS', () => external({ environment_id: 'aws2' }), /aws version '2' is not supported/],
  [
    'AWS without region',
    () => external({ environment_id: 'aws1' }),
    /unable to determine AWS region$/,
    { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY },
  ],
  [
    'AWS without keys',
    () => external({ environment_id: 'aws1' }),
    /unable to determine the AWS metadata server security credentials endpoint$/,
  ],
  [
    'a certificate',
    () => external({ certificate: { use_default_certificate_config: true } }),
    /by a certificate .* cannot be used: neither does Flux 2\.6$/,
  ],
  ['nothing', () => external({}), /unable to parse credential source$/],
  [
    'a project for a workload',
    () => external({ file: 'x' }, { workforce_pool_user_project: '1' }),
    /should not be set for non-workforce pool credentials$/,
  ],
  [
    'an impersonation of nobody',
    () => ({ type: 'impersonated_service_account' }),
    /missing 'source_credentials' field or 'service_account_impersonation_url'/,
  ],
  ['accounts without end', endless, /more than 5 accounts speak for each other$/],
]
function endless(): object {
  let file: object = person
  for (let i = 0; i < 7; i++)
    file = { type: 'impersonated_service_account', service_account_impersonation_url: impersonation, source_credentials: file }
  return file
}
for (const [says, file, message, env = allowed] of wrong)
  test(`Google: ${says}: that is told, without a secret`, async () => {
    const named = { GOOGLE_APPLICATION_CREDENTIALS: put(JSON.stringify(file())), ...env }
    await assert.rejects(clouds().auth({ env: named }).registry('gcp', 'gcr.io/p/a', nobody), (thrown: Error & { code: string }) => {
      assert.match(thrown.message, message)
      assert.match(thrown.code, /^(?:NO_IDENTITY|BAD_ANSWER|DENIED)$/)
      return !thrown.message.includes('secret-')
    })
  })
