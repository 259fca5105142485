/** The kind that a message says no API server serves in a version; `said` is those words. `undefined` where it speaks of none. */
export function unservedKind(message: string): { said: string; kind: string; group: string; version: string } | undefined {
  const [said, kind = '', group = '', version = ''] = /no matches for kind "(\w+)" in version "([\w.-]+)\/(\w+)"/.exec(message) ?? []
  return said === undefined ? undefined : { said, kind, group, version }
}
