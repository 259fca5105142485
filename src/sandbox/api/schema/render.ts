import type { KubeObject } from '../../../kinds/manifest.ts'
import type { JsonObject } from '../../../lib/json.ts'
import type { Api, Asked } from '../handlers.ts'
import { problems } from '../problem.ts'
import { tableOf } from './tables.ts'
import { inVersion, type Target } from '../write.ts'

/** The forms that a client may ask an object in. */
export type Form = 'Table' | 'Metadata' | 'Object'

const offered = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']

/** The form that the Accept header asks for first. @throws {ApiProblem} NotAcceptable when nothing in it can be had. */
export function formOf({ request }: Pick<Asked, 'request'>): Form {
  const wanted = (request.headers.accept ?? '*/*').split(',').map(part => part.trim())
  for (const part of wanted) {
    const [type = '', ...parameters] = part.split(';').map(p => p.trim())
    if (!['application/json', 'application/*', '*/*', ''].includes(type)) continue
    const as = parameters.find(p => p.startsWith('as='))?.slice(3)
    if (as === 'Table') return 'Table'
    if (as?.startsWith('PartialObjectMetadata')) return 'Metadata'
    if (as === undefined) return 'Object'
  }
  throw wanted.some(part => part.startsWith('application/json')) ? problems.formNotAcceptable(offered) : problems.notAcceptable(offered)
}

/** An object in the form that was asked for. */
export function rendered(api: Api, asked: Asked, object: KubeObject): JsonObject {
  const form = formOf(asked)
  if (form === 'Table')
    return tableOf(asked.resource, [object], {
      now: api.clock.now(),
      metadata: { resourceVersion: object.metadata.resourceVersion ?? '' },
      include: asked.query.get('includeObject') ?? 'Metadata',
    })
  return form === 'Metadata' ? metadataOnly(object) : object
}

/** An object reduced to its metadata. */
export function metadataOnly(object: KubeObject): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata }
}

/** The live object in the version that was asked for. @throws {ApiProblem} NotFound */
export function existing({ store }: Pick<Api, 'store'>, { resource, namespace, name }: Target): KubeObject {
  const live = store.get(resource, namespace, name)
  if (!live) throw problems.notFound(resource, name)
  return inVersion(live, resource)
}
