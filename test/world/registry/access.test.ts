import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Access, Credentials } from '../../../src/world/registry/registry.ts'
import { user } from '../../refs/registries.ts'
import { withPrograms } from '../../refs/when.ts'
import { dockerByPassword, dockerByToken, type Guarded, sandboxByPassword } from '../../support/guarded.ts'
import { type Adapter, openAdapter, orasEnv } from '../../support/registries.ts'
import { identityToken, type TokenService } from '../../support/token-service.ts'
import { blobOf, coded, pushArtifact, signal } from './contract.ts'

const servers: readonly [name: string, programs: readonly string[], start: () => Promise<Guarded>][] = [
  ['the sandbox by password', [], sandboxByPassword],
  ['docker-registry by password', ['docker-registry'], dockerByPassword],
  ['docker-registry by token', ['docker-registry'], dockerByToken],
]
const basic: Credentials = { type: 'basic', ...user }
const auth = Buffer.from(`${user.username}:${user.password}`).toString('base64')
const documents = (address: string, entry: object): Credentials => ({
  type: 'dockerConfigs',
  documents: ['{"auths":{"elsewhere.example":{"auth":"eDp5"}}}', JSON.stringify({ auths: { [address]: entry } })],
})

for (const adapter of ['builtin', 'oras'] as const)
  for (const [name, programs, start] of servers)
    withPrograms([...programs, ...(adapter === 'oras' ? ['oras'] : [])], { name: `${adapter} and ${name}`, tests: 9 }, () =>
      guardedTests(adapter, { name, start }),
    )

function guardedTests(adapter: Adapter, { name, start }: { name: string; start: () => Promise<Guarded> }): void {
  describe(`${adapter}, ${name}`, () => {
    let server: Guarded
    let count = 0
    before(async () => {
      server = await start()
    })
    after(() => server.stop())
    const ref = (): { registry: string; repository: string; tag: string } => ({
      registry: server.address,
      repository: `guarded/r${++count}`,
      tag: 'v1',
    })
    const using = async (access: Access, use: Parameters<typeof used>[2], env?: Record<string, string>): Promise<void> =>
      used(adapter, { access, env }, use)

    test('the right password pushes, pulls, tags and lists', () =>
      using({ credentials: basic }, async registry => {
        const at = ref()
        const pushed = await pushArtifact(registry, at)
        assert.deepEqual(await registry.resolve(at, signal), pushed)
        assert.deepEqual(await registry.tag(at, 'v2', signal), pushed)
        const to = ref()
        assert.deepEqual(await registry.copy(at, to, signal), pushed)
        assert.deepEqual(await registry.resolve(to, signal), pushed)
      }))
    test('pull secrets are tried in order', () =>
      using({ credentials: documents(server.address, { auth }) }, async registry => void (await pushArtifact(registry, ref()))))
    test('a user name and a password apart do as well', () =>
      using({ credentials: documents(server.address, user) }, async registry => void (await pushArtifact(registry, ref()))))
    for (const [says, credentials] of [
      ['without credentials', () => ({ type: 'anonymous' })],
      ['with a wrong password', () => ({ type: 'basic', username: 'flux', password: 'wrong' })],
      ['with the pull secret of another registry', () => documents('other.example', { auth })],
    ] as [string, () => Credentials][])
      test(`${says} nothing can be read or written`, () =>
        using({ credentials: credentials() }, async registry => {
          await assert.rejects(registry.lookUp(ref(), signal), coded('DENIED'))
          await assert.rejects(registry.pushBlob(ref(), blobOf(Buffer.from('x')), { signal }), coded('DENIED'))
        }))
    helperTests(adapter, () => server.address, ref)
  })
}

/** Docker's own config, with and without credential helpers. */
function helperTests(adapter: Adapter, address: () => string, ref: () => { registry: string; repository: string; tag: string }): void {
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-helper-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  const ambient: Access = { credentials: { type: 'ambient' } }
  const config = (name: string, content: object): Record<string, string> => {
    mkdirSync(join(folder, name), { recursive: true })
    writeFileSync(join(folder, name, 'config.json'), JSON.stringify(content))
    return { DOCKER_CONFIG: join(folder, name), PATH: `${folder}:${orasEnv().PATH ?? ''}` }
  }
  const script = (name: string, text: string): void => {
    writeFileSync(join(folder, `docker-credential-${name}`), `#!/bin/sh\nread server\n${text}\n`)
    chmodSync(join(folder, `docker-credential-${name}`), 0o755)
  }
  const answer = JSON.stringify({ ServerURL: 'x', Username: user.username, Secret: user.password })

  test('the docker config signs in', () =>
    used(adapter, { access: ambient, env: config('auths', { auths: { [`https://${address()}/v2/`]: { auth } } }) }, async registry => {
      await pushArtifact(registry, ref())
    }))
  test('a credential helper is asked for the host, and its environment is the user’s', async () => {
    script('fake', `echo "$1 $server $HELPED" >> ${folder}/asked\necho '${answer}'`)
    const env = { ...config('helper', { credHelpers: { [address()]: 'fake' } }), HELPED: 'yes' }
    await used(adapter, { access: ambient, env }, async registry => void (await pushArtifact(registry, ref())))
    const lines = new Set(readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n'))
    assert.deepEqual([...lines], [`get ${address()} yes`])
  })
  if (adapter === 'builtin')
    test('a docker config that is broken, and a helper that fails, are told', async () => {
      script('broken', `echo 'no keychain here'\nexit 1`)
      const broken = config('no-json', {})
      writeFileSync(join(folder, 'no-json/config.json'), '{"auths":')
      for (const [env, message] of [
        [broken, /docker config '.*' is no JSON object/],
        [config('fails', { credsStore: 'broken' }), /credential helper 'docker-credential-broken' failed/],
        [config('absent', { credsStore: 'absent' }), /credential helper 'docker-credential-absent' cannot be used/],
        [config('evil', { credsStore: '../../bin/sh' }), /is no name of a credential helper/],
      ] as const)
        await used(adapter, { access: ambient, env }, async registry =>
          assert.rejects(registry.lookUp(ref(), signal), thrown => message.test(String(thrown)) && coded('DENIED')(thrown)),
        )
    })
  test('a store that knows nothing leaves the request without credentials', async () => {
    script('empty', `echo 'credentials not found in native keychain'\nexit 1`)
    const env = config('empty', { credsStore: 'empty' })
    await used(adapter, { access: ambient, env }, async registry => assert.rejects(registry.lookUp(ref(), signal), coded('DENIED')))
  })
}

async function used(
  adapter: Adapter,
  { access, env }: { access: Access; env?: Record<string, string> | undefined },
  use: (registry: Awaited<ReturnType<typeof openAdapter>>['registry']) => Promise<void>,
): Promise<void> {
  const { registry, close } = await openAdapter(adapter, { access, ...(env ? { env } : {}) })
  try {
    await use(registry)
  } finally {
    await close()
  }
}

withPrograms(['docker-registry'], { name: 'tokens', tests: 4 }, () =>
  describe('tokens', () => {
    let server: Guarded
    before(async () => {
      server = await dockerByToken()
    })
    after(() => server.stop())
    const asked = (): TokenService['asked'] => server.tokens?.asked ?? []

    test('a token is asked for once for many look-ups, also at once, and pushing covers pulling', () =>
      used('builtin', { access: { credentials: basic } }, async registry => {
        const at = { registry: server.address, repository: 'tokens/many', tag: 'v1' }
        await pushArtifact(registry, at)
        asked().length = 0
        for (let i = 0; i < 5; i++) await registry.resolve(at, signal)
        assert.deepEqual(asked(), [])
        const other = { ...at, repository: 'tokens/other' }
        await Promise.all(Array.from({ length: 10 }, () => registry.resolve(other, signal)))
        assert.deepEqual(asked(), [{ method: 'GET', scopes: ['repository:tokens/other:pull'], signedIn: true }])
      }))
    test('a blob is mounted with a token for both repositories', () =>
      used('builtin', { access: { credentials: basic } }, async registry => {
        const blob = blobOf(Buffer.from('to mount'))
        await registry.pushBlob({ registry: server.address, repository: 'tokens/from' }, blob, { signal })
        asked().length = 0
        const to = { registry: server.address, repository: 'tokens/to' }
        assert.equal(await registry.pushBlob(to, blob, { signal, mountFrom: 'tokens/from' }), 'mounted')
        assert.deepEqual(asked().at(-1)?.scopes.slice(0, 2), ['repository:tokens/to:pull,push', 'repository:tokens/from:pull'])
      }))
    test('an identity token is exchanged, and never sent to the registry', () =>
      used('builtin', { access: { credentials: documents(server.address, { identitytoken: identityToken }) } }, async registry => {
        asked().length = 0
        await pushArtifact(registry, { registry: server.address, repository: 'tokens/identity', tag: 'v1' })
        assert.deepEqual([...new Set(asked().map(a => a.method))], ['POST'])
      }))
    test('what everybody may pull is pulled without credentials', async () => {
      const at = { registry: server.address, repository: 'public/app', tag: 'v1' }
      await used('builtin', { access: { credentials: basic } }, async registry => void (await pushArtifact(registry, at)))
      await used('builtin', { access: { credentials: { type: 'anonymous' } } }, async registry => {
        assert.ok(await registry.resolve(at, signal))
        await assert.rejects(registry.tag(at, 'v2', signal), coded('DENIED'))
      })
    })
  }),
)
