import type { AuthInfo } from '@modelcontextprotocol/server'
import type { Clock } from '../world/clock/clock.ts'
import { scopes } from './tokens.ts'

const lifeMs = 10 * 60_000
const most = 1000

/** Handles that a person approved, in memory until they expire. */
export class Approvals {
  readonly #clock: Pick<Clock, 'now'>
  readonly #until = new Map<string, number>()

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  isApproved(handle: string): boolean {
    return (this.#until.get(handle) ?? 0) > this.#clock.now()
  }

  /** Answers a POST of `{"handle": …}` by a token of scope `flux:approve`. */
  async serve(request: Request, auth: AuthInfo | undefined): Promise<Response> {
    if (!auth?.scopes.includes(scopes.approves))
      return Response.json({ error: `a token with scope ${scopes.approves} is needed` }, { status: 403 })
    const body = (await request.json().catch(() => undefined)) as { handle?: unknown } | undefined
    const handle = typeof body?.handle === 'string' && /^p1-\d+-[0-9a-f]{20}$/.test(body.handle) ? body.handle : undefined
    if (handle === undefined) return Response.json({ error: 'send {"handle": "p1-…"}' }, { status: 400 })
    for (const [old, until] of this.#until) if (until < this.#clock.now() || this.#until.size > most) this.#until.delete(old)
    this.#until.set(handle, this.#clock.now() + lifeMs)
    return Response.json({ approved: handle })
  }
}
