import { messageOf } from '../../lib/coded-error.ts'
import { type AwsKeys, signedHeaders } from '../../lib/aws-signature.ts'
import { parseXml, type XmlElement } from '../../lib/xml.ts'
import { hostOf } from '../auth/aws-api.ts'
import { readText } from '../http/read.ts'
import { wordsOf } from './ask.ts'
import { KmsError } from './error.ts'
import type { Line } from './line.ts'

const mostBytes = 256 * 1024

/** Keys of a role. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html @throws {KmsError} REFUSED, BAD_ANSWER */
export async function assumedRole(role: string, keys: AwsKeys, { region, line }: { region: string; line: Line }): Promise<AwsKeys> {
  const url = new URL(`https://${hostOf('sts', region)}/`)
  const body = new URLSearchParams({ Action: 'AssumeRole', Version: '2011-06-15', RoleArn: role, RoleSessionName: 'sops' }).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const signed = signedHeaders({ method: 'POST', url, headers, body }, keys, { region, service: 'sts', now: line.clock.now() })
  const answer = await line.http.send({ method: 'POST', url: url.href, headers: signed, body }, line.signal)
  const document = documentOf(await readText(answer, { limit: mostBytes, host: url.host }))
  if (answer.status !== 200) {
    const error = child(document, 'Error')
    const said = error ? `${child(error, 'Code')?.text ?? ''}: ${child(error, 'Message')?.text ?? ''}` : `status ${answer.status}`
    throw new KmsError('REFUSED', `failed to assume role '${role}': ${wordsOf(said, [keys.secretAccessKey, keys.sessionToken ?? ''])}`)
  }
  const found = child(child(document, 'AssumeRoleResult'), 'Credentials')
  const field = (name: string): string => child(found, name)?.text.trim() ?? ''
  const [accessKeyId, secretAccessKey, sessionToken] = [field('AccessKeyId'), field('SecretAccessKey'), field('SessionToken')]
  if (accessKeyId && secretAccessKey && sessionToken) return { accessKeyId, secretAccessKey, sessionToken }
  throw new KmsError('BAD_ANSWER', `failed to assume role '${role}': credentials are nil`)
}

function documentOf(text: string): XmlElement | undefined {
  try {
    return parseXml(text)
  } catch (cause) {
    throw new KmsError('BAD_ANSWER', `the token service answered no XML: ${messageOf(cause)}`, { cause })
  }
}

function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find(c => c.name === name)
}
