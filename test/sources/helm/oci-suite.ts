import assert from 'node:assert/strict'
import { generateKeyPairSync, sign as signBytes } from 'node:crypto'
import { test } from 'node:test'
import type { JsonObject } from '../../../src/lib/json.ts'
import { sha256 } from '../../../src/lib/digest.ts'
import { parseOciUrl } from '../../../src/lib/reference.ts'
import type { Descriptor } from '../../../src/kinds/oci.ts'
import type { Hands } from '../../../src/world/world.ts'
import { type BehaviourId, verifies } from '../../conformance/verifies.ts'
import { chartFiles, packageOf } from '../../support/chart-server.ts'
import { pushBytes, signedVector } from '../../support/signed.ts'
import { unending } from '../../support/unending.ts'
import { artifactOf, type HelmScene, judged, revisionOf } from './scene.ts'

const types = { config: 'application/vnd.cncf.helm.config.v1+json', chart: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip' }

function bound<T extends object>(target: T, methods: readonly (keyof T)[]): Partial<T> {
  return Object.fromEntries(methods.map(name => [name, (target[name] as (...args: unknown[]) => unknown).bind(target)])) as Partial<T>
}

/** HelmCharts of a registry. */
export function ociTests(scene: () => HelmScene): void {
  const push = async (repository: string, version: string, { config = types.config, layer = types.chart } = {}): Promise<Uint8Array> => {
    const { kernel, registries } = scene().world.hands
    const registry = await registries.open({ credentials: { type: 'anonymous' } }, 'transfer')
    const name = repository.split('/').at(-1) ?? ''
    const archive = await packageOf(kernel, chartFiles(name, version))
    const target = parseOciUrl(`oci://${scene().world.registry}/${repository}`)
    const blob = async (mediaType: string, bytes: Uint8Array) => {
      const descriptor = { mediaType, digest: sha256(bytes), size: bytes.length }
      const open = async function* () {
        yield bytes
      }
      await registry.pushBlob(target, { descriptor, open }, { signal: unending })
      return descriptor
    }
    const manifest = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: await blob(config, Buffer.from('{}')),
      layers: [await blob(layer, archive)],
    }
    const content = { mediaType: manifest.mediaType, bytes: Buffer.from(JSON.stringify(manifest)) }
    await registry.pushManifest({ ...target, tag: version.replaceAll('+', '_') }, content, unending)
    return archive
  }
  /** Signs what a tag stands for, as cosign does with a key; gives the key that verifies it. */
  const sign = async (repository: string, tag: string): Promise<string> => {
    const registry = await scene().world.hands.registries.open({ credentials: { type: 'anonymous' } }, 'transfer')
    const place = parseOciUrl(`oci://${scene().world.registry}/${repository}`)
    const { digest } = await registry.lookUp({ ...place, tag }, unending)
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const critical = {
      identity: { 'docker-reference': '' },
      image: { 'docker-manifest-digest': digest },
      type: 'cosign container image signature',
    }
    const payload = Buffer.from(JSON.stringify({ critical, optional: null }))
    const [config, layer] = [Buffer.from('{}'), payload].map((bytes, i) => ({
      mediaType: i === 0 ? 'application/vnd.oci.image.config.v1+json' : 'application/vnd.dev.cosign.simplesigning.v1+json',
      digest: sha256(bytes),
      size: bytes.length,
    })) as [Descriptor, Descriptor]
    await pushBytes(registry, place, { descriptor: config, bytes: Buffer.from('{}') })
    await pushBytes(registry, place, { descriptor: layer, bytes: payload })
    const annotations = { 'dev.cosignproject.cosign/signature': signBytes('sha256', payload, privateKey).toString('base64') }
    const mediaType = 'application/vnd.oci.image.manifest.v1+json'
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [{ ...layer, annotations }] }))
    await registry.pushManifest({ ...place, tag: `${digest.replace(':', '-')}.sig` }, { mediaType, bytes }, unending)
    return publicKey.export({ type: 'spki', format: 'pem' }).toString()
  }
  const chartOf = async (
    chart: string,
    spec: JsonObject = {},
    { repository = {}, hands = {} }: { repository?: JsonObject; hands?: Partial<Hands> } = {},
  ) => {
    const s = scene()
    const name = s.name()
    await s.repository(name, { url: `oci://${s.world.registry}/charts`, type: 'oci', ...repository })
    const ref = await s.chart(s.name(), { kind: 'HelmRepository', name }, { chart, ...spec })
    return { ref, ...(await s.run(ref, { hands })) }
  }
  const noTags = (): Partial<Hands> => {
    const { registries } = scene().world.hands
    return {
      registries: {
        async open(access, purpose) {
          const registry = await registries.open(access, purpose)
          return Object.assign(Object.create(registry) as typeof registry, {
            ...bound(registry, ['resolve', 'lookUp', 'manifest', 'blob']),
            tags: () => assert.fail('tags were listed'),
          })
        },
      },
    }
  }

  const chosen: [BehaviourId, says: string, name: string, wanted: string, version: string][] = [
    ['sources/142', 'a range of tags', 'ranged', '0.*', '0.10.0'],
    ['sources/139.2', 'any version', 'any', '*', '1.0.0'],
  ]
  for (const [id, says, name, wanted, version] of chosen)
    verifies(id, `the version of a registry: ${says}`, async () => {
      for (const each of ['0.2.0', '0.9.0', '0.10.0', '1.0.0', '1.1.0-rc.1']) await push(`charts/${name}`, each)
      const { object } = await chartOf(name, { version: wanted })
      assert.equal(revisionOf(object), version)
      assert.equal(judged(object).Ready, `True ChartPullSucceeded: pulled '${name}' chart with version '${version}'`)
    })
  verifies('sources/143', 'a version is pulled without a list of tags, byte for byte as it was pushed', async () => {
    const archive = await push('charts/concrete', '0.1.0')
    const { object } = await chartOf('concrete', { version: '0.1.0' }, { hands: noTags() })
    assert.equal(revisionOf(object), '0.1.0')
    assert.deepEqual(await scene().bytes(object), Buffer.from(archive))
    assert.equal(object.status?.observedSourceArtifactRevision, undefined)
  })
  test('a plus in a version is an underscore in its tag', async () => {
    await push('charts/plus', '1.0.0+a.b')
    for (const version of ['1.0.0+a.b', '1.x']) assert.equal(revisionOf((await chartOf('plus', { version })).object), '1.0.0+a.b')
  })
  test('a chart may be in a folder of the registry, and values files change it', async () => {
    await push('charts/team/nested', '1.0.0')
    const { ref, object } = await chartOf('team/nested', { version: '1.0.0' })
    assert.match(String(artifactOf(object).path), new RegExp(`/${ref.name}/team/nested-1\\.0\\.0\\.tgz$`))
    assert.ok((await scene().bytes(object)).length > 0)
  })

  const broken: [says: string, chart: string, version: string, push: () => Promise<unknown>, message: RegExp][] = [
    [
      'a tag that is not there',
      'none',
      '1.0.0',
      async () => {},
      /failed to download chart for remote reference: failed to get 'oci:\/\/\S+\/charts\/none:1\.0\.0': GET http:\S+: (MANIFEST|NAME)_UNKNOWN/,
    ],
    [
      'no tags at all',
      'none',
      '*',
      async () => {},
      /failed to get chart version for remote reference: could not get tags for "none": unable to locate any tags in provided repository: oci:\/\/\S+\/charts\/none$/,
    ],
    [
      'no version in the range',
      'old',
      '>=2.0.0',
      () => push('charts/old', '1.0.0'),
      /could not locate a version matching provided version string >=2\.0\.0$/,
    ],
    [
      'an image',
      'image',
      '1.0.0',
      () => push('charts/image', '1.0.0', { config: 'application/vnd.oci.image.config.v1+json' }),
      /could not load config with mediatype application\/vnd\.cncf\.helm\.config\.v1\+json$/,
    ],
    [
      'a manifest without chart',
      'layerless',
      '1.0.0',
      () => push('charts/layerless', '1.0.0', { layer: 'text/plain' }),
      /manifest does not contain a layer with mediatype application\/vnd\.cncf\.helm\.chart\.content\.v1\.tar\+gzip$/,
    ],
  ]
  for (const [says, chart, version, prepare, message] of broken)
    test(`a registry that has no such chart: ${says}`, async () => {
      await prepare()
      const { object, driven } = await chartOf(chart, { version })
      const [, text = ''] = /^True ChartPullError: chart pull error: (.*)$/s.exec(judged(object).FetchFailed ?? '') ?? []
      assert.match(text, message)
      assert.ok(driven.is === 'done' && driven.settled.backoff === true)
    })

  test('a chart that was signed is verified in every pass, and pulled as it was signed', async () => {
    const s = scene()
    await push('charts/signed', '1.0.0')
    const secret = await s.secret(s.name(), 'Opaque', { 'cosign.pub': await sign('charts/signed', '1.0.0') })
    const spec = { version: '1.0.0', verify: { provider: 'cosign', secretRef: { name: secret } } }
    const { ref, object } = await chartOf('signed', spec)
    assert.deepEqual(
      [judged(object).SourceVerified, judged(object).Ready],
      ['True Succeeded: verified signature of version 1.0.0', "True ChartPullSucceeded: pulled 'signed' chart with version '1.0.0'"],
    )
    await s.secret(secret, 'Opaque', { 'cosign.pub': await sign('charts/signed', '1.0.0') })
    assert.match(judged((await s.run(ref)).object).SourceVerified ?? '', /^True Succeeded/)
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }).toString()
    await s.secret(secret, 'Opaque', { 'cosign.pub': other })
    const { object: refused, driven } = await s.run(ref)
    const message = `chart verification error: failed to verify oci://${s.world.registry}/charts/signed:1.0.0: no matching signatures were found for '${s.world.registry}/charts/signed:1.0.0'`
    assert.deepEqual(
      [judged(refused).BuildFailed, judged(refused).SourceVerified, judged(refused).Ready],
      [`True ChartVerificationError: ${message}`, `False VerificationError: ${message}`, `False VerificationError: ${message}`],
    )
    assert.deepEqual(artifactOf(refused), artifactOf(object), 'the chart of before stays')
    assert.ok(driven.is === 'done' && driven.settled.backoff === true)
  })
  test('a signature that nobody made', async () => {
    await push('charts/unsigned', '1.0.0')
    const secret = await scene().secret(scene().name(), 'Opaque', signedVector('cosign-ecdsa-p256').secret)
    const { object } = await chartOf('unsigned', { version: '1.0.0', verify: { provider: 'cosign', secretRef: { name: secret } } })
    assert.match(judged(object).SourceVerified ?? '', /^False VerificationError: chart verification error: /)
    assert.equal(object.status?.artifact, undefined)
  })

  test('a pull secret without this registry is named', async () => {
    const s = scene()
    const data = { '.dockerconfigjson': JSON.stringify({ auths: { 'example.com': { auth: 'eDp5' } } }) }
    const secret = await s.secret(s.name(), 'kubernetes.io/dockerconfigjson', data)
    const { ref, object } = await chartOf('any', {}, { repository: { secretRef: { name: secret } } })
    const message = `failed to configure login options: no auth config for '${s.world.registry}' in the docker-registry Secret '${secret}'`
    assert.equal(judged(object).FetchFailed, `True Unknown: unknown build error: ${message}`)
    assert.equal((await s.event(ref, 'AuthenticationFailed')).message, message)
  })
  test('a cloud signs in where there is no Secret', async () => {
    const s = scene()
    await push('charts/cloudy', '1.0.0')
    const asked: string[] = []
    const auth: Hands['auth'] = {
      ...s.world.hands.auth,
      async registry(provider, place) {
        asked.push(`${provider} ${place}`)
        return { type: 'basic', username: 'AWS', password: 'token', expiresAt: Number.MAX_SAFE_INTEGER }
      },
    }
    const { object } = await chartOf('cloudy', { version: '1.0.0' }, { repository: { provider: 'aws' }, hands: { auth } })
    assert.equal(revisionOf(object), '1.0.0')
    assert.deepEqual(asked, [`aws ${s.world.registry}/charts`])
    const elsewhere = await chartOf('cloudy', { version: '1.0.0' }, { repository: { provider: 'aws' } })
    assert.match(
      judged(elsewhere.object).FetchFailed ?? '',
      /^True Unknown: unknown build error: failed to get credential from 'aws': .*invalid AWS registry/,
    )
  })
  test('a registry of the default type, and an address of the oci type', async () => {
    const s = scene()
    const web = await chartOf('any', {}, { repository: { url: s.server.url } })
    assert.match(judged(web.object).Stalled ?? '', /^True Failed: failed to construct Helm client: invalid OCI registry URL: http:/)
  })
}
