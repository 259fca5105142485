import { applyManifests } from './apply_manifests.ts'
import { build } from './build.ts'
import { explain } from './explain.ts'
import { deleteObject } from './delete_object.ts'
import type { Gates } from './frame/gate.ts'
import { diffArtifact } from './diff_artifact.ts'
import { getEvents } from './get_events.ts'
import { getImageDigest } from './get_image_digest.ts'
import { getLogs } from './get_logs.ts'
import { getObject } from './get_object.ts'
import { getStatus } from './get_status.ts'
import { listArtifacts } from './list_artifacts.ts'
import { listClusters } from './list_clusters.ts'
import { planTool } from './plan.ts'
import { pullArtifact, pullArtifactToFolder } from './pull_artifact.ts'
import { pushArtifact } from './push_artifact.ts'
import { reconcile } from './reconcile.ts'
import { searchDocs } from './search_docs.ts'
import { setSuspended } from './set_suspended.ts'
import { tagArtifact } from './tag_artifact.ts'
import type { Tool } from './tool.ts'
import { trace } from './trace.ts'
import { updateImages } from './update_images.ts'

/** The tools of a server, in their fixed order. Read-only: only those that read. `files`: the user's files may be written. */
export function allTools({ gates, readOnly, files = true }: { gates: Pick<Gates, 'key'>; readOnly: boolean; files?: boolean }): Tool[] {
  const base = [
    getStatus,
    getObject,
    getEvents,
    getLogs,
    explain,
    trace,
    build,
    getImageDigest,
    listArtifacts,
    diffArtifact,
    searchDocs,
    listClusters,
    readOnly || !files ? pullArtifact : pullArtifactToFolder,
    reconcile,
    setSuspended,
    pushArtifact,
    tagArtifact,
    applyManifests,
    updateImages,
    deleteObject,
  ]
  const shown = base.filter(t => !readOnly || t.effect === 'reads')
  const after = shown.indexOf(build) + 1
  return [...shown.slice(0, after), planTool(shown, gates), ...shown.slice(after)]
}
