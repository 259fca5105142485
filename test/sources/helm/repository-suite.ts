import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { JsonObject } from '../../../src/lib/json.ts'
import { chartFiles, type ChartServer, indexOf, startChartServer } from '../../support/chart-server.ts'
import { certificateAuthority } from '../../support/certificates.ts'
import { type Front, tlsFront } from '../../support/fronts.ts'
import { unending } from '../../support/unending.ts'
import { artifactOf, type HelmScene, judged, namespace, revisionOf } from './scene.ts'

const authority = certificateAuthority('authority of the repository')
const server = authority.issue('repository', ['127.0.0.1'])
const client = authority.issue('client')
const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`
const index = indexOf({ app: [{ version: '1.0.0' }, { version: '1.10.0' }, { version: '1.9.0' }] })

/** HelmRepositories with an index. */
export function repositoryTests(scene: () => HelmScene): void {
  let guarded: ChartServer, stranger: ChartServer
  let tls: Front, mutual: Front
  before(async () => {
    ;[guarded, stranger] = [await startChartServer('robot:secret-of-a-test'), await startChartServer()]
    guarded.put('/index.yaml', index)
    stranger.put('/index.yaml', index)
    const address = new URL(stranger.url).host
    ;[tls, mutual] = [await tlsFront(address, server), await tlsFront(address, server, authority.cert)]
  })
  after(() => Promise.all([guarded, stranger, tls, mutual].map(one => one.close())))

  const fetched = async (spec: JsonObject) => {
    const ref = await scene().repository(scene().name(), spec)
    return { ref, ...(await scene().fetchIndex(ref)) }
  }
  const failure = async (spec: JsonObject): Promise<Record<string, string>> => judged((await fetched(spec)).object)

  test('an index becomes an artifact of JSON, the newest version first', async () => {
    const s = scene()
    s.server.put('/plain/index.yaml', index)
    const { ref, object, driven } = await fetched({ url: `${s.server.url}/plain/` })
    const revision = digestOf(index)
    const message = `stored artifact: revision '${revision}'`
    assert.deepEqual(judged(object), { Ready: `True Succeeded: ${message}`, ArtifactInStorage: `True Succeeded: ${message}` })
    const { path, size } = artifactOf(object)
    const base = `helmrepository/${namespace}/${ref.name}`
    assert.deepEqual([path, revisionOf(object)], [`${base}/index-${revision.slice(7)}.yaml`, revision])
    assert.equal(object.status?.url, s.world.hands.artifacts.urlOf(`${base}/index.yaml`))
    const text = (await s.bytes(object)).toString()
    const stored = JSON.parse(text) as { entries: { app: { version: string }[] } }
    assert.deepEqual(
      stored.entries.app.map(({ version }) => version),
      ['1.10.0', '1.9.0', '1.0.0'],
    )
    assert.match(text, /^{\n {2}"apiVersion": "v1",\n {2}"generated": "2024-01-01T00:00:00Z",\n {2}"entries": {\n/)
    const { message: told, annotations } = await s.event(ref, 'NewArtifact')
    assert.equal(
      told,
      `stored fetched index of size ${Number(size) / 1000 >= 1 ? `${Number((Number(size) / 1000).toPrecision(4))}kB` : `${String(size)}B`} from '${s.server.url}/plain/'`,
    )
    assert.equal(annotations['source.toolkit.fluxcd.io/revision'], revision)
    assert.ok(driven.is === 'done' && Math.abs((driven.settled.requeueMs ?? 0) - 600_000) <= 30_000)
  })

  test('the same index is not parsed again, another one is news', async () => {
    const s = scene()
    const name = s.name()
    s.server.put(`/${name}/index.yaml`, index)
    const ref = await s.repository(name)
    const first = (await s.fetchIndex(ref)).object
    const same = await s.fetchIndex(ref, { kernel: { ...s.world.hands.kernel, chartIndex: () => Promise.reject(new Error('parsed')) } })
    assert.deepEqual(artifactOf(same.object), artifactOf(first))
    assert.equal((await s.event(ref, 'ArtifactUpToDate')).message, `artifact up-to-date with remote revision: '${digestOf(index)}'`)
    const other = indexOf({ app: [{ version: '2.0.0' }] })
    s.server.put(`/${name}/index.yaml`, other)
    assert.equal(revisionOf((await s.fetchIndex(ref)).object), digestOf(other))
  })

  test('an index may be JSON, and what is wrong in it is left out', async () => {
    const s = scene()
    const name = s.name()
    const entries = {
      app: [
        null,
        { name: 'app', version: 'x' },
        { name: 'app', version: '1.0.0', urls: ['a.tgz'] },
        { name: '../app', version: '2.0.0' },
        {},
      ],
      none: [{ name: 'none' }],
    }
    s.server.put(`/${name}/index.yaml`, JSON.stringify({ apiVersion: 'v1', entries }))
    const { object } = await s.fetchIndex(await s.repository(name))
    const stored = JSON.parse((await s.bytes(object)).toString()) as { entries: Record<string, { version: string }[]> }
    assert.deepEqual(
      Object.entries(stored.entries).map(([chart, all]) => [chart, all.map(({ version }) => version)]),
      [
        ['app', ['1.0.0']],
        ['none', []],
      ],
    )
  })

  const broken: [says: string, content: string | undefined, reason: string, message: RegExp][] = [
    [
      'that is not there',
      undefined,
      'Failed',
      /^failed to fetch Helm repository index: failed to cache index to temporary file: failed to fetch http:\S+\/index\.yaml : 404 Not Found$/,
    ],
    [
      'that is empty',
      '',
      'IndexationFailed',
      /^failed to load Helm repository from index YAML: failed to load index: empty index\.yaml file$/,
    ],
    ['without API version', 'entries: {}\n', 'IndexationFailed', /: no API version specified$/],
    [
      'that is no YAML',
      'a: [',
      'IndexationFailed',
      /^failed to load Helm repository from index YAML: failed to load index: error converting YAML to JSON/,
    ],
    ['with a field that no index has', 'apiVersion: v1\nother: 1\n', 'IndexationFailed', /unknown field "other"/],
  ]
  for (const [says, content, reason, message] of broken)
    test(`an index ${says}`, async () => {
      const s = scene()
      const name = s.name()
      s.server.put(`/${name}/index.yaml`, content)
      const ref = await s.repository(name)
      const { object, driven } = await s.fetchIndex(ref)
      const [, code, text = ''] = /^True (\S+): (.*)$/s.exec(judged(object).FetchFailed ?? '') ?? []
      assert.equal(code, reason)
      assert.match(text, message)
      assert.equal(judged(object).Ready, `False ${reason}: ${text}`)
      assert.deepEqual([object.status?.artifact, object.status?.observedGeneration], [undefined, -1])
      assert.ok(driven.is === 'done' && driven.settled.backoff === true)
      assert.equal((await s.event(ref, reason)).message, text)
    })

  test('a failure keeps the artifact, and its end is told', async () => {
    const s = scene()
    const name = s.name()
    s.server.put(`/${name}/index.yaml`, index)
    const ref = await s.repository(name)
    const first = (await s.fetchIndex(ref)).object
    s.server.put(`/${name}/index.yaml`, undefined)
    const failed = (await s.fetchIndex(ref)).object
    assert.deepEqual(artifactOf(failed), artifactOf(first))
    assert.match(judged(failed).Ready ?? '', /^False Failed/)
    s.server.put(`/${name}/index.yaml`, index)
    assert.match(judged((await s.fetchIndex(ref)).object).Ready ?? '', /^True Succeeded/)
    assert.match((await s.event(ref, 'Succeeded')).message, /^stored fetched index of size /)
  })

  test('the URL of a registry is refused for good, unless the type says so', async () => {
    const { object, driven } = await fetched({ url: 'oci://example.com/charts' })
    const message = "URLInvalid: invalid Helm repository URL: 'oci' URL scheme cannot be used with 'default' HelmRepository type"
    assert.deepEqual(judged(object), { Stalled: `True ${message}`, Ready: `False ${message}`, FetchFailed: `True ${message}` })
    assert.ok(driven.is === 'done' && driven.settled.backoff === undefined && driven.settled.requeueMs === undefined)
  })

  test('a registry is a static object: no finalizer, no status', async () => {
    const { object, driven } = await fetched({ url: 'oci://example.com/charts', type: 'oci' })
    assert.equal(driven.is, 'static')
    assert.deepEqual([object.metadata.finalizers, object.status], [undefined, { observedGeneration: -1 }])
  })
  test('a repository that becomes a registry loses what it had', async () => {
    const s = scene()
    const name = s.name()
    s.server.put(`/${name}/index.yaml`, index)
    const ref = await s.repository(name)
    await s.fetchIndex(ref)
    await s.repository(name, { url: 'oci://example.com/charts', type: 'oci' })
    const { object } = await s.fetchIndex(ref)
    assert.deepEqual([object.metadata.finalizers ?? [], object.status?.artifact, object.status?.conditions], [[], undefined, undefined])
    assert.equal((await s.fetchIndex(ref)).driven.is, 'static')
  })

  test('a Secret signs in', async () => {
    const name = await scene().secret(scene().name(), 'Opaque', { username: 'robot', password: 'secret-of-a-test' })
    assert.match(judged((await fetched({ url: guarded.url, secretRef: { name } })).object).Ready ?? '', /^True Succeeded/)
  })
  test('the user of the URL signs in, and is told to nobody', async () => {
    const { ref, object } = await fetched({ url: guarded.url.replace('//', '//robot:secret-of-a-test@') })
    assert.match(judged(object).Ready ?? '', /^True Succeeded/)
    assert.doesNotMatch(JSON.stringify([object.status, await scene().events(ref)]), /secret-of-a-test/)
  })
  test('a redirect to another server takes no credentials there', async () => {
    const s = scene()
    const secret = await s.secret(s.name(), 'Opaque', { username: 'robot', password: 'secret-of-a-test' })
    guarded.redirect('/away/index.yaml', `${stranger.url}/index.yaml`)
    for (const passCredentials of [false, true]) {
      stranger.asked.length = 0
      const { object } = await fetched({ url: `${guarded.url}/away`, secretRef: { name: secret }, passCredentials })
      assert.match(judged(object).Ready ?? '', /^True Succeeded/)
      assert.deepEqual(stranger.asked, [{ path: '/index.yaml', authorization: undefined }])
    }
  })
  test('redirects have an end', async () => {
    guarded.redirect('/round/index.yaml', '/round/index.yaml')
    const secret = await scene().secret(scene().name(), 'Opaque', { username: 'robot', password: 'secret-of-a-test' })
    assert.match(
      (await failure({ url: `${guarded.url}/round`, secretRef: { name: secret } })).FetchFailed ?? '',
      /stopped after 10 redirects$/,
    )
  })

  const secrets: [says: string, data: Record<string, string> | undefined, message: RegExp][] = [
    ['that is wrong', { username: 'robot', password: 'wrong' }, /^True Failed: .* : 401 Unauthorized$/],
    [
      'without password',
      { username: 'robot' },
      /^True AuthenticationFailed: failed to configure Helm client: invalid '\S+' secret data: required fields 'username' and 'password'$/,
    ],
    ['that is empty', {}, /^True Failed: .* : 401 Unauthorized$/],
    [
      'that is not there',
      undefined,
      /^True AuthenticationFailed: failed to get authentication secret 'sources\/\S+': secrets "\S+" not found$/,
    ],
  ]
  for (const [says, data, message] of secrets)
    test(`a Secret ${says}`, async () => {
      const name = scene().name()
      if (data) await scene().secret(name, 'Opaque', data)
      assert.match((await failure({ url: guarded.url, secretRef: { name } })).FetchFailed ?? '', message)
    })

  test('certificates of a Secret are trusted, and shown', async () => {
    const s = scene()
    const trusted = await s.secret(s.name(), 'Opaque', { 'ca.crt': authority.cert })
    const shown = await s.secret(s.name(), 'kubernetes.io/tls', { 'ca.crt': authority.cert, 'tls.crt': client.cert, 'tls.key': client.key })
    const old = await s.secret(s.name(), 'Opaque', { caFile: authority.cert, certFile: client.cert, keyFile: client.key })
    const [plain, both] = [`https://${tls.address}`, `https://${mutual.address}`]
    for (const spec of [
      { url: plain, certSecretRef: { name: trusted } },
      { url: both, certSecretRef: { name: shown } },
      { url: both, secretRef: { name: old } },
    ])
      assert.match((await failure(spec)).Ready ?? '', /^True Succeeded/, JSON.stringify(spec))
    assert.match((await failure({ url: plain })).FetchFailed ?? '', /^True Failed: /)
    assert.match((await failure({ url: both, certSecretRef: { name: trusted } })).FetchFailed ?? '', /^True Failed: /)
  })
  test('certificates that are none', async () => {
    const s = scene()
    const name = await s.secret(s.name(), 'Opaque', { 'ca.crt': 'none' })
    assert.equal(
      (await failure({ url: `https://${tls.address}`, certSecretRef: { name } })).FetchFailed,
      "True AuthenticationFailed: failed to construct Helm client's TLS config: cannot append certificate into certificate pool: invalid CA certificate",
    )
  })

  test('a deleted repository takes its index along', async () => {
    const s = scene()
    const name = await s.offered([chartFiles('app', '1.0.0')], index)
    const ref = await s.repository(name)
    await s.world.cluster.delete(ref, {}, unending)
    assert.equal((await s.fetchIndex(ref)).driven.is, 'gone')
    assert.equal((await s.get(ref)).kind, 'Gone')
  })
}
