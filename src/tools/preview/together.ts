import { type KubeObject, splitApiVersion } from '../../kinds/manifest.ts'
import { stringAt } from '../../lib/json.ts'

/** What objects applied together bring along: namespaces and kinds that a dry run of the others does not find yet. */
export interface Together {
  readonly namespaces: ReadonlySet<string>
  readonly kinds: ReadonlySet<string>
}

export function together(objects: readonly KubeObject[]): Together {
  return {
    namespaces: new Set(objects.filter(o => o.kind === 'Namespace').map(o => o.metadata.name)),
    kinds: new Set(
      objects
        .filter(o => o.kind === 'CustomResourceDefinition')
        .map(o => `${stringAt(o, 'spec', 'group') ?? ''}/${stringAt(o, 'spec', 'names', 'kind') ?? ''}`),
    ),
  }
}

/** Whether a failed dry run only says that the object's namespace or kind comes with it. */
export function comesWith({ namespaces, kinds }: Together, object: KubeObject, code: string): boolean {
  if (code === 'NOT_FOUND') return namespaces.has(object.metadata.namespace ?? '')
  return code === 'NO_MATCH' && kinds.has(`${splitApiVersion(object.apiVersion).group}/${object.kind}`)
}
