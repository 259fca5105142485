/** Differences that are meant to be, each with its reason. */
export type Known = readonly (readonly [why: string, pattern: RegExp])[]

/** Differences that are ours on purpose, or that a later Flux than 2.6 made: the controllers that can be had are of Flux 2.9. */
const known: Known = [
  ['a second run of Flux may start from a status that its cache has not seen yet', /flux only: .* Warning ArtifactVerificationFailed /],
  [
    '2.7 named a skipped object that is not there by its own name in the inventory: kustomization 7.3',
    /inventory\.entries\[\d+\]\.id: flux "\w+" fluxpilot "_*ConfigMap"/,
  ],
  [
    'a change and the request to run are two runs for Flux, and the second has nothing new',
    /flux only: .* Normal (ArtifactUpToDate|GitOperationSucceeded) /,
  ],
  [
    '2.7 reads Secrets and ServiceAccounts through fluxcd/pkg, in other words: sources 12',
    /failed to get (credential|proxy address)|failed to generate transport for/,
  ],
  ['2.7 took semver 3.4, which quotes a range: sources 12', /parse error: improper constraint/],
  [
    'a change and the request to run are two runs for Flux, and its cache may show the second one the digest of before',
    /flux only: .* Warning ArtifactVerificationFailed failed to verify integrity of artifact: computed digest doesn't match/,
  ],
  [
    '2.7 ends the errors of the first stages with the changes so far, or a newline: kustomization 7.6',
    /(Namespace|StorageClass|CustomResourceDefinition)\/\S+ dry-run failed/,
  ],
  [
    '2.7 tells what no client can be made of as a failure to sign in: sources 12',
    /flux "AuthenticationFailed" fluxpilot "ClientError"|(flux only: ".* Warning AuthenticationFailed|fluxpilot only: ".* Warning ClientError) Endpoint/,
  ],
  [
    '2.7 reads the Secrets of a Bucket through fluxcd/pkg, in other words: sources 12',
    /failed to (get|create) (STS )?TLS config|failed to get proxy URL|invalid proxy secret/,
  ],
  [
    '2.9 verifies by the digest, and names it: sources 12',
    /no matching signatures were found for '|verification secret cannot be empty: '/,
  ],
  [
    '2.9 names an object that is not decrypted by its kind as well, and its age in other words; ours says which keys there were: kustomization 6.2',
    /cannot get sops data key/,
  ],
  ['ours imports OpenPGP keys without gpg, and has no words of it: kustomization 6.1', /into GnuPG keyring/],
  ['the API server takes the address of a Service at random', /\.spec\.clusterIPs?:/],
  [
    "client-go folds more than ten similar events into one: the reconcilers' events are the same, what is kept of them is not",
    /\(combined from similar events\)/,
  ],
]

/** Whether a difference is known to everyone, or to a scenario. */
export function expected(difference: string, more: Known = []): boolean {
  return [...known, ...more].some(([, pattern]) => pattern.test(difference))
}
