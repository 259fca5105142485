import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { personKeys } from '../../support/clouds/aws.ts'
import { nobody, theClouds } from './stage.ts'

const { clock, clouds } = theClouds()
const home = mkdtempSync(join(tmpdir(), 'fluxpilot-aws-'))
after(() => rmSync(home, { recursive: true, force: true }))
let count = 0
const put = (text: string): string => {
  const file = join(home, String(++count), 'file')
  mkdirSync(dirname(file))
  writeFileSync(file, text)
  chmodSync(file, 0o755)
  return file
}
beforeEach(() => {
  clouds().asked.length = 0
  clouds().tools.machine.clear()
})

const ecr = '123456789012.dkr.ecr.us-east-1.amazonaws.com/app'
const { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY } = personKeys
const keys = `aws_access_key_id = ${AWS_ACCESS_KEY_ID}\naws_secret_access_key = ${AWS_SECRET_ACCESS_KEY}\n`
const inner = 'role_arn = arn:aws:iam::1:role/inner\n'
const outside = 'role_arn = arn:aws:iam::1:role/outside\nexternal_id = id-1\nduration_seconds = 3600\n'
const printed = (more: object): string =>
  put(
    `#!/bin/sh\ncat <<'EOT'\n${JSON.stringify({ Version: 1, AccessKeyId: AWS_ACCESS_KEY_ID, SecretAccessKey: AWS_SECRET_ACCESS_KEY, ...more })}\nEOT\n`,
  )
const signedIn = (config: string, env: Record<string, string> = {}) =>
  clouds()
    .auth({ env: { AWS_PROFILE: 'work', AWS_CONFIG_FILE: put(config), PATH: process.env.PATH ?? '', ...env }, home })
    .registry('aws', ecr, nobody)

const sts = 'POST sts.us-east-1.amazonaws.com/'
const ways: [says: string, config: () => string, asked: string[], env?: Record<string, string>][] = [
  ['a role by the keys of another profile', () => `[profile work]\n${inner}source_profile = base\n[profile base]\n${keys}`, [sts]],
  [
    'a role by a role, with what the other side asks for',
    () => `[profile work]\n${outside}source_profile = middle\n[profile middle]\n${inner}source_profile = default\n[default]\n${keys}`,
    [sts, sts],
  ],
  ['a role by its own keys', () => `[profile work]\n${inner}source_profile = work\n${keys}`, [sts]],
  [
    'a role by a program',
    () => `[profile work]\n${inner}source_profile = base\n[profile base]\ncredential_process = ${printed({})}\n`,
    [sts],
  ],
  [
    'a role by the machine',
    () => `[profile work]\n${inner}credential_source = Ec2InstanceMetadata\n`,
    [
      'PUT 169.254.169.254/latest/api/token',
      'GET 169.254.169.254/latest/meta-data/iam/security-credentials/',
      'GET 169.254.169.254/latest/meta-data/iam/security-credentials/node-role',
      sts,
    ],
  ],
  [
    'a role by the container',
    () => `[profile work]\n${inner}credential_source = EcsContainer\n`,
    ['GET 169.254.170.2/v1/credentials', sts],
    { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v1/credentials' },
  ],
  ['a program, whose command has arguments', () => `[profile work]\ncredential_process = ${printed({})} --some "argument"\n`, []],
  [
    'a program, whose keys say when they end',
    () =>
      `[profile work]\n${inner}source_profile = base\n[profile base]\ncredential_process = ${printed({ Expiration: new Date(clock.now() + 60_000).toISOString() })}\n`,
    [sts],
  ],
]
for (const [says, config, asked, env] of ways)
  test(`AWS: this process signs in by ${says}`, async () => {
    clouds().tools.machine.set('aws-role', { status: 200, body: 'node-role' })
    const login = await signedIn(config(), env)
    assert.ok(clouds().issued.has(login.password))
    assert.deepEqual(clouds().asked, [...asked, 'POST api.ecr.us-east-1.amazonaws.com/'])
  })

const wrong: [says: string, config: () => string, code: string, message: RegExp][] = [
  [
    'a role that is refused',
    () => `[profile work]\nrole_arn = arn:aws:iam::1:role/other\nsource_profile = work\n${keys}`,
    'DENIED',
    /operation error STS: AssumeRole, .*AccessDenied/,
  ],
  [
    'profiles that lead to each other',
    () => `[profile work]\n${inner}source_profile = b\n[profile b]\n${inner}source_profile = work\n`,
    'NO_IDENTITY',
    /the source_profile of the AWS profile 'b' leads back to 'work'$/,
  ],
  [
    'a source that is not there',
    () => `[profile work]\n${inner}source_profile = absent\n`,
    'NO_IDENTITY',
    /failed to get shared config profile, absent$/,
  ],
  [
    'a source that is none',
    () => `[profile work]\n${inner}credential_source = Person\n`,
    'NO_IDENTITY',
    /credential_source values must be EcsContainer, Ec2InstanceMetadata, or Environment$/,
  ],
  [
    'an environment without keys',
    () => `[profile work]\n${inner}credential_source = Environment\n`,
    'NO_IDENTITY',
    /credential_source is Environment, which has no keys$/,
  ],
  [
    'a role that asks for a code',
    () => `[profile work]\n${inner}mfa_serial = m\nsource_profile = work\n${keys}`,
    'NO_IDENTITY',
    /signs in by mfa_serial, which needs AWS' own tool/,
  ],
  [
    'a program that fails',
    () => `[profile work]\ncredential_process = echo secret-1 && exit 7\n`,
    'NO_IDENTITY',
    /credential_process of the AWS profile 'work' ended with code 7$/,
  ],
  [
    'a program that prints anything',
    () => `[profile work]\ncredential_process = echo secret-1\n`,
    'NO_IDENTITY',
    /printed no JSON object$/,
  ],
  [
    'a program of another version',
    () => `[profile work]\ncredential_process = ${printed({ Version: 2 })}\n`,
    'NO_IDENTITY',
    /has a version other than 1$/,
  ],
  [
    'a program without keys',
    () => `[profile work]\ncredential_process = ${printed({ SecretAccessKey: undefined })}\n`,
    'BAD_ANSWER',
    /the answer of credential_process has no usable SecretAccessKey$/,
  ],
]
for (const [says, config, code, message] of wrong)
  test(`AWS: ${says}: that is told, without a secret`, () =>
    assert.rejects(signedIn(config()), (thrown: Error & { code: string }) => {
      assert.match(thrown.message, message)
      assert.equal(thrown.code, code)
      return !thrown.message.includes('secret-')
    }))
