import type { OidcIdentity } from './keyless.ts'

/** `spec.verify` of an OCIRepository or a HelmChart. */
export interface Verification {
  readonly provider?: string | undefined
  readonly secretRef?: { readonly name: string } | undefined
  readonly matchOIDCIdentity?: readonly OidcIdentity[] | undefined
}

/** Who verifies, as messages name it. Spec: sources 3.8. */
export function providerOf({ provider = 'cosign', secretRef }: Verification): string {
  return provider === 'cosign' && !secretRef ? 'cosign keyless' : provider
}

/** What a message says when nothing that was found counts; `extra` is what else was found. */
export function noMatch(printed: string, extra = ''): string {
  return `no matching signatures were found for '${printed}'${extra}`
}

/** For an artifact whose only signature is a bundle of cosign 3. */
export const newerFormat =
  ': it has a signature in the bundle format of cosign 3, which Flux 2.6 does not read: sign with --new-bundle-format=false --use-signing-config=false'
