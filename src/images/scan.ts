/** What a scan is decided by. Times in milliseconds. */
export interface Seen {
  readonly intervalMs: number
  /** Absent: never scanned. A scan without its time is as old as can be. */
  readonly lastScan?: { readonly at: number | undefined } | undefined
  readonly request: string | undefined
  readonly handledRequest: string | undefined
  readonly image: string
  readonly scannedImage: string | undefined
  readonly exclusions: readonly string[]
  readonly observedExclusions: readonly string[]
  readonly now: number
}

export type ScanReason =
  | 'first scan'
  | 'reconcile requested'
  | 'new image name'
  | 'updated exclusion list'
  | 'no tags in database'
  | 'triggered by interval'

/** Whether to scan, why, and when to look again. */
export type Decision = { readonly scan: ScanReason; readonly nextMs: number } | { readonly scan: undefined; readonly nextMs: number }

const soon = 1000

/** Whether it is time to scan; `hasTags` is asked only where nothing else decides. Spec: image-helm-notification A.1.5. */
export async function scanDecision(seen: Seen, hasTags: () => Promise<boolean>): Promise<Decision> {
  const { intervalMs, lastScan, now } = seen
  const why = reasonOf(seen) ?? ((await hasTags()) ? undefined : 'no tags in database')
  if (why !== undefined) return { scan: why, nextMs: intervalMs }
  const nextMs = intervalMs - (now - (lastScan?.at ?? -Infinity))
  return nextMs < soon ? { scan: 'triggered by interval', nextMs: intervalMs } : { scan: undefined, nextMs }
}

function reasonOf(seen: Seen): ScanReason | undefined {
  if (!seen.lastScan) return 'first scan'
  if (seen.request !== undefined && seen.request !== (seen.handledRequest ?? '')) return 'reconcile requested'
  if (seen.image !== seen.scannedImage) return 'new image name'
  return sameContent(seen.exclusions, seen.observedExclusions) ? undefined : 'updated exclusion list'
}

function sameContent(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every(one => b.includes(one))
}
