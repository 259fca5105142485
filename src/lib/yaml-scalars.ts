const on = new Set(['y', 'yes', 'true', 'on'])
const off = new Set(['n', 'no', 'false', 'off'])

/** The boolean that a word means in YAML 1.1: lower case, capitalised or upper case. `undefined` when it is text. */
export function wordOf(text: string): boolean | undefined {
  const low = text.toLowerCase()
  if (text !== low && text !== text.toUpperCase() && text !== low.slice(0, 1).toUpperCase() + low.slice(1)) return undefined
  return on.has(low) ? true : off.has(low) ? false : undefined
}

/** The number that a plain scalar means to Kubernetes: `0777` and `0o777` octal, `1_000`, `0x1f`, `0b1`, `08` decimal, `.inf`. `undefined` when it is text, base 60 included. */
export function numberOf(text: string): number | undefined {
  const special = /^([-+]?)\.(?:inf|Inf|INF)$/.exec(text)
  if (special) return special[1] === '-' ? -Infinity : Infinity
  if (/^\.(?:nan|NaN|NAN)$/.test(text)) return Number.NaN
  if (text.startsWith('.')) return /^\.[0-9]+(?:[eE][-+]?[0-9]+)?$/.test(text) ? finite(Number(text)) : undefined
  if (!/^[-+0-9]/.test(text) || isTime(text)) return undefined
  const plain = text.replaceAll('_', '')
  const whole = digitsIn(plain)
  if (whole !== undefined) return Number(whole)
  return /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/.test(plain) ? finite(Number(plain)) : undefined
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined
}

/** The decimal digits, with their sign, of a plain scalar that {@link numberOf} reads as a whole number of 64 bits; `undefined` otherwise. */
export function wholeDigits(text: string): string | undefined {
  return /^[-+0-9]/.test(text) && !isTime(text) ? digitsIn(text.replaceAll('_', '')) : undefined
}

function digitsIn(text: string): string | undefined {
  const [, sign = '', digits = ''] = /^([-+]?)(.*)$/s.exec(text) ?? []
  const octal = /^0[oO]?([0-7]+)$/.exec(digits)?.[1]
  const literal = octal !== undefined ? `0o${octal}` : /^(?:0|[1-9][0-9]*|0[xX][0-9a-fA-F]+|0[bB][01]+)$/.test(digits) ? digits : undefined
  if (literal === undefined) return undefined
  const value = BigInt(literal)
  const most = sign === '' ? 2n ** 64n - 1n : sign === '-' ? 2n ** 63n : 2n ** 63n - 1n
  return value > most ? undefined : String(sign === '-' ? -value : value)
}

/** Dates and times, which Kubernetes keeps as text but quotes. */
export function isTime(text: string): boolean {
  const [, month = '', day = '', hour = '0', minute = '0', second = '0'] =
    /^\d{4}-(\d{1,2})-(\d{1,2})(?:(?:[Tt]|\x20)(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?(?:Z|[-+]\d\d:\d\d)?)?$/.exec(text) ?? []
  if (month === '' || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return false
  const spaced = text.includes(' ')
  if (/:/.test(text) && spaced === /(?:Z|[-+]\d\d:\d\d)$/.test(text)) return false
  const days = new Date(Date.UTC(2000, Number(month), 0)).getUTCDate()
  const year = Number(text.slice(0, 4))
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && Number(day) <= (Number(month) === 2 && !leap ? 28 : days)
}

/** Whether a string, unquoted, would be read as something else. */
export function needsQuotes(text: string): boolean {
  return (
    text === '' ||
    text === '~' ||
    /^(?:null|Null|NULL)$/.test(text) ||
    wordOf(text) !== undefined ||
    numberOf(text) !== undefined ||
    isTime(text) ||
    /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/.test(text)
  )
}
