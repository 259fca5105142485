import { openAuth } from '../../src/world/auth/open.ts'
import { realClock } from '../../src/world/clock/real.ts'
import { createHttp } from '../../src/world/http/client.ts'
import type { Kms } from '../../src/world/kms/kms.ts'
import { openKms } from '../../src/world/kms/open.ts'

/** Key services of a process that has no keys, unless its environment or home has some. */
export function bareKms(env: Readonly<Record<string, string>> = {}, home = '/nowhere'): Kms {
  const learn = (): void => undefined
  const http = createHttp({})
  const auth = openAuth({ http, clock: realClock, env, home, cache: { maxSize: 0, maxDurationMs: 0 }, learn })
  return openKms({ http, clock: realClock, env, home, auth, learn })
}
