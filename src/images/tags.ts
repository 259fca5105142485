import { compareBytes } from './policy.ts'

/** What no image is, unless the spec says otherwise. */
const signatures = String.raw`^.*\.sig$`
const shown = 10

/** The expressions that leave tags out: those of the spec, else signatures. Spec: image-helm-notification A.1.1. */
export function exclusionsOf(list: readonly string[] | undefined): readonly string[] {
  return list && list.length > 0 ? list : [signatures]
}

/** The tags that no expression finds a match in. @throws {RegexError} with Flux's text. Spec: image-helm-notification A.1.3 step 7. */
export async function withoutExcluded(tags: readonly string[], expressions: readonly string[]): Promise<string[]> {
  if (expressions.length === 1 && expressions[0] === signatures) return tags.filter(tag => !/^.*\.sig$/.test(tag))
  const { goExcluding } = await import('../lib/go-regex.ts')
  return goExcluding(tags, expressions)
}

/** The first tags in descending order of their bytes: what the status shows of a scan. Spec: image-helm-notification A.1.2. */
export function latestTags(tags: readonly string[]): string[] {
  let latest: string[] = []
  for (const tag of tags) {
    const last = latest.at(-1)
    if (latest.length === shown && last !== undefined && compareBytes(tag, last) <= 0) continue
    latest = [...latest, tag].toSorted((a, b) => compareBytes(b, a)).slice(0, shown)
  }
  return latest
}
