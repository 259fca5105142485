import type { ChartContent } from '../../kinds/chart.ts'

/** The files of a source by path. */
export type SourceFiles = ReadonlyMap<string, Uint8Array>

/** The chart at a path: a packaged one, or a folder. Throws text where there is neither. */
export function chartAt(files: SourceFiles, path: string): ChartContent {
  const archive = files.get(path)
  if (archive) return { archive }
  const prefix = path === '' ? '' : `${path}/`
  const below = new Map(
    [...files].filter(([name]) => name.startsWith(prefix)).map(([name, content]) => [name.slice(prefix.length), content]),
  )
  if (below.size === 0) throw new Error(`stat /${path}: no such file or directory`)
  return { files: below }
}
