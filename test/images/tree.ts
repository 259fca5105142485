import type { Tree, TreeEntry } from '../../src/lib/tree.ts'

/** A tree of files by their paths, and of links with where they lead. */
export function treeIn(files: Readonly<Record<string, string>>, links: Readonly<Record<string, string>> = {}): Tree {
  const list = (folder: string): TreeEntry[] => {
    const found = new Map<string, TreeEntry>()
    const prefix = folder === '' ? '' : `${folder}/`
    for (const [path, content] of [...Object.entries(files), ...Object.entries(links)]) {
      if (!path.startsWith(prefix)) continue
      const [name = '', ...more] = path.slice(prefix.length).split('/')
      found.set(name, {
        name,
        type: more.length > 0 ? 'folder' : path in links ? 'link' : 'file',
        mode: 0o644,
        size: Buffer.byteLength(content),
      })
    }
    return [...found.values()]
  }
  return {
    list: async folder => list(folder),
    async *read(path) {
      yield new TextEncoder().encode(files[path] ?? links[path] ?? '')
    },
    rootMode: async () => 0o755,
  }
}
