/** A text with the seconds of its durations, and what is finer, as `T`: two runs compare, and `10m0s` still says its minutes. */
export function timeless(text: string): string {
  return text.replace(/\d+(\.\d+)?(ms|s|µs|ns)\b/g, 'T')
}
