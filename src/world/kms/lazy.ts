import type { Kms } from './kms.ts'
import type { KmsOptions } from './open.ts'

/** The hand of {@link openKms}, loaded when something is first decrypted: most runs never do. */
export function lazyKms(options: KmsOptions): Kms {
  let opened: Promise<Kms> | undefined
  const open = (): Promise<Kms> => {
    opened ??= import('./open.ts').then(({ openKms }) => openKms(options))
    return opened
  }
  return {
    decrypt: async (wrapped, access) => (await open()).decrypt(wrapped, access),
    ambient: async signal => (await open()).ambient(signal),
  }
}
