import type { ImagePolicyObject, ImageRef } from '../kinds/image-policy.ts'

/** When the digest of the latest tag is looked up. */
export type Reflection = 'Always' | 'IfNotPresent' | 'Never'

/** Whether the digest of a chosen image is looked up, kept as it is known, or left out. Spec: image-helm-notification A.2.5. */
export function digestStep(reflection: Reflection, known: ImageRef | undefined, { name, tag }: ImageRef): 'fetch' | 'keep' | 'none' {
  switch (reflection) {
    case 'Never':
      return 'none'
    case 'Always':
      return 'fetch'
    case 'IfNotPresent':
      return known?.name === name && known.tag === tag && known.digest ? 'keep' : 'fetch'
  }
}

/** What the status says of the latest image and of the one before it. */
export interface Refs {
  readonly latest?: ImageRef | undefined
  readonly previous?: ImageRef | undefined
}

/** The refs after a choice: only another image, tag or digest makes what was latest the previous one. Spec: image-helm-notification A.2.3 step 8. */
export function refsAfter({ latest, previous }: Refs, chosen: ImageRef): { latest: ImageRef; previous: ImageRef | undefined } {
  return latest && sameRef(latest, chosen) ? { latest, previous } : { latest: chosen, previous: latest }
}

/** Whether two refs name the same image; no digest and an empty one are the same. */
export function sameRef(a: ImageRef, b: ImageRef): boolean {
  return a.name === b.name && a.tag === b.tag && (a.digest ?? '') === (b.digest ?? '')
}

/** A ref as a status keeps it. */
export function keptRef({ name, tag, digest }: ImageRef): { name: string; tag: string; digest?: string } {
  return { name, tag, ...(digest ? { digest } : {}) }
}

/** The ref of a status that an older controller wrote as a text: the tag is what follows the last colon. `undefined` for none. Spec: image-helm-notification A.2.2. */
export function migrated(image: string | undefined): ImageRef | undefined {
  const colon = image?.lastIndexOf(':') ?? -1
  return image === undefined || colon < 0 ? undefined : { name: image.slice(0, colon), tag: image.slice(colon + 1) }
}

/** The Ready message of a policy. Spec: image-helm-notification A.2.3. */
export function readyMessage(latest: ImageRef, previous: ImageRef | undefined): string {
  const digest = latest.digest ? ` with digest ${latest.digest}` : ''
  const tail = previous && !sameRef(latest, previous) ? ` (previously ${printImage(previous)})` : ''
  return `Latest image tag for ${latest.name} resolved to ${latest.tag}${digest}${tail}`
}

/** `name:tag`, `name:tag@digest`. */
export function printImage({ name, tag, digest }: ImageRef): string {
  return `${name}:${tag}${digest ? `@${digest}` : ''}`
}

/** What the status of a policy says: as texts where an older controller wrote it, and in v1beta1, which has nothing else. */
export function refsIn({ status }: Pick<ImagePolicyObject, 'status'>): Refs {
  const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
  return {
    latest: status?.latestRef ?? migrated(text(status?.latestImage)),
    previous: status?.observedPreviousRef ?? migrated(text(status?.observedPreviousImage)),
  }
}
