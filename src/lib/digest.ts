import { createHash } from 'node:crypto'

/** `algo:hex`, as in `sha256:9f86…`. */
export type Digest = `${string}:${string}`

/** The sha256 digest of bytes or of UTF-8 text. */
export function sha256(content: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}

const lengths: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 }

/** True for a digest whose algorithm we can compute (sha256, sha384, sha512) and whose hex has its length. */
export function isDigest(text: string): text is Digest {
  const [, algorithm = '', hex = ''] = /^([a-z0-9]+):([0-9a-f]+)$/.exec(text) ?? []
  return lengths[algorithm] === hex.length && hex.length > 0
}

/** A running hash: feed it with `update`, end it with `digest`. @throws {TypeError} for an algorithm we cannot compute. */
export function digester(algorithm = 'sha256'): { update(chunk: Uint8Array): void; digest(): Digest } {
  if (!(algorithm in lengths)) throw new TypeError(`digest algorithm '${algorithm}' is not supported: use sha256, sha384 or sha512`)
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
