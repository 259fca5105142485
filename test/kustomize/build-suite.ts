import assert from 'node:assert/strict'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { conditionOf } from '../../src/kinds/manifest.ts'
import { stringAt } from '../../src/lib/json.ts'
import { verifies } from '../conformance/verifies.ts'
import { config, deployment, object, secret } from './objects.ts'
import type { Server } from './servers.ts'
import { idsOf, readyOf } from './stage.ts'
import { unending } from '../support/unending.ts'

const account = (namespace: string, labels: Record<string, string>, annotations: Record<string, string> = {}): KubeObject =>
  object('v1 ServiceAccount', { namespace, name: 'a' }, {}, { labels, annotations })
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const applied = (n: number): string => `True ReconciliationSucceeded: Applied revision: v${n}`

/** Builds and post-build substitution as they reach a Kubernetes API. Spec: kustomization 4, 5. */
export function buildCases({ stage, cluster }: Server): void {
  verifies('kustomization/S6', 'the later source of variables wins, newlines are taken out', async () => {
    const s = await stage('s6')
    await s.apply(config('s6', 'vars', { zone: '\naz-1a\n' }))
    await s.apply(secret('s6', 'vars', { stringData: { zone: '\naz-1b\n' } }))
    const from = (...kinds: string[]): object => ({ substituteFrom: kinds.map(kind => ({ kind, name: 'vars' })) })
    await s.ship([account('s6', { zone: '${zone}' })], { postBuild: from('ConfigMap', 'Secret') })
    assert.equal((await s.get(account('s6', {})))?.metadata.labels?.zone, 'az-1b')
    await s.ship([account('s6', { zone: '${zone}' })], { postBuild: from('Secret', 'ConfigMap') })
    assert.equal((await s.get(account('s6', {})))?.metadata.labels?.zone, 'az-1a')
    await s.ship([account('s6', { zone: '${zone}' })], { postBuild: { ...from('Secret', 'ConfigMap'), substitute: { zone: 'inline' } } })
    assert.equal((await s.get(account('s6', {})))?.metadata.labels?.zone, 'inline')
  })

  verifies('kustomization/S7', 'text of a Secret is expanded before it is encoded', async () => {
    const s = await stage('s7')
    await s.ship([secret('s7', 'target', { stringData: { zone: '${zone}' } })], { postBuild: { substitute: { zone: 'az-1b' } } })
    assert.deepEqual((await s.get(secret('s7', 'target')))?.data, { zone: base64('az-1b') })
  })

  verifies('kustomization/S8', 'a default stands in for what is not known; a name may begin with an underscore', async () => {
    const s = await stage('s8')
    await s.ship([account('s8', { environment: '${env:=dev}', region: '${_Region}' })], { postBuild: { substitute: { _Region: 'eu' } } })
    const { environment, region } = (await s.get(account('s8', {})))?.metadata.labels ?? {}
    assert.deepEqual([environment, region], ['dev', 'eu'])
  })

  verifies('kustomization/S9', 'optional sources may come and go, others may not', async () => {
    const s = await stage('s9')
    await s.apply(config('s9', 'vars', { color: '\nred\n' }))
    await s.apply(secret('s9', 'vars', { stringData: { shape: 'triangle' } }))
    const labels = { color: '${color:=blue}', shape: '${shape:=square}' }
    const postBuild = (optional: boolean): object => ({
      substitute: { var_substitution_enabled: 'true' },
      substituteFrom: ['ConfigMap', 'Secret'].map(kind => ({ kind, name: 'vars', optional })),
    })
    const shown = async (): Promise<unknown> => {
      const { color, shape } = (await s.get(account('s9', {})))?.metadata.labels ?? {}
      return [color, shape]
    }
    assert.equal(readyOf(await s.ship([account('s9', labels)], { postBuild: postBuild(true) })), applied(1))
    assert.deepEqual(await shown(), ['red', 'triangle'])
    for (const kind of ['ConfigMap', 'Secret'])
      await cluster().delete({ group: '', version: 'v1', kind, namespace: 's9', name: 'vars' }, {}, unending)
    assert.equal(readyOf(await s.again()), applied(1))
    assert.deepEqual(await shown(), ['blue', 'square'])
    const failed = await s.ship([account('s9', labels)], { postBuild: postBuild(false) })
    assert.equal(
      readyOf(failed),
      `False BuildFailed: post build failed for 'a': substitute from 'ConfigMap/vars' error: configmaps "vars" not found`,
    )
    const verbatim = { ...labels, 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' }
    const unnoticed = await s.ship([account('s9', { ...verbatim, color: 'x', shape: 'y' })], { postBuild: postBuild(false) })
    assert.equal(readyOf(unnoticed), applied(3))
  })

  verifies('kustomization/S10', 'a tag keeps a number text', async () => {
    const s = await stage('s10')
    const ks = await s.ship([account('s10', { number: '${numberStr}' })], { postBuild: { substitute: { numberStr: '!!str 123' } } })
    assert.equal(readyOf(ks), applied(1))
    assert.equal((await s.get(account('s10', {})))?.metadata.labels?.number, '123')
    const failed = await s.ship([account('s10', {}, { number: '${number}' })], { postBuild: { substitute: { number: '123' } } })
    assert.match(
      readyOf(failed),
      /^False ReconciliationFailed: ServiceAccount\/s10\/a dry-run failed: failed to create typed patch object /,
    )
  })

  verifies('kustomization/S11', 'quotes from a variable keep a number text', async () => {
    const s = await stage('s11')
    await s.ship([account('s11', {}, { number: '${q}${number}${q}' })], { postBuild: { substitute: { q: '"', number: '123' } } })
    assert.equal((await s.get(account('s11', {})))?.metadata.annotations?.number, '123')
  })

  verifies('kustomization/S12', 'a number within a text is text', async () => {
    const s = await stage('s12')
    const source = object(
      'source.toolkit.fluxcd.io/v1 OCIRepository',
      { namespace: 's12', name: 'other' },
      { spec: { url: 'oci://registry.invalid/other', interval: '${number}m' } },
    )
    assert.equal(readyOf(await s.ship([source], { postBuild: { substitute: { number: '123' } } })), applied(1))
    assert.equal(stringAt(await s.get(source), 'spec', 'interval'), '123m')
  })

  verifies('kustomization/S13', 'an escaped dollar stays one, a backslash stays', async () => {
    const s = await stage('s13')
    const script = 'echo $${var} \\? $$HOME\n'
    await s.ship([config('s13', 'script', { run: script })], { postBuild: { substitute: { var: 'no' } } })
    assert.deepEqual((await s.get(config('s13', 'script')))?.data, { run: 'echo ${var} \\? $HOME\n' })
  })

  verifies('kustomization/S14', 'in strict mode a variable that is not set fails the build', async () => {
    const s = await stage('s14')
    const ks = await s.ship(
      [account('s14', { missing: '${missing}' })],
      { postBuild: { substitute: { a: '1' } } },
      { settings: { strictSubstitution: true } },
    )
    assert.equal(
      readyOf(ks),
      `False BuildFailed: post build failed for 'a': envsubst error: variable substitution failed: variable not set (strict mode): "missing"`,
    )
    assert.equal(readyOf(await s.again()), applied(1))
    assert.equal((await s.get(account('s14', {})))?.metadata.labels?.missing, '')
  })

  verifies('kustomization/S18', 'a variable whose key is no name fails the build', async () => {
    const s = await stage('s18')
    const ks = await s.ship([account('s18', {})], { postBuild: { substitute: { 'my-var': '1' } } })
    assert.match(readyOf(ks), /^False BuildFailed: post build failed for 'a': envsubst error: 'my-var' var name is invalid, must match /)
  })

  verifies('kustomization/G14', 'common metadata wins over what is there, and goes again', async () => {
    const s = await stage('g14')
    const objects = [deployment('g14', 'd'), config('g14', 'c', {}, { annotations: { tenant: 'test' } })]
    const metadata = async (like: KubeObject): Promise<unknown> => {
      const { labels, annotations } = (await s.get(like))?.metadata ?? {}
      return [labels?.tenant, annotations?.tenant]
    }
    await s.ship(objects, { commonMetadata: { labels: { tenant: 'X' }, annotations: { tenant: 'X' } } })
    for (const o of objects) assert.deepEqual(await metadata(o), ['X', 'X'])
    const live = await s.get(deployment('g14', 'd'))
    assert.equal(stringAt(live, 'spec', 'template', 'metadata', 'labels', 'tenant'), undefined)
    await s.ship(objects)
    assert.deepEqual(await metadata(config('g14', 'c')), [undefined, 'test'])
  })

  verifies('kustomization/G16.1', 'plain YAML that is broken fails the build, its revision attempted', async () => {
    const s = await stage('g16-1')
    await s.ship([config('g16-1', 'c')])
    const ks = await s.ship({ 'c.yaml': 'apiVersion: v1\n kind: ConfigMap\n' })
    assert.equal(
      readyOf(ks),
      'False BuildFailed: failed to decode Kubernetes YAML from /artifact/c.yaml: MalformedYAMLError: yaml: line 2: mapping values are not allowed in this context <nil>',
    )
    assert.deepEqual([ks.status?.lastAttemptedRevision, ks.status?.lastAppliedRevision], ['v2', 'v1'])
    assert.deepEqual(idsOf(ks), ['g16-1_c__ConfigMap'])
    assert.deepEqual((await s.events()).at(-1), `Warning BuildFailed ${conditionOf(ks, 'Ready')?.message}`)
  })

  verifies('kustomization/G16.2', 'an overlay that is broken fails the build, its revision attempted', async () => {
    const s = await stage('g16-2')
    const ks = await s.ship({ 'kustomization.yaml': 'resources: [nope.yaml]\n' })
    assert.match(
      readyOf(ks),
      /^False BuildFailed: kustomize build failed: accumulating resources: accumulation err='accumulating resources from 'nope.yaml'/,
    )
    assert.equal(ks.status?.lastAttemptedRevision, 'v1')
    assert.equal(conditionOf(ks, 'Reconciling')?.message, 'Building manifests for revision v1 with a timeout of 9m30s')
  })

  verifies('kustomization/G9', 'a build that panics fails its run, and the next run works', async () => {
    const s = await stage('g9')
    const cipher = 'ENC[AES256_GCM,data:Rwzr/BF8w=,iv:DuJc=,tag:Gg9X==,type:str]'
    const ks = await s.ship({
      'kustomization.yaml': 'namespace: test\nnamePrefix: test\nresources: [a.yaml]\n',
      'a.yaml': `apiVersion: ${cipher}\nkind: ${cipher}\nmetadata: {name: "${cipher}", namespace: "${cipher}"}\n`,
    })
    assert.match(readyOf(ks), /^False BuildFailed: kustomize build failed: recovered from kustomize build panic: /)
    assert.equal(readyOf(await s.ship([config('g9', 'c')])), applied(2))
  })
}
