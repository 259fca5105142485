import type { KubeObject, ObjectRef } from '../kinds/manifest.ts'
import { objectAt, stringAt } from '../lib/json.ts'

const sourceGroup = 'source.toolkit.fluxcd.io'
const imageGroup = 'image.toolkit.fluxcd.io'

/**
 * What an object takes its input from, one step up: a Kustomization its source, a HelmRelease its HelmChart, that its repository,
 * an ImagePolicy its ImageRepository. `undefined` for kinds at the top.
 */
export function sourceRefOf(object: KubeObject): ObjectRef | undefined {
  const spec = objectAt(object, 'spec')
  const local = object.metadata.namespace
  const named = [objectAt(spec, 'chartRef'), objectAt(spec, 'sourceRef')].find(ref => typeof ref.kind === 'string')
  if (named) return refIn(sourceGroup, named, local)
  const template = objectAt(spec, 'chart', 'spec', 'sourceRef')
  if (object.kind === 'HelmRelease' && typeof template.kind === 'string')
    return {
      group: sourceGroup,
      kind: 'HelmChart',
      name: `${local ?? ''}-${object.metadata.name}`,
      namespace: stringAt(template, 'namespace') ?? local,
    }
  const images = objectAt(spec, 'imageRepositoryRef')
  return typeof images.name === 'string' ? refIn(imageGroup, { ...images, kind: 'ImageRepository' }, local) : undefined
}

function refIn(group: string, ref: KubeObject['spec'], local: string | undefined): ObjectRef {
  return { group, kind: String(ref?.kind), name: String(ref?.name), namespace: stringAt(ref, 'namespace') ?? local }
}

/** A source without a reconciler: what names it reads it directly. */
export function isStatic(object: KubeObject): boolean {
  return object.kind === 'HelmRepository' && object.spec?.type === 'oci'
}

/** Whether an object takes its input from `source`, directly or by a HelmChart made for it. */
export function takesFrom(object: KubeObject, source: ObjectRef): boolean {
  const template = objectAt(object, 'spec', 'chart', 'spec', 'sourceRef')
  const refs = [
    sourceRefOf(object),
    ...(typeof template.kind === 'string' ? [refIn(sourceGroup, template, object.metadata.namespace)] : []),
  ]
  return refs.some(
    ref => ref?.group === source.group && ref.kind === source.kind && ref.name === source.name && ref.namespace === source.namespace,
  )
}
