import { Agent, request } from 'undici'
import type { HttpAnswer, HttpRequest } from './http.ts'
import { httpErrorOf } from './error.ts'

/**
 * Where machines ask for their own credentials, and nothing else: EC2, Azure and Google at the first address, containers of ECS and EKS at the others.
 * Every other request refuses link-local addresses.
 */
export const metadataOrigins = ['http://169.254.169.254', 'http://169.254.170.2', 'http://169.254.170.23', 'http://[fd00:ec2::23]'] as const

/** A request for one of {@link metadataOrigins}, or one that the environment names; never through a proxy. Only signing in to clouds asks. */
export interface MetadataDoor {
  /** @throws {HttpError} UNREACHABLE, TIMEOUT; `TypeError` for another place. An abort rejects with `signal.reason`. */
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>
}

/** A machine that has no such service does not answer at all. */
const [connectMs, headersMs] = [1000, 5000]

export interface DoorOptions {
  /** Other origins that this machine's own environment names. */
  readonly also?: readonly string[] | undefined
  /** Leads an origin elsewhere, for tests. */
  readonly at?: ((origin: string) => string) | undefined
}

/** The door over a connection of its own for each request. */
export function metadataDoor({ also = [], at = origin => origin }: DoorOptions = {}): MetadataDoor {
  const known = new Set<string>([...metadataOrigins, ...also])
  return {
    async send(what, signal) {
      signal.throwIfAborted()
      const { origin } = new URL(what.url)
      if (!known.has(origin)) throw new TypeError(`${origin} is no metadata service`)
      const dispatcher = new Agent({ connect: { timeout: connectMs }, headersTimeout: headersMs, bodyTimeout: headersMs, pipelining: 0 })
      try {
        return await answered(at(origin), what, { dispatcher, signal })
      } catch (thrown) {
        await dispatcher.destroy()
        if (signal.aborted) throw signal.reason
        throw httpErrorOf(thrown, what.url)
      }
    },
  }
}

async function answered(
  origin: string,
  { url, method, headers = {} }: HttpRequest,
  { dispatcher, signal }: { dispatcher: Agent; signal: AbortSignal },
): Promise<HttpAnswer> {
  const { pathname, search, host } = new URL(url)
  const answer = await request(`${origin}${pathname}${search}`, {
    dispatcher,
    signal,
    method: method === 'PUT' ? 'PUT' : 'GET',
    headers: { ...headers, host },
  })
  const flat = Object.entries(answer.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')])
  const end = (): Promise<void> => dispatcher.destroy()
  return {
    status: answer.statusCode,
    headers: Object.fromEntries(flat) as Record<string, string>,
    body: {
      async *[Symbol.asyncIterator]() {
        try {
          for await (const chunk of answer.body) yield chunk as Uint8Array
        } finally {
          await end()
        }
      },
      cancel: end,
    },
  }
}
