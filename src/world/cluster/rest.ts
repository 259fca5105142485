import { joinApiVersion, type KubeObject, type ObjectRef, refOf } from '../../kinds/manifest.ts'
import { type Json, type JsonObject, at as valueAt, listAt, stringAt } from '../../lib/json.ts'
import type { ApiResource, ApplyOptions, Cluster, Discovery, ListQuery, LogQuery, ObjectList, Patch, WriteOptions } from './cluster.ts'
import { impersonating } from './impersonate.ts'
import { Served } from './served.ts'
import { ClusterError } from './error.ts'
import { named, pathOf, typeName, withoutUserInfo } from './paths.ts'
import { objectOf } from './answers.ts'
import { nearKinds, resolveKind } from './resolve.ts'
import { type Call, Transport, type TransportOptions } from './transport.ts'
import { metadataAs, watchQuery } from './watch.ts'

const pageSize = 500
const patchTypes = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
} as const

/** A cluster over its REST API. */
export function restCluster(options: TransportOptions): Cluster {
  return new RestCluster(options)
}

class RestCluster implements Cluster {
  readonly name: string
  readonly server: string
  readonly #transport: Transport
  readonly #options: TransportOptions
  readonly #served: Served

  /** What is served is the same for every user of a server. */
  constructor(options: TransportOptions, served?: Served) {
    this.name = options.name
    this.server = withoutUserInfo(options.server)
    this.#options = options
    this.#transport = new Transport(options)
    this.#served = served ?? new Served(this.#transport, options.clock)
  }

  as(user: string): Cluster {
    return new RestCluster({ ...this.#options, authorize: impersonating(user, this.#options.authorize) }, this.#served)
  }

  async discover(signal: AbortSignal): Promise<Discovery> {
    return await this.#served.known(false, signal)
  }

  async resolve(typed: string, signal: AbortSignal): Promise<ApiResource> {
    const found = resolveKind(typed, await this.#served.known(false, signal)) ?? resolveKind(typed, await this.#served.known(true, signal))
    if (found) return found
    const served = await this.#served.known(false, signal)
    const valid = nearKinds(typed, served)
    throw new ClusterError('NO_MATCH', {
      cluster: this.name,
      what: `resolve ${typed}`,
      message: `no kind '${typed}' is served by cluster '${this.name}'`,
      valid,
    })
  }

  async resourceOf(
    kind: { group: string; version?: string | undefined; kind: string },
    signal: AbortSignal,
  ): Promise<ApiResource | undefined> {
    return this.#served.find(kind, signal)
  }

  async version(signal: AbortSignal): Promise<string> {
    return (
      stringAt(await this.#transport.json({ method: 'GET', path: '/version', what: 'get the version' }, signal), 'gitVersion') ?? 'unknown'
    )
  }

  async allowed(
    { verb, group, resource, namespace, name, subresource }: Parameters<Cluster['allowed']>[0],
    signal: AbortSignal,
  ): Promise<boolean> {
    const resourceAttributes = {
      verb,
      group,
      resource,
      ...(namespace ? { namespace } : {}),
      ...(name ? { name } : {}),
      ...(subresource ? { subresource } : {}),
    }
    const review = await this.#transport.json(
      {
        method: 'POST',
        path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        what: 'review own access',
        body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } },
      },
      signal,
    )
    return valueAt(review, 'status', 'allowed') === true
  }

  async get(ref: ObjectRef, signal: AbortSignal): Promise<KubeObject | undefined> {
    const resource = await this.#resource(ref, signal)
    try {
      return objectOf(
        await this.#transport.json({ method: 'GET', path: pathOf(resource, ref), what: `get ${named(resource, ref)}` }, signal),
      )
    } catch (thrown) {
      if (thrown instanceof ClusterError && thrown.code === 'NOT_FOUND') return undefined
      throw thrown
    }
  }

  async list(query: ListQuery, signal: AbortSignal): Promise<ObjectList> {
    const resource = await this.#resource(query, signal)
    const list = await this.#transport.json(
      {
        method: 'GET',
        path: pathOf(resource, { namespace: query.namespace }),
        what: `list ${typeName(resource)}${query.namespace ? ` in ${query.namespace}` : ''}`,
        query: {
          labelSelector: query.labelSelector,
          fieldSelector: query.fieldSelector,
          limit: query.limit?.toString(),
          continue: query.continue,
          resourceVersion: query.resourceVersion,
        },
        ...(query.metadataOnly ? { accept: metadataAs('PartialObjectMetadataList') } : {}),
      },
      signal,
    )
    const rest = valueAt(list, 'metadata', 'remainingItemCount')
    const next = stringAt(list, 'metadata', 'continue')
    const type = { apiVersion: joinApiVersion(resource), kind: resource.kind }
    return {
      items: listAt(list, 'items').map(item => objectOf({ ...type, ...(item as JsonObject), ...(query.metadataOnly ? type : {}) })),
      resourceVersion: stringAt(list, 'metadata', 'resourceVersion') ?? '',
      ...(next ? { continue: next } : {}),
      ...(typeof rest === 'number' ? { remaining: rest } : {}),
    }
  }

  async *listAll(query: ListQuery, signal: AbortSignal): AsyncIterable<KubeObject> {
    let next: string | undefined
    do {
      const page = await this.list({ ...query, limit: pageSize, continue: next }, signal)
      yield* page.items
      next = page.continue
    } while (next)
  }

  async apply(object: KubeObject, options: ApplyOptions, signal: AbortSignal): Promise<KubeObject> {
    const call = {
      method: 'PATCH',
      verb: 'apply',
      contentType: 'application/apply-patch+yaml',
      body: object,
      force: options.force === true,
    } as const
    return this.#write(refOf(object), { ...call, options }, signal)
  }

  async create(object: KubeObject, options: WriteOptions, signal: AbortSignal): Promise<KubeObject> {
    return this.#write(refOf(object), { method: 'POST', verb: 'create', body: object, options }, signal)
  }

  async replace(object: KubeObject, options: WriteOptions, signal: AbortSignal): Promise<KubeObject> {
    return this.#write(refOf(object), { method: 'PUT', verb: 'replace', body: object, options }, signal)
  }

  async patch(ref: ObjectRef, patch: Patch, signal: AbortSignal): Promise<KubeObject> {
    return this.#write(
      ref,
      { method: 'PATCH', verb: 'patch', contentType: patchTypes[patch.type], body: patch.body, options: patch },
      signal,
    )
  }

  /** One write of an object, or of a subresource. */
  async #write(
    ref: ObjectRef,
    {
      method,
      verb,
      body,
      contentType,
      options,
      force = false,
    }: Pick<Call, 'method' | 'contentType'> & Required<Pick<Call, 'body'>> & { verb: string; options: WriteOptions; force?: boolean },
    signal: AbortSignal,
  ): Promise<KubeObject> {
    const resource = await this.#resource(ref, signal)
    const at = method === 'POST' ? { namespace: ref.namespace } : ref
    const answer = await this.#transport.json(
      {
        method,
        path: pathOf(resource, at, options.subresource),
        what: `${verb} ${named(resource, ref)}`,
        body,
        ...(contentType ? { contentType } : {}),
        query: { fieldManager: options.manager, force: force ? 'true' : undefined, dryRun: options.dryRun ? 'All' : undefined },
      },
      signal,
    )
    // Writing a definition changes what is served.
    if (resource.kind === 'CustomResourceDefinition') this.#served.forget()
    return objectOf(answer)
  }

  async delete(ref: ObjectRef, options: Parameters<Cluster['delete']>[1], signal: AbortSignal): Promise<Json | undefined> {
    const resource = await this.#resource(ref, signal)
    const { uid, resourceVersion } = options.preconditions ?? {}
    const preconditions = { ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) }
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: options.propagation ?? 'Background',
      ...(uid || resourceVersion ? { preconditions } : {}),
      ...(options.dryRun ? { dryRun: ['All'] } : {}),
    }
    try {
      return await this.#transport.json(
        { method: 'DELETE', path: pathOf(resource, ref), what: `delete ${named(resource, ref)}`, body },
        signal,
      )
    } catch (thrown) {
      if (thrown instanceof ClusterError && thrown.code === 'NOT_FOUND') return undefined
      throw thrown
    }
  }

  async *watch(query: ListQuery, signal: AbortSignal): ReturnType<Cluster['watch']> {
    const resource = await this.#resource(query, signal)
    yield* watchQuery({ query, resource, transport: this.#transport, reader: this, clock: this.#options.clock }, signal)
  }

  async tokenFor(
    { namespace, name }: Parameters<Cluster['tokenFor']>[0],
    audience: string | readonly string[],
    signal: AbortSignal,
  ): Promise<string> {
    const what = `create serviceaccounts/token ${namespace}/${name}`
    const core: Pick<ApiResource, 'group' | 'version' | 'plural' | 'namespaced'> = {
      group: '',
      version: 'v1',
      plural: 'serviceaccounts',
      namespaced: true,
    }
    const path = pathOf(core, { namespace, name }, 'token')
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: {}, spec: { audiences: [audience].flat() } }
    const token = stringAt(await this.#transport.json({ method: 'POST', path, what, body }, signal), 'status', 'token')
    if (token && /^[!-~]+$/.test(token)) return token
    throw new ClusterError('BAD_ANSWER', { cluster: this.name, what, message: 'the answer has no token' })
  }

  async serviceProxy(target: Parameters<Cluster['serviceProxy']>[0], signal: AbortSignal): Promise<AsyncIterable<Uint8Array> | undefined> {
    const path = `/api/v1/namespaces/${target.namespace}/services/${target.service}:${target.port}/proxy/${target.path.replace(/^\//, '')}`
    return this.#stream({ path, what: `read from service ${target.namespace}/${target.service}` }, signal)
  }

  async podLog(
    { namespace, name }: Parameters<Cluster['podLog']>[0],
    { container, ...query }: LogQuery,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/log`
    const options = Object.entries(query).map(([key, value]) => [key, value?.toString()])
    return this.#stream(
      { path, what: `read the log of pod ${namespace}/${name}`, query: { container, ...Object.fromEntries(options) } },
      signal,
    )
  }

  async #stream(call: Pick<Call, 'path' | 'what' | 'query'>, signal: AbortSignal): Promise<AsyncIterable<Uint8Array> | undefined> {
    try {
      return (await this.#transport.open({ method: 'GET', accept: '*/*', ...call }, signal)).body
    } catch (thrown) {
      if (thrown instanceof ClusterError && thrown.code === 'NOT_FOUND') return undefined
      throw thrown
    }
  }

  /** The served resource, or the error that the API machinery words for a kind it lacks. */
  async #resource(kind: { group: string; version?: string | undefined; kind: string }, signal: AbortSignal): Promise<ApiResource> {
    const found = await this.resourceOf(kind, signal)
    if (found) return found
    const version = kind.version ? joinApiVersion({ group: kind.group, version: kind.version }) : kind.group || 'v1'
    throw new ClusterError('NO_MATCH', {
      cluster: this.name,
      what: `find ${kind.kind}`,
      message: `no matches for kind "${kind.kind}" in version "${version}"`,
    })
  }
}
