/** Median and spread of timings in milliseconds. */
export function figure(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (q: number): string => (sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0).toFixed(1)
  return `${at(0.5)} ms (min ${at(0)}, p90 ${at(0.9)}, n=${sorted.length})`
}

/** Times a piece of work several times. */
export async function timed(runs: number, work: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = []
  for (let i = 0; i < runs; i++) {
    const start = performance.now()
    await work()
    times.push(performance.now() - start)
  }
  return times
}
