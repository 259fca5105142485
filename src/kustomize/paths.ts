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
  return path === '.' || files.has(path) || folders?.has(path) === true || filesBelow(files, path).length > 0
}

/** Files in a folder or below it, as a walk meets them. */
export function filesBelow(files: Files, folder: string): string[] {
  const all = [...files.keys()]
  return (folder === '.' ? all : all.filter(path => path.startsWith(`${folder}/`))).toSorted(inWalkOrder)
}

/** Compares paths as a walk meets them: name by name, so that `a/x` comes before `a-b/x`. */
export function inWalkOrder(a: string, b: string): number {
  const [first, second] = [a.replaceAll('/', '\0'), b.replaceAll('/', '\0')]
  return first < second ? -1 : first > second ? 1 : 0
}
