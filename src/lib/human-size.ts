const units = ['B', 'kB', 'MB', 'GB', 'TB']

/** Bytes for people, in powers of 1000 with four digits at most, as Flux writes them: `1.024kB`. */
export function humanSize(bytes: number): string {
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3))
  return `${Number((bytes / 1000 ** power).toPrecision(4))}${units[power] ?? ''}`
}
