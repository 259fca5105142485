/** Differences that are ours on purpose, or that a later Flux than 2.6 made: the controllers that can be had are of Flux 2.9. */
const known: readonly [why: string, pattern: RegExp][] = [
  ['a second run of Flux may start from a status that its cache has not seen yet', /flux only: .* Warning ArtifactVerificationFailed /],
  [
    '2.7 named a skipped object that is not there by its own name in the inventory: kustomization 7.3',
    /inventory\.entries\[\d+\]\.id: flux "\w+" fluxpilot "_*ConfigMap"/,
  ],
  ['a change and the request to run are two runs for Flux, and the second has nothing new', /flux only: .* Normal ArtifactUpToDate /],
  [
    "client-go folds more than ten similar events into one: the reconcilers' events are the same, what is kept of them is not",
    /\(combined from similar events\)/,
  ],
]

export function expected(difference: string): boolean {
  return known.some(([, pattern]) => pattern.test(difference))
}
