/** A behaviour that no test cites: `todo` is what a later slice brings, `notTaken` what we do not do at all. */
export interface Exemption {
  readonly todo?: string
  readonly notTaken?: string
}

const never = (notTaken: string, ...ids: string[]): [string, Exemption][] => ids.map(id => [id, { notTaken }])

/** Why an id is not cited. */
export const exempt: Readonly<Record<string, Exemption>> = Object.fromEntries([
  ...never('an unpacked artifact is in memory: there is no working folder that could be gone', 'sources/33', 'sources/34'),
  ...never('Flux 2.9: strict mode for operators', 'kustomization/S5'),
  ...never('Flux 2.9: field merge of images', 'kustomization/G18'),
  ...never(
    'the artifact is in memory: outside it there is nothing to write, list or find, and reading there is refused',
    'kustomization/G17',
  ),
  ...never('a filter of the flux CLI', 'kustomization/G11'),
  ...never('a static layer, which no command of Flux pushes', 'sources/105', 'sources/106'),
  ...never('annotations are a map: a value may have any character', 'sources/115'),
  ...never('a reproducible artifact is created at the epoch in UTC, wherever it is made', 'sources/116'),
  ...never('Flux 2.7: history', 'kustomization/C11'),
  ...never('Flux 2.7: a request that is forced, of HelmRelease', 'kustomization/C12'),
  ...never('Flux 2.7: ClusterRoles in the first stage', 'kustomization/A20'),
  ...never('Flux 2.8: unschedulable and terminating pods do not count', 'kustomization/H27'),
])
