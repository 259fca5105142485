import { Kustomization } from '../../kinds/kustomization.ts'
import { printRef } from '../../kinds/manifest.ts'
import { OCIRepository, type OCIRepositoryObject } from '../../kinds/oci-repository.ts'
import { artifactOf } from '../../kustomize/depends.ts'
import { shortRevision } from '../../lib/digest.ts'
import type { World } from '../../world/world.ts'
import { dependents } from './dependents.ts'
import { ToolError } from '../frame/error.ts'
import { existing, type Located } from '../objects/locate.ts'
import { previewKustomization } from './preview-kustomization.ts'
import { newestRevision } from './render-live.ts'
import type { Call, Preview, Running } from '../tool.ts'

/** What running an object would change. @throws {ToolError} Unsupported for kinds whose work this engine cannot foresee. */
export function previewRun(world: World, located: Located & { newest?: boolean }, call: Running): Promise<Preview> {
  const { group, kind } = located.ref
  if (group === Kustomization.group && kind === Kustomization.kind) return previewKustomization(world, located, call)
  if (group === OCIRepository.group && kind === OCIRepository.kind) return previewFetch(world, located, call)
  throw new ToolError('Unsupported', `what a run of ${kind} would change cannot be told beforehand`, {
    next: 'plan works for Kustomization and OCIRepository; get_object shows what is there now',
  })
}

async function previewFetch(world: World, { cluster, ref }: Located, call: Call): Promise<Preview> {
  const source = (await existing({ cluster, ref }, call.signal)) as OCIRepositoryObject
  const newest = await newestRevision(world, { cluster, source }, call)
  const stored = artifactOf(source)?.revision
  const same = stored === newest
  return {
    summary: `${printRef(ref)}: ${same ? `nothing new, ${shortRevision(newest)} is stored` : `fetch ${shortRevision(newest)}`}`,
    changes: [
      ...(same
        ? []
        : [{ action: 'fetch', object: printRef(ref), detail: `${shortRevision(stored ?? 'nothing')} → ${shortRevision(newest)}` }]),
      ...(await dependents(cluster, ref, call.signal)),
    ],
    live: JSON.stringify([source.metadata.uid, source.metadata.generation, newest]),
  }
}
