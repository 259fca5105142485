/** Differences that are ours on purpose, or that a later Flux than 2.6 made: the controllers that can be had are of Flux 2.9. */
const known: readonly [why: string, pattern: RegExp][] = [
  ['a change and the request to run are two runs for Flux, and the second has nothing new', /flux only: .* Normal ArtifactUpToDate /],
  [
    "client-go folds more than ten similar events into one: the reconcilers' events are the same, what is kept of them is not",
    /\(combined from similar events\)/,
  ],
]

export function expected(difference: string): boolean {
  return known.some(([, pattern]) => pattern.test(difference))
}
