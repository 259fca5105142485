interface Parts {
  readonly scheme: string
  readonly host: string
  readonly path: string
  readonly query: string
}

/** A URL's parts as they are written: reading it as browsers do would change its escapes. Throws text for one that is none. */
function partsOf(url: string): Parts {
  const found = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(\?[^#]*)?/i.exec(url)
  const [, scheme = '', host = '', path = '', query = ''] = found ?? []
  const isReadable = found && !/[\s\u0000-\u001f\u007f]/.test(url) && !/%(?![0-9a-f]{2})/i.test(path) && canBeHost(host)
  if (!isReadable) throw new Error(`parse "${withoutUser(url)}": invalid URL`)
  return { scheme: scheme.toLowerCase(), host, path, query }
}

function canBeHost(host: string): boolean {
  return host !== '' && URL.canParse(`http://${host}`)
}

/** With one slash at the end of the path, without any in a registry; the query stays. `''` for `''`. Throws text for what is no URL. Spec: sources 6. */
export function normalUrl(url: string): string {
  if (url === '') return ''
  const { scheme, host, path, query } = partsOf(url)
  const trimmed = path.replace(/\/+$/, '')
  return `${scheme}://${host}${trimmed}${scheme === 'oci' ? '' : '/'}${query}`
}

/** Where a repository's index is. Throws text for what is no URL. */
export function indexUrl(url: string): string {
  const { scheme, host, path, query } = partsOf(url)
  return `${scheme}://${host}${path.replaceAll(/\/+/g, '/').replace(/\/$/, '')}/index.yaml${query}`
}

/** Where a chart is that an index names: itself, or below the repository, with the repository's query. Throws text for what is no URL. */
export function chartUrl(repository: string, reference: string): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(reference)) return reference
  const { scheme, host, path, query } = partsOf(repository)
  const base = `${scheme}://${host}${path.replace(/\/$/, '')}/`
  if (!URL.canParse(reference, base)) throw new Error(`failed to parse ${reference} as URL`)
  const resolved = new URL(reference, base)
  resolved.search = query
  resolved.hash = ''
  return resolved.href
}

/** Throws Flux's text for the repository of a dependency that cannot be asked. */
export function checkDependencyUrl(url: string): void {
  if (/^(oci|https?:\/\/)/.test(url)) return
  const why = url.startsWith('@') ? 'aliased repository dependency is not supported' : 'invalid dependency repository URL'
  throw new Error(`${why}: ${withoutUser(url).replace(/\/+$/, '')}/`)
}

/** A URL as it may be shown: without user and password. */
export function withoutUser(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1')
}
