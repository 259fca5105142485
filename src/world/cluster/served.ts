import type { Clock } from '../clock/clock.ts'
import type { ApiResource, Discovery } from './cluster.ts'
import { discover } from './discovery.ts'
import { Shared } from './shared.ts'
import type { Transport } from './transport.ts'

/** How long discovery is believed; a kind that was not found is looked for again sooner. */
const [refreshAfterMs, retryAfterMs] = [30_000, 500]

/** What one API server serves, as it was last asked. */
export class Served {
  readonly #clock: Clock
  readonly #discovering: Shared<Discovery>
  #last: { at: number; found: Discovery } | undefined

  constructor(transport: Transport, clock: Clock) {
    this.#clock = clock
    this.#discovering = new Shared(async signal => {
      const at = clock.elapsed()
      const found = await discover(transport, signal)
      this.#last = { at, found }
      return found
    })
  }

  /** @param refresh Whether something was missed in what is known. */
  async known(refresh: boolean, signal: AbortSignal): Promise<Discovery> {
    const last = this.#last
    if (last && this.#clock.elapsed() - last.at < (refresh ? retryAfterMs : refreshAfterMs)) return last.found
    return this.#discovering.get(signal)
  }

  /** The resource of a kind; the preferred version when none is named. `undefined` when it is not served. */
  async find(
    { group, version, kind }: { group: string; version?: string | undefined; kind: string },
    signal: AbortSignal,
  ): Promise<ApiResource | undefined> {
    const find = ({ resources }: Discovery): ApiResource | undefined =>
      resources.find(r => r.group === group && r.kind === kind && (!version || r.version === version))
    return find(await this.known(false, signal)) ?? find(await this.known(true, signal))
  }

  /** Something was written that changes what is served. */
  forget(): void {
    this.#last = undefined
  }
}
