/** What the manifests of signatures say that they are, where they refer to what they sign. Spec: sources 3.6. */
export const signatureTypes = {
  notation: 'application/vnd.cncf.notary.signature',
  /** How the media types of what newer versions of cosign write begin. */
  cosignBundle: 'application/vnd.dev.sigstore.bundle',
} as const
