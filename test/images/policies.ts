import type { ChosenImage } from '../../src/images/setters.ts'

export const digest = 'sha256:6745aaad46d795c9836632e1fb62f24b7e7f4c843144da8e47a5465c411a14be'

/** The policies of the case table. */
export const policies: readonly ChosenImage[] = [
  { namespace: 'automation-ns', name: 'policy', image: { name: 'index.repo.fake/updated', tag: 'v1.0.1' } },
  { namespace: 'automation-ns', name: 'unchanged', image: { name: 'image', tag: 'v1.0.0' } },
  { namespace: 'automation-ns', name: 'policy-with-digest', image: { name: 'image', tag: 'v1.0.0', digest } },
]

/** A marker comment. */
export function marker(setter: string): string {
  return `# {"$imagepolicy": "${setter}"}`
}
