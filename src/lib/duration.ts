const unitMs: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Milliseconds of a Go duration (`1h30m`, `250ms`, `1.5s`). `undefined` when the text is none; bare `0` is 0. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0
  if (!/^-?([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined
  let total = 0
  for (const [, amount = '0', unit = ''] of text.matchAll(/([0-9]+(?:\.[0-9]+)?)(ns|us|µs|ms|s|m|h)/g))
    total += Number(amount) * (unitMs[unit] ?? 0)
  return text.startsWith('-') ? -total : total
}

/** Milliseconds of a duration that a schema has checked already. @throws {TypeError} for anything else. */
export function durationMs(text: string): number {
  const parsed = parseDuration(text)
  if (parsed === undefined) throw new TypeError(`'${text}' is no duration: use one like 10m, 1h30m or 90s`)
  return parsed
}

/** A duration in milliseconds as Go prints it: `1h0m0s`, `1m30s`, `1.5s`, `250ms`, `0s`. */
export function formatDuration(ms: number): string {
  if (ms < 0) return `-${formatDuration(-ms)}`
  if (ms === 0) return '0s'
  if (ms < 1) return trimmed(ms * 1000, 3) + 'µs'
  if (ms < 1000) return trimmed(ms, 6) + 'ms'
  const hours = Math.floor(ms / 3_600_000)
  const minutes = Math.floor((ms % 3_600_000) / 60_000)
  const seconds = `${trimmed((ms % 60_000) / 1000, 9)}s`
  if (hours > 0) return `${hours}h${minutes}m${seconds}`
  return minutes > 0 ? `${minutes}m${seconds}` : seconds
}

function trimmed(value: number, digits: number): string {
  return value.toFixed(digits).replace(/\.?0+$/, '')
}

/** How long ago, as kubectl prints an age: `42s`, `5m`, `3h12m`, `4d`. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return minutes < 10 && seconds % 60 ? `${minutes}m${seconds % 60}s` : `${minutes}m`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return hours < 8 && minutes % 60 ? `${hours}h${minutes % 60}m` : `${hours}h`
  return `${Math.floor(hours / 24)}d`
}
