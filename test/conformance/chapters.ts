import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The case tables of the specs whose behaviours are due: page, section, and the ids in order. */
const due: readonly [page: 'sources' | 'kustomization' | 'images', file: string, sections: readonly string[]][] = [
  ['sources', 'sources-and-artifacts.md', ['13.1', '13.2', '13.3', '13.4', '13.5', '13.6', '13.7', '13.8', '13.9']],
  ['kustomization', 'kustomization.md', ['15.1', '15.2', '15.3', '15.4', '15.5', '15.6', '15.7', '15.8']],
  ['images', 'image-helm-notification.md', ['Image policy and scan', 'Digest reflection and ACL', 'Setters and automation']],
]
const idPattern = /^\| ([A-Z]?\d+|[A-Z]-\d+) \|/gm

/** Each due chapter with its ids as `page/case`. */
export function chapters(root: string): { name: string; ids: string[] }[] {
  return due.flatMap(([page, file, sections]) => {
    const text = readFileSync(join(root, 'docs/spec', file), 'utf8')
    return sections.map(section => {
      const [, title = '', body = ''] = new RegExp(`^###? ${section.replace('.', '\\.')} (.*?)\\n([\\s\\S]*?)(?=^##)`, 'm').exec(text) ?? []
      return {
        name: `${page} ${section} ${title.slice(0, 34)}`,
        ids: [...body.matchAll(idPattern)].map(m => `${page}/${m[1] ?? ''}`),
      }
    })
  })
}

/** Every case id of the pages that have chapters due, whatever the chapter. */
export function knownIds(root: string): ReadonlySet<string> {
  return new Set(
    due.flatMap(([page, file]) =>
      [...readFileSync(join(root, 'docs/spec', file), 'utf8').matchAll(idPattern)].map(([, id = '']) => `${page}/${id}`),
    ),
  )
}
