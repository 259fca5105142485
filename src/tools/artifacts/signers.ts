import type { Digest } from '../../lib/digest.ts'
import type { Reference } from '../../kinds/oci.ts'
import { signatureTag } from '../../sources/verify/cosign.ts'
import { signatureTypes } from '../../sources/verify/signature-types.ts'
import type { Clock } from '../../world/clock/clock.ts'
import type { Registry } from '../../world/registry/registry.ts'
import { inTime, tooLate } from '../run/in-time.ts'

export type Signer = 'cosign' | 'notation'

/** How long a look for signatures may make an answer wait, and how many referrers it reads. */
const [longestMs, mostReferrers] = [5000, 200]

/**
 * With what a manifest is signed, by what lies beside it: nothing is verified. `undefined` when the registry does not tell in time.
 * Throws only the reason of the signal.
 */
export async function signersOf(
  target: Reference & { readonly digest: Digest },
  { registry, clock, signal }: { registry: Registry; clock: Pick<Clock, 'sleep'>; signal: AbortSignal },
): Promise<Signer[] | undefined> {
  try {
    const found = await inTime({ clock, ms: longestMs, signal }, async within => {
      const tag = { registry: target.registry, repository: target.repository, tag: signatureTag(target.digest) }
      const [tagged, referring] = await Promise.all([registry.resolve(tag, within), referringSigners(target, { registry, signal: within })])
      return [...new Set<Signer>([...(tagged ? ['cosign' as const] : []), ...referring])].toSorted()
    })
    return found === tooLate ? undefined : found
  } catch {
    signal.throwIfAborted()
    return undefined
  }
}

async function referringSigners(
  target: Reference & { readonly digest: Digest },
  { registry, signal }: { registry: Registry; signal: AbortSignal },
): Promise<Set<Signer>> {
  const signers = new Set<Signer>()
  let count = 0
  for await (const { artifactType = '' } of registry.referrers(target, target.digest, { signal })) {
    if (artifactType === signatureTypes.notation) signers.add('notation')
    else if (artifactType.startsWith(signatureTypes.cosignBundle)) signers.add('cosign')
    if (signers.size === 2 || ++count === mostReferrers) break
  }
  return signers
}
