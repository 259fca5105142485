import assert from 'node:assert/strict'
import { test } from 'node:test'
import { notRendered } from '../../src/tools/preview/not-rendered.ts'

const rows: [kind: string, next: RegExp][] = [
  ['HelmChart', /packs a chart and renders nothing: use get_object/],
  ['HelmRepository', /lists charts/],
  ['HelmRelease', /helm get manifest/],
  ['GitRepository', /name the Kustomization that applies it/],
  ['Deployment', /^name a Kustomization$/],
]
for (const [kind, next] of rows)
  test(`build of a ${kind} says what to use instead`, () => {
    const error = notRendered({ group: '', version: 'v1', kind, namespace: 'apps', name: 'web' })
    assert.deepEqual([error.code, error.message], ['Unsupported', `${kind}/apps/web cannot be rendered here`])
    assert.match(error.told.next ?? '', next)
  })
