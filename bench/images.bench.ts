import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { candidates, chosen, type PolicySpec, policerOf } from '../src/images/policy.ts'
import { exclusionsOf, latestTags, withoutExcluded } from '../src/images/tags.ts'
import { sqliteTags } from '../src/world/tags/sqlite.ts'
import { figure, timed } from './figures.ts'

/** `IMAGES` and `TAGS` say how many; 1,000 and 5,000 without them. */
const [images, count] = [Number(process.env.IMAGES ?? 1000), Number(process.env.TAGS ?? 5000)]

const policies: [what: string, spec: PolicySpec][] = [
  ['semver', { policy: { semver: { range: '>=1.0.0 <9.0.0' } } }],
  ['alphabetical', { policy: { alphabetical: { order: 'asc' } } }],
  [
    'numerical, extracted',
    { policy: { numerical: { order: 'asc' } }, filterTags: { pattern: String.raw`^\d+\.(?P<minor>\d+)\.\d+`, extract: '$minor' } },
  ],
]

/** Tags of many images kept, read and chosen from: time, memory, size of the database. */
export async function bench(): Promise<readonly [string, string][]> {
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-bench-'))
  const file = join(folder, 'tags.sqlite')
  const tags = sqliteTags({ file })
  const rows: [string, string][] = []
  const list = Array.from(
    { length: count },
    (_, i) => `${i % 10}.${Math.floor(i / 10) % 100}.${Math.floor(i / 1000)}${i % 7 === 0 ? '-rc.1' : ''}`,
  )
  try {
    for (const [what, spec] of policies) {
      const policer = policerOf(spec.policy)
      rows.push([`${what}: chosen of ${count} tags`, figure(await timed(50, () => chosen(policer, spec.filterTags, list)))])
    }
    const semver = policerOf({ semver: { range: '*' } })
    rows.push(['the ten best', figure(await timed(20, async () => candidates(semver, await chosen(semver, undefined, list), 10)))])
    const exclusions = ['^.*-alpha$', '^.*-beta$', ...exclusionsOf(undefined)]
    rows.push([`three exclusions over ${count} tags`, figure(await timed(20, () => withoutExcluded(list, exclusions)))])
    rows.push(['what the status shows', figure(await timed(20, async () => latestTags(list)))])
    const owner = (i: number) => ({ cluster: 'https://bench', namespace: 'images', name: `image-${i}` })
    const before = process.memoryUsage().rss
    let at = 0
    rows.push([
      `scans of ${count} tags kept, of ${images} images`,
      figure(await timed(images, () => tags.write(owner(at), 'a/b', named(list, at++)))),
    ])
    at = 0
    rows.push(['scans read', figure(await timed(images, () => tags.read(owner(at++), 'a/b')))])
    rows.push(['memory that this took', `${Math.max(0, Math.round((process.memoryUsage().rss - before) / 2 ** 20))} MiB`])
    tags.close()
    rows.push(['size of the database', `${(statSync(file).size / 2 ** 20).toFixed(1)} MiB`])
    return rows
  } finally {
    tags.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** No two images have the same tags. */
function named(list: readonly string[], image: number): string[] {
  return list.map(tag => `${tag}-${image}`)
}
