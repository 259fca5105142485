import { createHash } from 'node:crypto'

/** `algo:hex`, as in `sha256:9f86…`. */
export type Digest = `${string}:${string}`

/** The sha256 digest of bytes or of UTF-8 text. */
export function sha256(content: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}

const lengths: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 }

/** What a digest of an artifact may be made with; sha1 only there. Spec: sources 1.1. */
export const digestAlgorithms = ['sha256', 'sha384', 'sha512', 'sha1'] as const
export type DigestAlgorithm = (typeof digestAlgorithms)[number]

/** True for the name of an algorithm that we can compute. */
export function isDigestAlgorithm(name: string | undefined): name is DigestAlgorithm {
  return digestAlgorithms.some(known => known === name)
}

/** Why a text is no digest that can be checked, in Flux's words; `undefined` where it can be. */
export function whyNoDigest(text: string): string | undefined {
  const [, algorithm, hex = ''] = /^([a-z0-9]+(?:[.+_-][a-z0-9]+)*):([a-zA-Z0-9=_-]+)$/.exec(text) ?? []
  if (algorithm === undefined) return 'invalid checksum digest format'
  if (!isDigestAlgorithm(algorithm)) return 'unsupported digest algorithm'
  return isDigest(text) || (algorithm === 'sha1' && /^[0-9a-f]{40}$/.test(hex)) ? undefined : 'invalid checksum digest format'
}

/** True for a digest whose algorithm we can compute (sha256, sha384, sha512) and whose hex has its length. */
export function isDigest(text: string): text is Digest {
  const [, algorithm = '', hex = ''] = /^([a-z0-9]+):([0-9a-f]+)$/.exec(text) ?? []
  return lengths[algorithm] === hex.length && hex.length > 0
}

/** A running hash: feed it with `update`, end it with `digest`. @throws {TypeError} for an algorithm we cannot compute. */
export function digester(algorithm = 'sha256'): { update(chunk: Uint8Array): void; digest(): Digest } {
  if (!isDigestAlgorithm(algorithm)) throw new TypeError(`digest algorithm '${algorithm}' is not supported: use sha256, sha384 or sha512`)
  const hash = createHash(algorithm)
  return {
    update: chunk => {
      hash.update(chunk)
    },
    digest: () => `${algorithm}:${hash.digest('hex')}`,
  }
}

/** A revision or digest for people: hex runs of 40 to 128 digits cut to 8. Spec: kustomization 13. */
export function shortRevision(text: string): string {
  return text.replace(/\b[0-9a-f]{40,128}\b/g, hex => hex.slice(0, 8))
}
