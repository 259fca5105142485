/** A request for a resource. `group` is empty for the core group; `name` is absent for collections. */
export interface ResourcePath {
  readonly group: string
  readonly version: string
  readonly namespace?: string | undefined
  readonly plural: string
  readonly name?: string | undefined
  readonly subresource?: string | undefined
  /** The old form of a watch, `/api/v1/watch/…`. */
  readonly watched?: boolean | undefined
}

/** Reads `/api/v1/…` and `/apis/<group>/<version>/…`; `undefined` for other paths and for those that end at a version. */
export function resourcePath(path: string): ResourcePath | undefined {
  const parts = path.split('/').filter(Boolean).map(decodeURIComponent)
  const core = parts[0] === 'api'
  if (!core && parts[0] !== 'apis') return undefined
  const [group = '', version = ''] = core ? ['', parts[1]] : [parts[1], parts[2]]
  const all = parts.slice(core ? 2 : 3)
  const rest = all[0] === 'watch' ? all.slice(1) : all
  if (rest.length === 0) return undefined
  const isNamespace =
    rest[0] === 'namespaces' && (rest.length < 3 || (core && rest.length === 3 && ['status', 'finalize'].includes(rest[2] ?? '')))
  const [namespace, [plural = '', name, subresource]] =
    rest[0] === 'namespaces' && !isNamespace ? [rest[1], rest.slice(2)] : [undefined, rest]
  return {
    group,
    version,
    plural,
    ...(all[0] === 'watch' ? { watched: true } : {}),
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  }
}
