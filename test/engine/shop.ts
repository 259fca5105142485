import type { KubeObject } from '../../src/kinds/manifest.ts'

/** A Kustomization that nobody has reconciled, and the inventory of what it makes. */
export const shop = {
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { namespace: 'apps', name: 'shop', uid: 'a-uid', generation: 1, resourceVersion: '1' },
  spec: { path: 'one', interval: '1m' },
} as const satisfies KubeObject
export const inventory = { entries: [{ id: 'apps_shop__ConfigMap', v: 'v1' }] }
