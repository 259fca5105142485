import type { Artifact } from '../kinds/artifact.ts'
import type { KustomizationObject } from '../kinds/kustomization.ts'
import { conditionOf, conditionsOf, type KubeObject, type ObjectRef } from '../kinds/manifest.ts'
import { isObject, objectAt, stringAt } from '../lib/json.ts'

export const sourceGroup = 'source.toolkit.fluxcd.io'
const group = 'kustomize.toolkit.fluxcd.io'

/** The source that an object builds. Spec: kustomization 3.1. */
export function sourceOf(ks: KustomizationObject): ObjectRef {
  const { kind, name, namespace } = ks.spec.sourceRef
  return { group: sourceGroup, kind, name, namespace: namespace ?? ks.metadata.namespace }
}

/** The artifact that a source offers. `undefined` before its first. Only the artifact counts, not whether the source is ready. */
export function artifactOf(source: KubeObject): Artifact | undefined {
  const artifact = objectAt(source, 'status', 'artifact')
  return typeof artifact.url === 'string' && typeof artifact.revision === 'string' ? (artifact as unknown as Artifact) : undefined
}

/** What an object waits for, in order. */
export function dependencies(ks: KustomizationObject): ObjectRef[] {
  return (ks.spec.dependsOn ?? []).map(({ name, namespace }) => ({
    group,
    kind: 'Kustomization',
    name,
    namespace: namespace ?? ks.metadata.namespace,
  }))
}

/** Why a dependency holds an object up; `undefined` when it does not. @param unread Why it could not be read. Spec: kustomization 3.2. */
export function notReady(
  ks: KustomizationObject,
  { ref, found, unread }: { ref: ObjectRef; found: KubeObject | undefined; unread?: string | undefined },
  artifact: Artifact,
): string | undefined {
  const printed = `dependency '${ref.namespace ?? ''}/${ref.name}'`
  if (!found) return `${printed} not found: ${unread ?? `kustomizations.${group} "${ref.name}" not found`}`
  const observed = isObject(found.status) ? found.status.observedGeneration : undefined
  if (conditionsOf(found).length === 0 || found.metadata.generation !== observed || conditionOf(found, 'Ready')?.status !== 'True')
    return `${printed} is not ready`
  const sameSource = sameTarget(sourceRefOf(found), sourceOf(ks))
  return sameSource && stringAt(found, 'status', 'lastAppliedRevision') !== artifact.revision
    ? `${printed} revision is not up to date`
    : undefined
}

function sourceRefOf(found: KubeObject): ObjectRef {
  const { kind, name, namespace } = objectAt(found, 'spec', 'sourceRef')
  return {
    group: sourceGroup,
    kind: String(kind),
    name: String(name),
    namespace: typeof namespace === 'string' && namespace ? namespace : found.metadata.namespace,
  }
}

function sameTarget(a: ObjectRef, b: ObjectRef): boolean {
  return a.kind === b.kind && a.name === b.name && a.namespace === b.namespace
}
