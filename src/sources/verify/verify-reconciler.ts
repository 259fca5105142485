import type { EventDraft } from '../../engine/events.ts'
import { CodedError, messageOf } from '../../lib/coded-error.ts'
import { withDeadline } from '../../lib/deadline.ts'
import type { Digest } from '../../lib/digest.ts'
import type { ParsedReference } from '../../lib/reference.ts'
import type { Fetcher, Lister, Resolver } from '../../world/registry/registry.ts'
import type { Hands } from '../../world/world.ts'
import { secretOf } from '../../engine/nearby.ts'
import { secretBytes } from '../../kinds/secret.ts'
import { keyedMatch, keylessMatch } from './cosign-reconciler.ts'
import { type Verification, providerOf } from './provider.ts'

/** What reading signatures needs of a registry. */
export type SignatureRegistry = Resolver & Fetcher & Pick<Lister, 'referrers'>

/** What is verified: always one digest. `printed` is the reference as messages show it. */
export interface Signed {
  readonly target: ParsedReference & { readonly digest: Digest }
  readonly printed: string
}

/** A signature that must be there is not there, or nobody could look. The message is Flux's, with the provider. Spec: sources 3.8. */
export class VerificationError extends CodedError<'VerificationError'> {
  override readonly name = 'VerificationError'
}

/** What a verifier works with. */
export interface Verifying {
  readonly hands: Pick<Hands, 'clock' | 'cluster' | 'http'>
  readonly registry: SignatureRegistry
  readonly namespace: string | undefined
  /** Bounds one verification as a whole. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** A `trusted_root.json`; absent: the one of Sigstore's public instance that this program was built with. */
  readonly sigstoreTrustedRoot?: string | undefined
  /** Where to tell of what is allowed and should not be. */
  readonly tell?: ((event: EventDraft) => Promise<void>) | undefined
}

/** Answers `ignored` where a trust policy lets an artifact pass that nobody it trusts has signed. @throws {VerificationError} */
export type Verifier = (signed: Signed) => Promise<'verified' | 'ignored'>

/** The verifier that `spec.verify` asks for. Spec: sources 3.6. */
export function verifierOf(verify: Verification, verifying: Verifying): Verifier {
  return async signed => {
    const { hands, signal, timeoutMs } = verifying
    const deadline = { clock: hands.clock, ms: timeoutMs, what: 'verifying the signature', signal }
    try {
      return await withDeadline(deadline, bound => verified(verify, signed, { ...verifying, signal: bound }))
    } catch (cause) {
      signal.throwIfAborted()
      const message = `failed to verify the signature using provider '${providerOf(verify)}': ${messageOf(cause)}`
      throw new VerificationError('VerificationError', message, { cause })
    }
  }
}

async function verified(verify: Verification, signed: Signed, verifying: Verifying): Promise<'verified' | 'ignored'> {
  const { provider = 'cosign', secretRef, matchOIDCIdentity: identities = [] } = verify
  if (provider !== 'cosign' && provider !== 'notation') throw new Error(`unsupported verification provider: ${provider}`)
  if (provider === 'notation' && !secretRef) throw new Error(`verification secret cannot be empty: '${signed.printed}'`)
  const secret = secretRef ? await secretOf(secretRef.name, { ...verifying, cluster: verifying.hands.cluster }) : undefined
  const data = secret && secretBytes(secret)
  if (provider === 'notation') {
    const { notationVerdict } = await import('./notation-reconciler.ts')
    return notationVerdict(signed, { verifying, data: data ?? {}, secret: `${verifying.namespace ?? ''}/${secretRef?.name ?? ''}` })
  }
  await (data ? keyedMatch(signed, { verifying, data }) : keylessMatch(signed, { verifying, identities }))
  return 'verified'
}
