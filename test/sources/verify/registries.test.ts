import assert from 'node:assert/strict'
import { test } from 'node:test'
import { verifierOf } from '../../../src/sources/verify/verify-reconciler.ts'
import { realClock } from '../../../src/world/clock/real.ts'
import { type RunningRegistry, startDockerRegistry, startGcRegistry } from '../../refs/registries.ts'
import { withPrograms } from '../../refs/when.ts'
import { openAdapter } from '../../support/registries.ts'
import { noHttp } from '../../support/no-http.ts'
import { pushVector, signedVector } from '../../support/signed.ts'
import { unending } from '../../support/unending.ts'
import { policy } from './notation-suite.ts'

const servers: readonly [program: string, start: () => Promise<RunningRegistry>][] = [
  ['docker-registry', startDockerRegistry],
  ['gcregistry', startGcRegistry],
]
for (const [program, start] of servers) {
  const name = `signatures are found in ${program}`
  withPrograms([program], { name, tests: 1 }, () =>
    test(name, async () => {
      const server = await start()
      const { registry, close } = await openAdapter('builtin')
      try {
        for (const [provider, of] of [
          ['cosign', 'cosign-several'],
          ['notation', 'notation-cose-ecdsa-p256'],
        ] as const) {
          const vector = signedVector(of)
          const place = { registry: server.address, repository: of }
          const digest = await pushVector(registry, place, vector)
          const files = Object.entries({ ...vector.secret, 'trustpolicy.json': policy() })
          const data = Object.fromEntries(files.map(([key, text]) => [key, Buffer.from(text).toString('base64')]))
          const cluster = { get: async () => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys' }, data }) } as never
          const verify = verifierOf(
            { provider, secretRef: { name: 'keys' } },
            { hands: { clock: realClock, cluster, http: noHttp }, registry, namespace: 'x', timeoutMs: 9000, signal: unending },
          )
          assert.equal(await verify({ target: { ...place, digest }, printed: of }), 'verified', provider)
        }
      } finally {
        await close()
        await server.stop()
      }
    }),
  )
}
