import { malformed } from './error.ts'

/** Logarithms of GF(2⁸) modulo x⁸+x⁴+x³+x+1 to the base of its generator 3, and back. */
const [logs, powers] = tables()

function tables(): readonly [Uint8Array, Uint8Array] {
  const [log, exp] = [new Uint8Array(256), new Uint8Array(255)]
  let value = 1
  for (let i = 0; i < 255; i++) {
    exp[i] = value
    log[value] = i
    const doubled = (value << 1) ^ (value & 0x80 ? 0x11b : 0)
    value = doubled ^ value
  }
  return [log, exp]
}

function times(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : (powers[((logs[a] ?? 0) + (logs[b] ?? 0)) % 255] ?? 0)
}

function over(a: number, b: number): number {
  return a === 0 ? 0 : (powers[((logs[a] ?? 0) - (logs[b] ?? 0) + 255) % 255] ?? 0)
}

/** The secret that shares were made of: byte by byte the polynomial at 0. The last byte of a share is where it was evaluated. @throws {SopsError} MALFORMED. Spec: kustomization 6.4. */
export function combine(shares: readonly Uint8Array[]): Uint8Array {
  const [first] = shares
  const refuse = (why: string): never => {
    throw malformed(`could not get data key from shamir parts: ${why}`)
  }
  if (!first || shares.length < 2) return refuse('less than two parts cannot be used to reconstruct the secret')
  if (first.length < 2) return refuse('parts must be at least two bytes')
  if (shares.some(share => share.length !== first.length)) return refuse('all parts must be the same length')
  const xs = shares.map(share => share.at(-1) ?? 0)
  if (new Set(xs).size !== xs.length) return refuse('duplicate part detected')
  const weights = xs.map((x, i) => xs.reduce((weight, other, j) => (i === j ? weight : times(weight, over(other, x ^ other))), 1))
  return Uint8Array.from({ length: first.length - 1 }, (_, at) =>
    shares.reduce((sum, share, i) => sum ^ times(share[at] ?? 0, weights[i] ?? 0), 0),
  )
}
