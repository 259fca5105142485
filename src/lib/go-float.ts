const decimal = /^[+-]?(?:[0-9_]*\.?[0-9_]*)(?:e[+-]?[0-9][0-9_]*)?$/i
const hexadecimal = /^([+-]?)0x([0-9a-f_]*)\.?([0-9a-f_]*)p([+-]?)([0-9][0-9_]*)$/i
const mostExponent = 10_000

/** The value of a text as Go's `ParseFloat` reads it, with 64 bits; `undefined` for a text that it refuses, one beyond the range too. */
export function parseGoFloat(text: string): number | undefined {
  const special = /^(?:([+-]?)(?:inf|infinity)|(nan))$/i.exec(text)
  if (special) return special[2] ? Number.NaN : special[1] === '-' ? -Infinity : Infinity
  if (text.includes('_') && !mayHaveUnderscores(text)) return undefined
  const [hex, sign = '', whole = '', fraction = '', exponentSign = '', exponent = ''] = hexadecimal.exec(text) ?? []
  const value =
    hex === undefined
      ? decimalOf(text)
      : hexOf(sign, [bare(whole), bare(fraction)], Number(bare(exponent)) * (exponentSign === '-' ? -1 : 1))
  return value !== undefined && Number.isFinite(value) ? value : undefined
}

function bare(text: string): string {
  return text.replaceAll('_', '')
}

function decimalOf(text: string): number | undefined {
  return decimal.test(text) && /[0-9]/.test(text.split(/e/i)[0] ?? '') ? Number(bare(text)) : undefined
}

function hexOf(sign: string, [whole, fraction]: [string, string], exponent: number): number | undefined {
  if (whole + fraction === '') return undefined
  const mantissa = BigInt(`0x${whole}${fraction}`)
  const [size, most] = [mantissa.toString(2).length, 64]
  const [cut, sticky] =
    size > most ? [mantissa >> BigInt(size - most), mantissa % (1n << BigInt(size - most)) === 0n ? 0n : 1n] : [mantissa, 0n]
  const power = Math.min(mostExponent, Math.max(-mostExponent, exponent)) - 4 * fraction.length + (size - Math.min(size, most))
  return scaled(Number(cut | sticky), power) * (sign === '-' ? -1 : 1)
}

/** In two steps, as a power of two alone may be beyond the range where the product is not. */
function scaled(value: number, power: number): number {
  const half = Math.trunc(power / 2)
  return value * 2 ** half * 2 ** (power - half)
}

/** Between digits alone; the prefix counts as one. */
function mayHaveUnderscores(text: string): boolean {
  const body = text.replace(/^[+-]/, '')
  const [, prefix = '', number = ''] = /^(0[box])?(.*)$/is.exec(body) ?? []
  const digit = prefix.toLowerCase() === '0x' ? '[0-9a-f]' : '[0-9]'
  const digits = prefix === '' ? number : `0${number}`
  return !new RegExp(`(?:^|(?!${digit}).)_|_(?:$|(?!${digit}).)`, 'is').test(digits)
}
