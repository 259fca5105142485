import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { listenRegistry, type SandboxRegistry } from '../../../src/sandbox/registry.ts'
import type { Access, Registry } from '../../../src/world/registry/registry.ts'
import { withPrograms } from '../../refs/when.ts'
import { certificateAuthority } from '../../support/certificates.ts'
import { type Front, proxyFront, tlsFront } from '../../support/fronts.ts'
import { type Adapter, openAdapter } from '../../support/registries.ts'
import { coded, pushArtifact, signal } from './contract.ts'

const authority = certificateAuthority('authority of the registry')
const stranger = certificateAuthority('another authority')
const server = authority.issue('registry', ['127.0.0.1', 'localhost', 'registry.test'])
const client = authority.issue('client')
const anonymous = { credentials: { type: 'anonymous' } } as const

let sandbox: SandboxRegistry
let tls: Front
let mutual: Front
before(async () => {
  sandbox = await listenRegistry({ port: 0 })
  tls = await tlsFront(sandbox.address, server)
  mutual = await tlsFront(sandbox.address, server, authority.cert)
})
after(async () => {
  await Promise.all([tls.close(), mutual.close()])
  await sandbox.close()
})

let count = 0
const at = (registry: string): { registry: string; repository: string; tag: string } => ({
  registry,
  repository: `reach/r${++count}`,
  tag: 'v1',
})

async function using(
  adapter: Adapter,
  { access, env = {} }: { access: Partial<Access>; env?: Record<string, string> },
  use: (registry: Registry) => Promise<void>,
): Promise<void> {
  const { registry, close } = await openAdapter(adapter, { access: { ...anonymous, ...access }, env })
  try {
    await use(registry)
  } finally {
    await close()
  }
}

for (const adapter of ['builtin', 'oras'] as const)
  withPrograms(adapter === 'oras' ? ['oras'] : [], { name: `${adapter}: certificates and proxies`, tests: 10 }, () =>
    describe(`${adapter}: certificates and proxies`, () => {
      certificateTests(adapter)
      proxyTests(adapter)
    }),
  )

function certificateTests(adapter: Adapter): void {
  test('an authority of one’s own is trusted, beside the usual ones', () =>
    using(adapter, { access: { tls: { ca: authority.cert } } }, async registry => {
      const ref = at(tls.address)
      assert.deepEqual(
        await registry.resolve(ref, signal).then(async () => pushArtifact(registry, ref)),
        await registry.resolve(ref, signal),
      )
    }))
  test('without it, or with another one, the registry is not trusted', async () => {
    for (const access of [{}, { tls: { ca: stranger.cert } }, { insecure: true, tls: { ca: stranger.cert } }])
      await using(adapter, { access }, async registry => assert.rejects(registry.lookUp(at(tls.address), signal), coded('TLS')))
  })
  test('insecure alone skips verification, and allows plain HTTP', () =>
    using(adapter, { access: { insecure: true } }, async registry => {
      for (const address of [tls.address, sandbox.address]) await pushArtifact(registry, at(address))
    }))
  test('insecure with an authority allows plain HTTP', () =>
    using(adapter, { access: { insecure: true, tls: { ca: authority.cert } } }, async registry => {
      for (const address of [tls.address, sandbox.address]) await pushArtifact(registry, at(address))
    }))
  test('a client certificate is shown where it is wanted', () =>
    using(adapter, { access: { tls: { ca: authority.cert, ...client } } }, async registry => {
      const ref = at(mutual.address)
      const pushed = await pushArtifact(registry, ref)
      const to = at(mutual.address)
      assert.deepEqual(await registry.copy(ref, to, signal), pushed)
    }))
  test('without one such a registry is refused', () =>
    using(adapter, { access: { tls: { ca: authority.cert } } }, async registry =>
      assert.rejects(registry.lookUp(at(mutual.address), signal), coded('TLS', 'UNREACHABLE')),
    ))
}

/** `registry.test` is a name that only the proxy knows. */
function proxyTests(adapter: Adapter): void {
  const viaProxy = async (user: string | undefined, use: (proxy: Front) => Promise<void>): Promise<void> => {
    const proxy = await proxyFront(tls.address, user)
    try {
      await use(proxy)
    } finally {
      await proxy.close()
    }
  }
  const trusted = { tls: { ca: authority.cert } }
  test('the proxy of an access is used, signed in', () =>
    viaProxy('me:p@ss', proxy =>
      using(adapter, { access: { ...trusted, proxy: `http://me:p%40ss@${proxy.address}` } }, async registry => {
        const ref = at('registry.test')
        const pushed = await pushArtifact(registry, ref)
        assert.deepEqual(await registry.resolve(ref, signal), pushed)
        assert.ok(proxy.passed.length > 0)
        assert.deepEqual([...new Set(proxy.passed)], ['CONNECT registry.test:443'])
      }),
    ))
  test('a proxy that refuses is told', () =>
    viaProxy('me:right', proxy =>
      using(adapter, { access: { ...trusted, proxy: `http://me:wrong@${proxy.address}` } }, async registry => {
        await assert.rejects(registry.lookUp(at('registry.test'), signal), thrown => {
          assert.doesNotMatch(String(thrown), /wrong/)
          return coded('UNREACHABLE', 'ORAS_FAILED')(thrown)
        })
      }),
    ))
  test('HTTPS_PROXY is used, and never for loopback', () =>
    viaProxy(undefined, proxy =>
      using(adapter, { access: trusted, env: { HTTPS_PROXY: `http://${proxy.address}` } }, async registry => {
        await pushArtifact(registry, at(tls.address))
        assert.deepEqual(proxy.passed, [])
        await pushArtifact(registry, at('registry.test'))
        assert.deepEqual([...new Set(proxy.passed)], ['CONNECT registry.test:443'])
      }),
    ))
  test('plain HTTP goes through HTTP_PROXY, by its whole URL', async () => {
    const proxy = await proxyFront(sandbox.address)
    const env = { HTTP_PROXY: `http://${proxy.address}`, HTTPS_PROXY: `http://${proxy.address}`, NO_PROXY: 'elsewhere.test,10.0.0.0/8' }
    await using(adapter, { access: { insecure: true }, env }, async registry => {
      const ref = at('registry.test')
      assert.deepEqual(await pushArtifact(registry, ref), await registry.resolve(ref, signal))
      assert.ok(
        proxy.passed.some(line => line.startsWith('PUT http://registry.test/v2/')),
        proxy.passed.join('\n'),
      )
    })
    await proxy.close()
  })
}
