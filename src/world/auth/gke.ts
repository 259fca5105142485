import { messageOf } from '../../lib/coded-error.ts'
import { AuthError } from './error.ts'
import { ask, type Line } from './line.ts'

/** Google's metadata service, at the address that its name stands for. */
export const googleMetadata = 'http://169.254.169.254/computeMetadata/v1'
export const metadataFlavor = { 'metadata-flavor': 'Google' }

/** What tokens of a cluster of Google's are for. */
export interface GkeNames {
  /** The audience of the cluster's tokens. */
  readonly pool: string
  /** The audience of the exchange. */
  readonly audience: string
}

/** The names of the cluster that this process runs in: read once, as they never change. Spec: sources 9.4. */
export class GkeMetadata {
  #known: GkeNames | undefined

  /** @throws {AuthError} NO_IDENTITY with Flux's text. */
  async read(line: Line): Promise<GkeNames> {
    if (this.#known) return this.#known
    const project = await value('project/project-id', 'project ID', line)
    const location = await value('instance/attributes/cluster-location', 'location', line)
    const name = await value('instance/attributes/cluster-name', 'name', line)
    const pool = `${project}.svc.id.goog`
    const cluster = `https://container.googleapis.com/v1/projects/${project}/locations/${location}/clusters/${name}`
    this.#known = { pool, audience: `identitynamespace:${pool}:${cluster}` }
    return this.#known
  }
}

async function value(path: string, what: string, line: Line): Promise<string> {
  const failed = (why: string, cause?: unknown): AuthError =>
    new AuthError('NO_IDENTITY', `failed to get GKE cluster ${what} from the metadata service: ${why}`, { cause })
  const reply = await ask(line, { method: 'GET', url: `${googleMetadata}/${path}`, headers: metadataFlavor }, 'door').catch(
    (thrown: unknown) => {
      line.signal.throwIfAborted()
      throw failed(messageOf(thrown), thrown)
    },
  )
  if (reply.status !== 200) throw failed(`status ${reply.status}`)
  const text = reply.text.trim()
  if (text === '') throw failed('empty value')
  if (!/^[a-z0-9:._-]{1,200}$/i.test(text)) throw failed('it is no name')
  return text
}
