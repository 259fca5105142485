type Files = ReadonlyMap<string, Uint8Array>

/** A path inside the artifact: `..` is clamped at the root, as the controller's joins are. `.` is the root. Spec: kustomization 3.4. */
export function clamped(path: string): string {
  const out: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') out.pop()
    else if (part !== '' && part !== '.') out.push(part)
  }
  return out.join('/') || '.'
}

/** `path` as seen from `base`; `undefined` when it leaves the artifact. */
export function joined(base: string, path: string): string | undefined {
  const out: string[] = []
  for (const part of [...base.split('/'), ...path.split('/')]) {
    if (part === '..' && out.pop() === undefined) return undefined
    if (part !== '' && part !== '.' && part !== '..') out.push(part)
  }
  return out.join('/') || '.'
}

/** The folder of a file; `.` for the root. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '.' : path.slice(0, slash)
}

/** `base` and a path below it. */
export function below(base: string, path: string): string {
  return base === '.' ? path : `${base}/${path}`
}

/** Whether a path is a file or a folder. @param folders Those that the artifact names, be they empty. */
export function exists(files: Files, path: string, folders?: ReadonlySet<string>): boolean {
  if (path === '.' || files.has(path) || folders?.has(path) === true) return true
  for (const file of files.keys()) if (file.startsWith(`${path}/`)) return true
  return false
}

/** Files in a folder or below it, in no order. */
export function filesBelow(files: Files, folder: string): string[] {
  const all = [...files.keys()]
  return folder === '.' ? all : all.filter(path => path.startsWith(`${folder}/`))
}

/** Paths as a walk meets them: name by name, so that `a/x` comes before `a-b/x`. */
export function inWalkOrder(paths: readonly string[]): string[] {
  return paths
    .map(path => ({ path, key: path.replaceAll('/', '\0') }))
    .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ path }) => path)
}
