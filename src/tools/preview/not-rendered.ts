import { printRef, type ObjectRef } from '../../kinds/manifest.ts'
import { ToolError } from '../frame/error.ts'

const advice: Readonly<Record<string, string>> = {
  HelmChart: 'a HelmChart packs a chart and renders nothing: use get_object with view=summary for its version and where its artifact is',
  HelmRepository: 'a HelmRepository lists charts and renders nothing: use get_object with view=summary',
  HelmRelease: 'a HelmRelease is rendered by Helm: use get_object with view=summary, or `helm get manifest` for what its release has',
}
const ofSource = 'a source renders nothing: name the Kustomization that applies it'
const sources = new Set(['GitRepository', 'OCIRepository', 'Bucket'])

/** What to ask instead of rendering something that is no Kustomization. */
export function notRendered(ref: ObjectRef): ToolError {
  const next = advice[ref.kind] ?? (sources.has(ref.kind) ? ofSource : 'name a Kustomization')
  return new ToolError('Unsupported', `${printRef(ref)} cannot be rendered here`, { next, object: printRef(ref) })
}
