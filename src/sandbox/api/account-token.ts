import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { isObject, type JsonObject, listAt, objectAt, stringAt } from '../../lib/json.ts'
import type { KubeObject } from '../../kinds/manifest.ts'
import { decodeBody } from './body.ts'
import type { Answer, Api, Asked } from './handlers.ts'
import { type Cause, invalidValue, problems } from './problem.ts'
import { bodyOf, contextOf } from './requests.ts'
import type { Resource } from './schema/resource.ts'
import { existing } from './schema/render.ts'

/** Who signed the tokens of a sandbox: a name that no cloud can look up. */
export const sandboxIssuer = 'https://sandbox.fluxpilot.invalid'

/** The kind that the subresource takes and answers with. */
const tokenResource: Resource = {
  group: 'authentication.k8s.io',
  version: 'v1',
  storageVersion: 'v1',
  kind: 'TokenRequest',
  plural: 'tokenrequests',
  singular: 'tokenrequest',
  shortNames: [],
  categories: [],
  namespaced: true,
  verbs: [],
  subresources: [],
}

const [usual, least, most] = [3600, 600, 2 ** 32]

/** A token of a service account, with the claims of a real one, signed with a key of this process. @throws {ApiProblem} */
export function accountToken(api: Api, asked: Asked): Answer {
  const { path, request } = asked
  if (request.method !== 'POST') throw problems.method()
  const name = path.name ?? ''
  const account = existing(api, { resource: asked.resource, namespace: path.namespace, name })
  const { object, warnings } = decodeBody(tokenResource, bodyOf(asked), contextOf(api, asked, { kind: 'CreateOptions' }))
  const spec = objectAt(object, 'spec')
  const seconds = typeof spec.expirationSeconds === 'number' ? spec.expirationSeconds : usual
  const causes = problemsOf(seconds)
  if (causes.length > 0) throw problems.invalid(tokenResource, '', causes)
  if (isObject(spec.boundObjectRef)) throw problems.badRequest('the sandbox binds tokens to nothing but their service account')
  const given = listAt(spec, 'audiences').map(String)
  const audiences = given.length > 0 ? given : [sandboxIssuer]
  const issuedAt = Math.floor(api.clock.now() / 1000)
  const token = signed(claimsOf(account, { audiences, issuedAt, seconds, id: api.clock.id(16) }))
  const expirationTimestamp = new Date((issuedAt + seconds) * 1000).toISOString().replace('.000Z', 'Z')
  return {
    status: 201,
    warnings: [...warnings, 'the sandbox signs tokens with a test key: nobody else trusts them'],
    body: {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name, namespace: path.namespace ?? '', creationTimestamp: new Date(issuedAt * 1000).toISOString().replace('.000Z', 'Z') },
      spec: { audiences, expirationSeconds: seconds, boundObjectRef: null },
      status: { token, expirationTimestamp },
    },
  }
}

function problemsOf(seconds: number): Cause[] {
  const field = 'spec.expirationSeconds'
  if (seconds < least) return [invalidValue(field, seconds, 'may not specify a duration less than 10 minutes')]
  return seconds > most ? [invalidValue(field, seconds, 'may not specify a duration larger than 2^32 seconds')] : []
}

function claimsOf(
  { metadata }: KubeObject,
  { audiences, issuedAt, seconds, id }: { audiences: string[]; issuedAt: number; seconds: number; id: string },
): JsonObject {
  const { namespace = '', name } = metadata
  return {
    aud: audiences,
    exp: issuedAt + seconds,
    iat: issuedAt,
    iss: sandboxIssuer,
    jti: id,
    'kubernetes.io': { namespace, serviceaccount: { name, uid: stringAt(metadata, 'uid') ?? '' } },
    nbf: issuedAt,
    sub: `system:serviceaccount:${namespace}:${name}`,
  }
}

let key: KeyObject | undefined

function signed(claims: JsonObject): string {
  key ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const part = (value: JsonObject): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part({ alg: 'RS256', kid: 'fluxpilot-sandbox-test-key', typ: 'JWT' })}.${part(claims)}`
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`
}
