import { isFluxGroup } from '../../engine/controllers.ts'
import { holdOf, isSuspended } from '../../engine/request.ts'
import { type KubeObject, printRef } from '../../kinds/manifest.ts'
import { ToolError } from '../frame/error.ts'
import type { Located } from '../objects/locate.ts'

/** Refuses what no controller would take. `once`: with what only a HelmRelease has. @throws {ToolError} InvalidArgument, Unsupported, Suspended, Conflict. */
export function refuse({ ref, resource }: Located, object: KubeObject, once: boolean): void {
  const name = printRef(ref)
  if (!isFluxGroup(ref.group))
    throw new ToolError('InvalidArgument', `${ref.kind} is no Flux kind`, { next: 'name a Flux object, such as a Kustomization' })
  if (once && ref.kind !== 'HelmRelease')
    throw new ToolError('InvalidArgument', `force and reset are for HelmReleases, and ${name} is none`, {
      next: 'leave force and reset away',
    })
  if (!resource.subresources.includes('status'))
    throw new ToolError('Unsupported', `${ref.kind} has no status, so no run of it can be judged: it takes effect with the next event`, {
      next: 'nothing to reconcile; get_object shows its spec',
      object: name,
    })
  if (isSuspended(object))
    throw new ToolError('Suspended', `${name} is suspended: ${holdOf(object)}`, {
      next: 'resume it with set_suspended suspended=false, which also runs it',
      object: name,
    })
  if (object.metadata.deletionTimestamp)
    throw new ToolError('Conflict', `${name} is being deleted, held by ${(object.metadata.finalizers ?? []).join(', ') || 'nothing'}`, {
      next: 'get_object shows how far that is',
      object: name,
    })
}
