/** Sign, digits, suffix. */
const pattern = /^([+-]?)(\d+\.?\d*|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/

/** A quantity in its canonical form: `1000m` is `1`, `1024Mi` is `1Gi`, `0.5` is `500m`. `undefined` for what is none. */
export function canonicalQuantity(text: string): string | undefined {
  const [all, sign = '', digits = '', suffix = ''] = pattern.exec(text) ?? []
  if (all === undefined) return undefined
  const [whole = '', fraction = ''] = digits.split('.')
  const minus = sign === '-' ? '-' : ''
  if (suffix.endsWith('i')) return minus + binary({ whole, fraction }, suffix)
  const power = suffix === '' ? 0 : (decimalPowers[suffix] ?? Number(suffix.slice(1)))
  return minus + decimal(BigInt(whole + fraction), power - fraction.length, /^[eE]/.test(suffix) && suffix.length > 1)
}

const decimalPowers: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }
const decimalSuffixes = new Map(Object.entries(decimalPowers).map(([suffix, power]) => [power, suffix]))
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']

/** The largest power of 1000 that leaves a whole number; nothing is finer than a billionth. */
function decimal(value: bigint, power: number, exponent: boolean): string {
  if (value === 0n) return '0'
  let [number, at] = [value, power]
  while (at < -9) {
    number = (number + 9n) / 10n
    at++
  }
  while (number % 10n === 0n) {
    number /= 10n
    at++
  }
  while (at % 3 !== 0 || at > 18) {
    number *= 10n
    at--
  }
  if (exponent) return at === 0 ? String(number) : `${number}e${at}`
  return `${number}${at === 0 ? '' : (decimalSuffixes.get(at) ?? '')}`
}

function binary({ whole, fraction }: { whole: string; fraction: string }, suffix: string): string {
  let step = binarySuffixes.indexOf(suffix)
  const scale = 10n ** BigInt(fraction.length)
  let number = BigInt(whole + fraction)
  while (number % scale !== 0n && step > 0) {
    number *= 1024n
    step--
  }
  if (number % scale !== 0n) return decimal(number, -fraction.length, false)
  number /= scale
  if (number === 0n) return '0'
  while (number % 1024n === 0n && step < 6) {
    number /= 1024n
    step++
  }
  return `${number}${binarySuffixes[step]}`
}

/** Negative, zero or positive, as `a` is less than, equal to or more than `b`. @throws {TypeError} for text that is no quantity. */
export function compareQuantities(a: string, b: string): number {
  return valueOf(a) - valueOf(b)
}

/** A quantity as a number; `undefined` for text that is none. */
export function quantityValue(text: string): number | undefined {
  return pattern.test(text) ? valueOf(text) : undefined
}

function valueOf(text: string): number {
  const [, sign = '', digits = '', suffix = ''] = pattern.exec(text) ?? []
  if (digits === '') throw new TypeError(`'${text}' is no quantity`)
  const scale = suffix.endsWith('i')
    ? 1024 ** binarySuffixes.indexOf(suffix)
    : 10 ** (suffix === '' ? 0 : (decimalPowers[suffix] ?? Number(suffix.slice(1))))
  return Number(`${sign}${digits}`) * scale
}
