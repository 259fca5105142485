import type { Snapshot } from './snapshot.ts'

const digest = /[0-9a-f]{64}/g
/** What becomes of a digest as a part of a chart's version. */
const shortened = 12

/**
 * A snapshot of a scenario whose artifacts are unlike in every run (what is encrypted, what names a port): digests become their
 * number in the order in which the status names them, so that which is which is still compared. What only past events name has none.
 */
export function numbered(seen: Snapshot): Snapshot {
  const known = [...new Set(JSON.stringify(seen.status).match(digest))]
  const still = (text: string): string =>
    known
      .reduce((rest, hex, i) => rest.replaceAll(hex, `digest ${i + 1}`).replaceAll(`+${hex.slice(0, shortened)}`, `+digest ${i + 1}`), text)
      .replace(digest, 'digest')
      .replace(/"size":\d+/g, '"size":0')
      .replace(/\+[0-9a-f]{12}\b/g, '+digest')
  const { status, objects, events } = JSON.parse(still(JSON.stringify(seen))) as Snapshot
  return { status, objects, events: [...new Set(events)].toSorted() }
}
