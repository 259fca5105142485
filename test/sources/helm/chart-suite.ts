import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { conditionOf } from '../../../src/kinds/manifest.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import { wokenBy } from '../../../src/sources/helm/triggers.ts'
import type { HelmChartObject } from '../../../src/kinds/helm-chart.ts'
import { verifies } from '../../conformance/verifies.ts'
import { chartFiles, type ChartFiles, indexOf, packageOf, startChartServer } from '../../support/chart-server.ts'
import { artifactOf, type HelmScene, judged, namespace, revisionOf } from './scene.ts'

const app = chartFiles('app', '1.0.0', { 'values-prod.yaml': 'b:\n  c: 3\nd: [1]\n' })
const below = (folder: string, files: ChartFiles): ChartFiles =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text]))
const git = (hex: string): string => `main@sha1:${hex.padEnd(40, '0')}`

/** HelmCharts of every kind of source. */
export function chartTests(scene: () => HelmScene): void {
  const offered = (): Promise<string> =>
    scene().offered([app, chartFiles('app', '1.1.0')], indexOf({ app: [{ version: '1.0.0' }, { version: '1.1.0' }] }))
  const ofRepository = async (spec: JsonObject, name?: string) => {
    const ref = await scene().chart(scene().name(), { kind: 'HelmRepository', name: name ?? (await offered()) }, { chart: 'app', ...spec })
    return { ref, ...(await scene().run(ref)) }
  }
  const ofGit = async (files: ChartFiles, spec: JsonObject) => {
    const name = await scene().source('GitRepository', files, git('abcdef0123456789'))
    const ref = await scene().chart(scene().name(), { kind: 'GitRepository', name }, { chart: 'charts/app', ...spec })
    return { ref, source: name, ...(await scene().run(ref)) }
  }

  test('the newest chart of a repository is stored as it came', async () => {
    const s = scene()
    const name = await offered()
    const { ref, object, written } = await ofRepository({}, name)
    const message = "pulled 'app' chart with version '1.1.0'"
    assert.deepEqual(judged(object), {
      Ready: `True ChartPullSucceeded: ${message}`,
      ArtifactInStorage: `True ChartPullSucceeded: ${message}`,
    })
    const base = `helmchart/${namespace}/${ref.name}`
    assert.deepEqual([artifactOf(object).path, revisionOf(object)], [`${base}/app-1.1.0.tgz`, '1.1.0'])
    const { url, observedChartName, observedSourceArtifactRevision, observedValuesFiles } = object.status ?? {}
    assert.deepEqual(
      [url, observedChartName, observedValuesFiles],
      [s.world.hands.artifacts.urlOf(`${base}/latest.tar.gz`), 'app', undefined],
    )
    assert.match(String(observedSourceArtifactRevision), /^sha256:/)
    assert.deepEqual(await s.bytes(object), Buffer.from(await packageOf(s.world.hands.kernel, chartFiles('app', '1.1.0'))))
    assert.deepEqual(
      (await s.events(ref)).map(({ type, reason, message: said }) => [type, reason, said]),
      [['Normal', 'ChartPullSucceeded', message]],
    )
    assert.deepEqual(
      written.map(status => conditionOf({ ...object, status }, 'Reconciling')?.message),
      ['processing object: new generation -1 -> 1', 'building artifact', `building artifact: ${message}`, undefined],
    )
  })

  test('a chart that is stored is not downloaded again', async () => {
    const s = scene()
    const name = await offered()
    const { ref, object: first } = await ofRepository({ version: '1.0.0' }, name)
    s.server.asked.length = 0
    const { object } = await s.run(ref)
    assert.deepEqual([artifactOf(object), s.server.asked], [artifactOf(first), []])
    assert.equal((await s.event(ref, 'ArtifactUpToDate')).message, "artifact up-to-date with remote revision: '1.0.0'")
    await s.chart(ref.name, { kind: 'HelmRepository', name }, { chart: 'app', version: '1.0.0', interval: '5m' })
    await s.run(ref)
    assert.deepEqual(
      s.server.asked.map(({ path }) => path),
      [`/${name}/app-1.0.0.tgz`],
      'a new spec is always followed',
    )
  })

  test('a new version makes the stored chart outdated', async () => {
    const s = scene()
    const name = await offered()
    const { ref } = await ofRepository({}, name)
    await s.publish(name, [chartFiles('app', '2.0.0')], indexOf({ app: [{ version: '2.0.0' }] }))
    await s.fetchIndex(await s.repository(name))
    const { object, written } = await s.run(ref)
    assert.equal(revisionOf(object), '2.0.0')
    const outdated = written.map(status => conditionOf({ ...object, status }, 'ArtifactOutdated')).find(Boolean)
    assert.deepEqual([outdated?.reason, outdated?.message], ['NewChart', "pulled 'app' chart with version '2.0.0'"])
  })

  verifies('sources/147', 'values files are merged in order, the later over the earlier', async () => {
    const files = chartFiles('app', '1.0.0', { 'a.yaml': 'a: b\n', 'b.yaml': 'b: c\n', 'c.yaml': 'b: d\n' })
    const name = await scene().offered([files], indexOf({ app: [{ version: '1.0.0' }] }))
    const { object } = await ofRepository({ valuesFiles: ['a.yaml', 'b.yaml', 'c.yaml'] }, name)
    assert.deepEqual(parse((await scene().packaged(object))['app/values.yaml'] ?? ''), { a: 'b', b: 'd' })
    const message = "packaged 'app' chart with version '1.0.0+1' and merged values files [a.yaml b.yaml c.yaml]"
    assert.equal(judged(object).Ready, `True ChartPackageSucceeded: ${message}`)
  })

  test('values files replace the default values, with the generation in the version', async () => {
    const { object } = await ofRepository({ version: '1.0.0', valuesFiles: ['values.yaml', 'values-prod.yaml'] })
    const files = await scene().packaged(object)
    assert.deepEqual(parse(files['app/values.yaml'] ?? ''), { a: 1, b: { c: 3 }, d: [1] })
    assert.deepEqual(
      [revisionOf(object), parse(files['app/Chart.yaml'] ?? '')],
      ['1.0.0+1', { apiVersion: 'v2', name: 'app', version: '1.0.0+1' }],
    )
    assert.deepEqual(Object.keys(files).toSorted(), [
      'app/Chart.yaml',
      'app/templates/config.yaml',
      'app/values-prod.yaml',
      'app/values.yaml',
    ])
  })
  test('values files that are missing fail the chart for good, or are passed over', async () => {
    const valuesFiles = ['values-none.yaml', 'values-prod.yaml']
    const { object, driven } = await ofRepository({ version: '1.0.0', valuesFiles })
    const message = "values files merge error: failed to merge chart values: no values file found at path 'values-none.yaml'"
    assert.deepEqual(judged(object), {
      Stalled: `True ValuesFilesError: ${message}`,
      Ready: `False ValuesFilesError: ${message}`,
      BuildFailed: `True ValuesFilesError: ${message}`,
    })
    assert.ok(driven.is === 'done' && driven.settled.backoff === undefined)
    const passed = await ofRepository({ version: '1.0.0', valuesFiles, ignoreMissingValuesFiles: true })
    assert.deepEqual(passed.object.status?.observedValuesFiles, ['values-prod.yaml'])
    assert.match(judged(passed.object).Ready ?? '', /and merged values files \[values-prod\.yaml\]$/)
  })

  const references: [says: string, spec: JsonObject, message: string][] = [
    [
      'a name that no chart has',
      { chart: 'No!' },
      "invalid chart name 'No!': a valid name must be lower case letters and numbers and MAY be separated with dashes (-), slashes (/) or periods (.)",
    ],
    ['a chart that is not there', { chart: 'other' }, 'failed to get chart version for remote reference: no chart name found'],
    [
      'a version that is not there',
      { version: '>2.0.0' },
      "failed to get chart version for remote reference: no 'app' chart with version matching '>2.0.0' found",
    ],
  ]
  for (const [says, spec, message] of references)
    test(`a reference that cannot be: ${says}`, async () => {
      const { ref, object } = await ofRepository(spec)
      const text = `InvalidChartReference: invalid chart reference: ${message}`
      assert.deepEqual(judged(object), { Stalled: `True ${text}`, Ready: `False ${text}`, FetchFailed: `True ${text}` })
      assert.equal((await scene().event(ref, 'InvalidChartReference')).type, 'Warning')
    })

  test('a chart that is not where the index says', async () => {
    const name = await scene().offered([], indexOf({ app: [{ version: '1.0.0' }] }))
    const { object, driven } = await ofRepository({}, name)
    assert.match(
      judged(object).FetchFailed ?? '',
      /^True ChartPullError: chart pull error: failed to download chart for remote reference: failed to fetch http:\S+\/app-1\.0\.0\.tgz : 404 Not Found$/,
    )
    assert.ok(driven.is === 'done' && driven.settled.backoff === true)
  })

  test('credentials go to other hosts only where the repository passes them on', async () => {
    const s = scene()
    const other = await startChartServer()
    try {
      other.put('/app.tgz', await packageOf(s.world.hands.kernel, app))
      const secret = await s.secret(s.name(), 'Opaque', { username: 'robot', password: 'pass' })
      const index = indexOf({ app: [{ version: '1.0.0', url: `${other.url}/app.tgz` }] })
      for (const passCredentials of [false, true]) {
        other.asked.length = 0
        const name = await s.offered([], index, { secretRef: { name: secret }, passCredentials })
        assert.equal(revisionOf((await ofRepository({}, name)).object), '1.0.0')
        assert.deepEqual(
          other.asked.map(({ authorization }) => authorization !== undefined),
          [passCredentials],
        )
      }
    } finally {
      await other.close()
    }
  })

  test('a source that is not there, that has nothing yet, that lost what it had', async () => {
    const s = scene()
    const missing = await ofRepository({}, 'nothing')
    const text = 'SourceUnavailable: failed to get source: HelmRepository.source.toolkit.fluxcd.io "nothing" not found'
    assert.equal(judged(missing.object).FetchFailed, `True ${text}`)
    const name = s.name()
    await s.repository(name)
    const { ref, object, driven } = await ofRepository({}, name)
    const message = `no artifact available for HelmRepository source '${name}'`
    assert.equal(judged(object).Ready, `False NoSourceArtifact: ${message}`)
    assert.ok(driven.is === 'done' && driven.settled.backoff === true)
    assert.deepEqual(
      (await s.events(ref)).map(({ type, reason }) => [type, reason]),
      [['Normal', 'NoSourceArtifact']],
    )
    const lost = await s.source('Bucket', below('charts/app', app), 'sha256:00')
    await s.world.hands.artifacts.remove({ kind: 'Bucket', namespace, name: lost })
    const chart = await s.chart(s.name(), { kind: 'Bucket', name: lost }, { chart: 'charts/app' })
    assert.match(judged((await s.run(chart)).object).FetchFailed ?? '', /^True NoSourceArtifact/)
  })

  test('a folder of a source is packaged, but for what it ignores', async () => {
    const files = below('charts/app', { ...app, '.helmignore': 'docs/\n*.tmp\n', 'docs/a.md': '1', 'b.tmp': '1', 'crds/c.yaml': 'c: 1\n' })
    const { object } = await ofGit({ ...files, 'other/file': '1' }, {})
    const message = "packaged 'app' chart with version '1.0.0'"
    assert.equal(judged(object).Ready, `True ChartPackageSucceeded: ${message}`)
    assert.deepEqual(
      Object.keys(await scene().packaged(object)).toSorted(),
      ['.helmignore', 'Chart.yaml', 'crds/c.yaml', 'templates/config.yaml', 'values-prod.yaml', 'values.yaml'].map(path => `app/${path}`),
    )
  })
  test('a source without a new version of the chart makes no new artifact', async () => {
    const s = scene()
    const { ref, source, object } = await ofGit(below('charts/app', app), {})
    await s.source('GitRepository', below('charts/app', { ...app, 'templates/config.yaml': 'new: 1\n' }), git('0123'), source)
    const { object: same } = await s.run(ref)
    assert.deepEqual([artifactOf(same), same.status?.observedSourceArtifactRevision], [artifactOf(object), git('0123')])
  })
  test('the Revision strategy follows every revision of a source', async () => {
    const s = scene()
    const spec = { reconcileStrategy: 'Revision' }
    const { ref, source, object } = await ofGit(below('charts/app', app), spec)
    assert.equal(revisionOf(object), '1.0.0+abcdef012345')
    await s.source('GitRepository', below('charts/app', app), git('0123'), source)
    assert.equal(revisionOf((await s.run(ref)).object), '1.0.0+012300000000')
    const valued = await ofGit({ ...below('charts/app', app), 'prod.yaml': 'a: 2\n' }, { ...spec, valuesFiles: ['prod.yaml'] })
    assert.equal(revisionOf(valued.object), '1.0.0+abcdef012345.1')
  })
  test('values files are looked for from the root of a source', async () => {
    const { object } = await ofGit(
      { ...below('charts/app', app), 'prod.yaml': 'a: 2\n' },
      { valuesFiles: ['charts/app/values.yaml', '../prod.yaml'] },
    )
    assert.deepEqual(parse((await scene().packaged(object))['app/values.yaml'] ?? ''), { a: 2, b: { c: 2 } })
    const missing = await ofGit(below('charts/app', app), { valuesFiles: ['values-prod.yaml'] })
    assert.equal(
      judged(missing.object).BuildFailed,
      "True ValuesFilesError: values files merge error: no values file found at path '/values-prod.yaml' (reference 'values-prod.yaml')",
    )
  })
  test('a package in a source is taken as it is, until something of it is to change', async () => {
    const s = scene()
    const archive = Buffer.from(await packageOf(s.world.hands.kernel, app))
    const name = s.name()
    const tree = new Map([['app.tgz', archive]])
    const { artifacts, kernel } = s.world.hands
    await s.source('Bucket', { none: '' }, 'sha256:aa', name)
    const { memoryTree, archiveEntries } = await import('../../../src/sources/archive.ts')
    const { tar } = await import('../../../src/lib/tar.ts')
    const signal = new AbortController().signal
    const entries = archiveEntries(memoryTree(new Map([...tree].map(([path, content]) => [path, { content, mode: 0o644 }]))), {
      patterns: [],
      modes: 'normalised',
    })
    const artifact = await artifacts.store(
      { owner: { kind: 'Bucket', namespace, name }, filename: 'bb.tar.gz', revision: 'sha256:bb11223344556677' },
      kernel.gzip(tar(entries), signal),
      signal,
    )
    const at = { group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'Bucket', namespace, name }
    await s.world.cluster.patch(
      at,
      { type: 'merge', body: { status: { artifact: artifact as never } }, manager: 'test', subresource: 'status' },
      signal,
    )
    const plain = await s.run(await s.chart(s.name(), { kind: 'Bucket', name }, { chart: 'app.tgz' }))
    assert.match(judged(plain.object).Ready ?? '', /^True ChartPullSucceeded/)
    assert.deepEqual(await s.bytes(plain.object), archive)
    const marked = await s.run(await s.chart(s.name(), { kind: 'Bucket', name }, { chart: 'app.tgz', reconcileStrategy: 'Revision' }))
    assert.deepEqual(
      [judged(marked.object).Ready, revisionOf(marked.object)],
      ["True ChartPackageSucceeded: packaged 'app' chart with version '1.0.0+bb1122334455'", '1.0.0+bb1122334455'],
    )
  })
  const places: [says: string, files: ChartFiles, chart: string, message: RegExp][] = [
    ['a path that is not there', { a: '1' }, 'charts/app', /^stat \/charts\/app: no such file or directory$/],
    ['a folder that is no chart', { 'charts/app/a': '1' }, 'charts/app', /^no 'Chart\.yaml' found$/],
    ['a file that is no chart', { a: '1' }, 'a', /^(EOF|unexpected EOF|gzip: invalid header)$/],
    ['a chart without name', { 'Chart.yaml': 'version: 1.0.0\n' }, '.', /^validation: chart\.metadata\.name is required$/],
    ['a path from the root', { a: '1' }, '/charts', /^local chart reference path is expected to be relative$/],
  ]
  for (const [says, files, chart, message] of places)
    test(`no chart of a source: ${says}`, async () => {
      const [, text = ''] =
        /^True InvalidChartReference: invalid chart reference: (.*)$/.exec(judged((await ofGit(files, { chart })).object).Stalled ?? '') ??
        []
      assert.match(text, message)
    })

  const umbrella = (dependencies: JsonObject[], more: ChartFiles = {}): ChartFiles =>
    below('charts/app', { ...chartFiles('app', '1.0.0', {}, { dependencies }), ...more })
  test('dependencies come from the source and from repositories, under their aliases', async () => {
    const s = scene()
    const name = await s.offered([chartFiles('remote', '1.2.3')], indexOf({ remote: [{ version: '1.2.3' }, { version: '2.0.0' }] }))
    const dependencies = [
      { name: 'local', version: '0.1.0', repository: 'file://../local' },
      { name: 'held', version: '0.1.0' },
      { name: 'remote', version: '1.x', repository: `${s.server.url}/${name}`, alias: 'renamed', condition: 'renamed.enabled' },
    ]
    const held = below('charts/app/charts/held', chartFiles('held', '0.1.0'))
    const { ref, object } = await ofGit({ ...umbrella(dependencies), ...held, ...below('charts/local', chartFiles('local', '0.1.0')) }, {})
    assert.match(judged(object).Ready ?? '', /^True ChartPackageSucceeded/)
    const files = await s.packaged(object)
    assert.deepEqual(
      Object.keys(files)
        .filter(path => path.endsWith('Chart.yaml'))
        .toSorted(),
      ['app/Chart.yaml', 'app/charts/held/Chart.yaml', 'app/charts/local/Chart.yaml', 'app/charts/renamed/Chart.yaml'],
    )
    assert.equal((parse(files['app/charts/renamed/Chart.yaml'] ?? '') as { version: string }).version, '1.2.3')
    assert.equal((await s.event(ref, 'ResolvedDependencies')).message, 'resolved 2 chart dependencies')
  })
  test('the lock decides which dependencies there are', async () => {
    const s = scene()
    const name = await s.offered([chartFiles('remote', '1.0.0')], indexOf({ remote: [{ version: '1.0.0' }, { version: '1.1.0' }] }))
    const repository = `${s.server.url}/${name}/`
    const lock = `dependencies:\n- name: remote\n  repository: ${repository}\n  version: 1.0.0\ndigest: sha256:00\ngenerated: "2024-01-01T00:00:00Z"\n`
    const { object } = await ofGit(umbrella([{ name: 'remote', version: '1.x', repository }], { 'Chart.lock': lock }), {})
    const files = await s.packaged(object)
    assert.equal((parse(files['app/charts/remote/Chart.yaml'] ?? '') as { version: string }).version, '1.0.0')
    assert.deepEqual(parse(files['app/Chart.lock'] ?? ''), parse(lock))
  })
  test('a repository of the namespace signs in for a dependency', async () => {
    const s = scene()
    const guarded = await startChartServer('robot:pass')
    try {
      guarded.put('/index.yaml', indexOf({ remote: [{ version: '1.0.0' }] }))
      guarded.put('/remote-1.0.0.tgz', await packageOf(s.world.hands.kernel, chartFiles('remote', '1.0.0')))
      const files = umbrella([{ name: 'remote', version: '1.0.0', repository: `${guarded.url}//` }])
      const anonymous = await ofGit(files, {})
      assert.match(
        judged(anonymous.object).BuildFailed ?? '',
        /^True DependencyBuildError: dependency build error: failed to add remote dependency 'remote': .* : 401 Unauthorized$/,
      )
      const secret = await s.secret(s.name(), 'Opaque', { username: 'robot', password: 'pass' })
      await s.repository(s.name(), { url: guarded.url, secretRef: { name: secret } })
      assert.match(judged((await s.run(anonymous.ref)).object).Ready ?? '', /^True ChartPackageSucceeded/)
    } finally {
      await guarded.close()
    }
  })
  const unresolved: [says: string, dependency: JsonObject, message: string][] = [
    [
      'an alias of a repository',
      { repository: '@stable' },
      "failed to add remote dependency 'dep': aliased repository dependency is not supported: @stable/",
    ],
    [
      'an unknown scheme',
      { repository: 'ftp://example.com/' },
      "failed to add remote dependency 'dep': invalid dependency repository URL: ftp://example.com/",
    ],
    [
      'a folder that is not there',
      { repository: 'file://../none' },
      "failed to add local dependency 'dep': no chart found at '/charts/none' (reference 'file://../none')",
    ],
    [
      'a folder outside the source',
      { repository: 'file://../../../../etc' },
      "failed to add local dependency 'dep': no chart found at '/etc' (reference 'file://../../../../etc')",
    ],
    [
      'a chart beside, of another version',
      { repository: 'file://../dep', version: '^2.0.0' },
      "failed to add local dependency 'dep': can't get a valid version for constraint '^2.0.0'",
    ],
    [
      'a version that is no range',
      { repository: 'file://../dep', version: 'a b' },
      "failed to add local dependency 'dep': invalid version/constraint format 'a b': improper constraint: a b",
    ],
  ]
  for (const [says, dependency, message] of unresolved)
    test(`a dependency that cannot be had: ${says}`, async () => {
      const { object, driven } = await ofGit(
        { ...umbrella([{ name: 'dep', version: '0.1.0', ...dependency }]), ...below('charts/dep', chartFiles('dep', '0.1.0')) },
        {},
      )
      const failed = judged(object).BuildFailed ?? ''
      assert.ok(failed.startsWith(`True DependencyBuildError: dependency build error: ${message}`), failed)
      assert.ok(driven.is === 'done' && driven.settled.backoff === true)
    })

  test('a chart ends what went wrong before', async () => {
    const s = scene()
    const { ref, source, object } = await ofGit(
      below('charts/app', { ...app, 'Chart.yaml': 'name: app\nversion: 1.0.0\napiVersion: v2\n', 'values.schema.json': '{' }),
      {},
    )
    assert.match(
      judged(object).BuildFailed ?? '',
      /^True ChartPackageError: chart package error: failed to package chart: Invalid JSON in values\.schema\.json$/,
    )
    await s.source('GitRepository', below('charts/app', app), git('0123'), source)
    const { object: good } = await s.run(ref)
    assert.deepEqual(Object.keys(judged(good)).toSorted(), ['ArtifactInStorage', 'Ready'])
  })

  test('an index has no signatures: a chart that must have one is refused', async () => {
    const { object } = await ofRepository({ verify: { provider: 'cosign' } })
    const message = 'chart verification error: charts of an HTTP repository have no signatures'
    assert.equal(judged(object).BuildFailed, `True ChartVerificationError: ${message}`)
    assert.equal(judged(object).Ready, `False VerificationError: ${message}`)
  })

  test('a chart is woken by another revision of its own source only', async () => {
    const { ref, source, object } = await ofGit(below('charts/app', app), {})
    const chart = object as HelmChartObject
    const after = await scene().get({ ...ref, kind: 'GitRepository', name: source })
    const newer = { ...after, status: { artifact: { ...artifactOf(after), revision: git('77') } } }
    assert.deepEqual(wokenBy({ before: after, after: newer }, [chart]), [chart])
    assert.deepEqual(wokenBy({ before: undefined, after }, [chart]), [], 'what was seen')
    assert.deepEqual(wokenBy({ before: newer, after: newer }, [chart]), [], 'what did not change')
    assert.deepEqual(wokenBy({ before: undefined, after: { ...newer, kind: 'Bucket' } }, [chart]), [])
    assert.deepEqual(wokenBy({ before: undefined, after: { ...newer, metadata: { ...newer.metadata, namespace: 'other' } } }, [chart]), [])
  })
}
