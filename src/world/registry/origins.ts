import { Joint } from '../../lib/joint.ts'
import { isLoopback } from '../../lib/loopback.ts'
import { HttpError } from '../http/error.ts'
import type { Http } from '../http/http.ts'
import { isPrivate } from './address.ts'

export const userAgent = 'flux/v2 fluxpilot'

type Found = 'speaks' | 'silent' | 'untrusted'

/** Which scheme each registry speaks, asked once. Spec: sources 3.7. */
export class Origins {
  readonly #http: Http
  readonly #insecure: boolean
  readonly #known = new Map<string, URL>()
  readonly #probes = new Joint<Found>()

  constructor({ http, insecure }: { readonly http: Http; readonly insecure: boolean }) {
    this.#http = http
    this.#insecure = insecure
  }

  /** HTTPS, unless plain HTTP is allowed and all that answers; when nothing does, the one whose failure says more. */
  async of(registry: string, signal: AbortSignal): Promise<URL> {
    const known = this.#known.get(registry)
    if (known) return known
    const [secure, plain] = [new URL(`https://${registry}`), new URL(`http://${registry}`)]
    const atHome = isLoopback(plain.hostname)
    if (!this.#insecure && !atHome && !isPrivate(plain.hostname)) return secure
    const found = new Map<URL, Found>()
    for (const origin of atHome ? [plain, secure] : [secure, plain]) {
      found.set(origin, await this.#probes.run(origin.href, own => this.#probe(origin, own), signal))
      if (found.get(origin) !== 'speaks') continue
      this.#known.set(registry, origin)
      return origin
    }
    return atHome && found.get(secure) !== 'untrusted' ? plain : secure
  }

  async #probe(origin: URL, signal: AbortSignal): Promise<Found> {
    try {
      const request = { method: 'GET', url: `${origin.origin}/v2/`, headers: { 'user-agent': userAgent } }
      const { status, body } = await this.#http.send(request, signal)
      await body.cancel()
      return status === 400 || (status >= 300 && status < 400) ? 'silent' : 'speaks'
    } catch (thrown) {
      signal.throwIfAborted()
      if (thrown instanceof HttpError) return thrown.code === 'TLS' ? 'untrusted' : 'silent'
      throw thrown
    }
  }
}
