import type { KubeObject } from '../kinds/manifest.ts'
import { printRef, refOf } from '../kinds/manifest.ts'
import { ToolError } from './error.ts'

const owners = [
  ['Kustomization', 'kustomize.toolkit.fluxcd.io'],
  ['HelmRelease', 'helm.toolkit.fluxcd.io'],
  ['ResourceSet', 'resourceset.fluxcd.controlplane.io'],
  ['FluxInstance', 'fluxcd.controlplane.io'],
] as const

/** The Flux object that an object belongs to, as `Kind/namespace/name`; `undefined` when it is nobody's. */
export function ownerOf({ metadata: { labels } }: KubeObject): string | undefined {
  const found = owners.find(([, prefix]) => labels?.[`${prefix}/name`] !== undefined)
  return found && `${found[0]}/${labels?.[`${found[1]}/namespace`] ?? ''}/${labels?.[`${found[1]}/name`] ?? ''}`
}

/** Refuses to write what Flux owns. @throws {ToolError} ManagedByFlux with the owner. */
export function guardOwnership(live: KubeObject | undefined): void {
  const owner = live && ownerOf(live)
  if (live && owner)
    throw new ToolError('ManagedByFlux', `${printRef(refOf(live))} is owned by ${owner}`, {
      next: `change its source and push it, then reconcile ${owner}; a direct change would be reverted`,
      object: owner,
    })
}
