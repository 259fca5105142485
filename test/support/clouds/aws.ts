import { signedHeaders } from '../../../src/lib/aws-signature.ts'
import { unsealed } from './keys.ts'
import { basicOf, challenge, formOf, json, passes, type Play, type Played, type Seen, type Tools } from './play.ts'

interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly role: string
  readonly expiresAt: number
}

/** Keys of a person, for the environment. */
export const personKeys = { accessKeyId: 'AKIAPERSONPERSON0001', secretAccessKey: 'secret-of-a-person-0001' }

/** STS, ECR and its registries. Roles are `arn:aws:iam::…:role/<namespace>.<account>`, and trust that account alone. */
export function playAws(): Play {
  const keys = new Map<string, Keys>([[personKeys.accessKeyId, { ...personKeys, role: 'person', expiresAt: Number.POSITIVE_INFINITY }]])
  const passwords = new Map<string, number>()
  return (seen, tools) => {
    const { host } = seen
    if (host === '169.254.169.254' && seen.url.pathname.startsWith('/latest/')) return machine(seen, { tools, keys })
    if (host.startsWith('169.254.170.') || host === '[fd00:ec2::23]') return container(seen, { tools, keys })
    if (/^(?:[\w-]+\.)?sts\./.test(host) && host.includes('amazonaws')) return sts(seen, { tools, keys })
    if (host.startsWith('kms.')) return kms(seen, { tools, keys })
    if (host.startsWith('api.ecr')) return ecr(seen, { tools, keys, passwords })
    if (!host.includes('.dkr.ecr') && host !== 'public.ecr.aws') return undefined
    const [user, password = ''] = basicOf(seen)?.split(':') ?? []
    const good = user === 'AWS' && (passwords.get(`${host} ${password}`) ?? passwords.get(`${host.split('.')[3] ?? ''} ${password}`) ?? 0)
    return good && good > tools.clock.now() ? passes : challenge(`Basic realm="https://${host}/",service="ecr.amazonaws.com"`)
  }
}

interface State {
  readonly tools: Tools
  readonly keys: Map<string, Keys>
}

function issue({ tools, keys }: State, role: string): Keys {
  const made = {
    accessKeyId: `ASIA${String(keys.size).padStart(16, '0')}`,
    secretAccessKey: tools.fresh('aws-secret-key'),
    sessionToken: tools.fresh('aws-session-token'),
    role,
    expiresAt: tools.clock.now() + tools.lifeMs,
  }
  keys.set(made.accessKeyId, made)
  return made
}

function failure(code: string, message: string, status = 403): Played {
  const body = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`
  return { status, headers: { 'content-type': 'text/xml' }, body }
}

/** A role that whoever signs with known keys may take on, if its name says so; `outside` wants an external id. */
function assumed(seen: Seen, form: URLSearchParams, state: State): Played {
  const { keys, tools } = state
  const known = keys.get(/Credential=(\w+)\//.exec(seen.headers.authorization ?? '')?.[1] ?? '')
  if (!known) return failure('InvalidClientTokenId', 'The security token included in the request is invalid')
  const { 'content-type': type = '', accept = '', 'user-agent': agent = '' } = seen.headers
  const headers = { 'content-type': type, accept, 'user-agent': agent }
  const scope = { region: seen.host.split('.')[1] ?? '', service: 'sts', now: tools.clock.now() }
  const right = signedHeaders({ method: 'POST', url: seen.url, headers, body: seen.body }, known, scope)
  if (right.authorization !== seen.headers.authorization) return failure('SignatureDoesNotMatch', 'The request signature does not match')
  const [role, externalId, seconds] = ['RoleArn', 'ExternalId', 'DurationSeconds'].map(name => form.get(name))
  const isRight =
    (role === decryptingRole && form.get('RoleSessionName') === 'sops') ||
    role === 'arn:aws:iam::1:role/inner' ||
    (role === 'arn:aws:iam::1:role/outside' && externalId === 'id-1' && seconds === '3600')
  return isRight ? issued('AssumeRole', issue(state, role ?? '')) : failure('AccessDenied', 'Not authorized to perform sts:AssumeRole')
}

function issued(action: string, { accessKeyId, secretAccessKey, sessionToken, expiresAt }: Keys): Played {
  const end = new Date(expiresAt).toISOString()
  return {
    status: 200,
    headers: { 'content-type': 'text/xml' },
    body: `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Credentials><AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey><SessionToken>${sessionToken ?? ''}</SessionToken><Expiration>${end}</Expiration></Credentials></${action}Result></${action}Response>`,
  }
}

function sts(seen: Seen, state: State): Played {
  const form = formOf(seen)
  if (form?.get('Action') === 'AssumeRole') return assumed(seen, form, state)
  if (seen.method !== 'POST' || form?.get('Action') !== 'AssumeRoleWithWebIdentity' || form.get('Version') !== '2011-06-15')
    return failure('InvalidAction', 'Could not find operation', 400)
  if (seen.headers.authorization) return failure('InvalidClientTokenId', 'it must not be signed')
  if (!/^[\w+=,.@-]{2,64}$/.test(form.get('RoleSessionName') ?? ''))
    return failure('ValidationError', 'roleSessionName failed to satisfy constraint', 400)
  const claims = state.tools.account(form.get('WebIdentityToken') ?? '', 'sts.amazonaws.com')
  if (!claims) return failure('InvalidIdentityToken', `No OpenIDConnect provider found, token ${form.get('WebIdentityToken') ?? ''}`, 400)
  const role = form.get('RoleArn') ?? ''
  const trusted = /^arn:aws:iam::\d+:role\/([\w-]+)\.([\w-]+)$/.exec(role)
  if (!trusted || claims.sub !== `system:serviceaccount:${trusted[1]}:${trusted[2]}`)
    return failure('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity')
  return issued('AssumeRoleWithWebIdentity', issue(state, role))
}

export const decryptingRole = 'arn:aws:iam::123456789012:role/decrypting'

/** Who signed a request, if it was signed well. */
function signer(
  seen: Seen,
  { tools, keys }: State,
  { region, service, type, target }: Record<'region' | 'service' | 'type', string> & { target?: string },
): Keys | undefined {
  const known = keys.get(/Credential=(\w+)\//.exec(seen.headers.authorization ?? '')?.[1] ?? '')
  const headers = { 'content-type': type, ...(target ? { 'x-amz-target': target } : {}) }
  const date = String(seen.headers['x-amz-date'] ?? '').replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z')
  const scope = { region, service, now: Date.parse(date) }
  const right = known && signedHeaders({ method: 'POST', url: seen.url, headers, body: seen.body }, known, scope)
  const good = right?.authorization === seen.headers.authorization && Math.abs(scope.now - tools.clock.now()) < 300_000
  return good && known && known.sessionToken === seen.headers['x-amz-security-token'] ? known : undefined
}

function kms(seen: Seen, state: State): Played {
  const refuse = (type: string, message: string): Played => json({ __type: type, message }, 400)
  const target = 'TrentService.Decrypt'
  const by = signer(seen, state, { region: seen.host.split('.')[1] ?? '', service: 'kms', type: 'application/x-amz-json-1.1', target })
  if (!by) return refuse('UnrecognizedClientException', 'The security token included in the request is invalid.')
  const { KeyId, CiphertextBlob, EncryptionContext } = JSON.parse(seen.body) as Record<string, string>
  const wanted = unsealed(Buffer.from(CiphertextBlob ?? '', 'base64'))
  if (wanted?.name !== KeyId || JSON.stringify(wanted?.context) !== JSON.stringify(EncryptionContext))
    return refuse('InvalidCiphertextException', `not for ${by.secretAccessKey}`)
  return json({ KeyId, Plaintext: wanted?.plaintext, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' })
}

function ecr(seen: Seen, { tools, keys, passwords }: State & { passwords: Map<string, number> }): Played {
  const isPublic = seen.host.startsWith('api.ecr-public.')
  const region = seen.host.split('.')[2] ?? ''
  const refuse = (type: string, message: string): Played => json({ __type: `com.amazon.coral.service#${type}`, message }, 400)
  const target = isPublic ? 'SpencerFrontendService.GetAuthorizationToken' : 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken'
  if (seen.headers['x-amz-target'] !== target || seen.headers['content-type'] !== 'application/x-amz-json-1.1' || seen.body !== '{}')
    return refuse('UnknownOperationException', 'no such operation')
  const id = /Credential=(\w+)\//.exec(seen.headers.authorization ?? '')?.[1] ?? ''
  const known = keys.get(id)
  if (!known || known.expiresAt <= tools.clock.now())
    return refuse('ExpiredTokenException', 'The security token included in the request is expired')
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target }
  const date = String(seen.headers['x-amz-date'] ?? '').replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z')
  const scope = { region, service: isPublic ? 'ecr-public' : 'ecr', now: Date.parse(date) }
  const right = signedHeaders({ method: 'POST', url: seen.url, headers, body: seen.body }, known, scope)
  if (right.authorization !== seen.headers.authorization || Math.abs(scope.now - tools.clock.now()) > 300_000)
    return refuse('InvalidSignatureException', 'The request signature we calculated does not match the signature you provided')
  if (known.sessionToken !== undefined && seen.headers['x-amz-security-token'] !== known.sessionToken)
    return refuse('UnrecognizedClientException', 'The security token included in the request is invalid')
  const password = tools.fresh('ecr-password')
  const expiresAt = tools.clock.now() + tools.lifeMs
  passwords.set(`${isPublic ? 'public.ecr.aws' : region} ${password}`, expiresAt)
  const data = { authorizationToken: Buffer.from(`AWS:${password}`).toString('base64'), expiresAt: expiresAt / 1000 }
  return json({ authorizationData: isPublic ? data : [data] })
}

function document(made: Keys): Played {
  const { accessKeyId, secretAccessKey, sessionToken, expiresAt } = made
  const Expiration = new Date(expiresAt).toISOString().replace('.000Z', 'Z')
  return json({ Code: 'Success', AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken, Expiration })
}

/** IMDSv2: nothing without a session. */
function machine(seen: Seen, state: State): Played {
  const role = state.tools.machine.get('aws-role')?.body
  if (role === undefined) return { status: 404, body: '' }
  const { method, url, headers } = seen
  if (method === 'PUT' && url.pathname === '/latest/api/token')
    return headers['x-aws-ec2-metadata-token-ttl-seconds'] ? { status: 200, body: 'imds-session-of-a-test' } : { status: 400, body: '' }
  if (headers['x-aws-ec2-metadata-token'] !== 'imds-session-of-a-test') return { status: 401, body: '' }
  const folder = '/latest/meta-data/iam/security-credentials/'
  if (url.pathname === '/latest/meta-data/placement/availability-zone') return { status: 200, body: 'eu-west-1b' }
  if (url.pathname === folder || `${url.pathname}/` === folder) return { status: 200, body: String(role) }
  return url.pathname === `${folder}${String(role)}` ? document(issue(state, 'machine')) : { status: 404, body: '' }
}

function container({ headers, url, host }: Seen, state: State): Played {
  const wanted = host === '169.254.170.2' ? undefined : 'token-of-the-container'
  if (headers.authorization !== wanted) return { status: 401, body: '' }
  return url.pathname === '/v1/credentials' ? document(issue(state, 'container')) : { status: 404, body: '' }
}
