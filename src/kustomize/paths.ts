/** A path inside the artifact: `..` is clamped at the root, as the controller's joins are. `.` is the root. Spec: kustomization 3.4. */
export function clamped(path: string): string {
  const out: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') out.pop()
    else if (part !== '' && part !== '.') out.push(part)
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

/** Files in a folder or below it, in byte order of their paths. */
export function filesBelow(files: ReadonlyMap<string, Uint8Array>, folder: string): string[] {
  const all = [...files.keys()].toSorted()
  return folder === '.' ? all : all.filter(path => path.startsWith(`${folder}/`))
}
