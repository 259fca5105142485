/** A reference from one namespace to an ImageRepository. */
export interface Reference {
  readonly from: string
  readonly namespace: string
  readonly name: string
}

/** Who may use an object beside its own namespace. */
export interface AccessFrom {
  readonly namespaceSelectors: readonly { readonly matchLabels?: Readonly<Record<string, string>> | undefined }[]
}

/** Why a reference across namespaces is refused before the object is read; `undefined` when it is not. Spec: image-helm-notification A.1.6. */
export function blocked({ from, namespace, name }: Reference, noCrossNamespaceRefs: boolean): string | undefined {
  return noCrossNamespaceRefs && from !== namespace
    ? `cannot access 'ImageRepository/${namespace}/${name}', cross-namespace references have been blocked`
    : undefined
}

/** Why an object does not let another namespace use it, by the labels of that; `undefined` when it does. Spec: image-helm-notification A.1.6. */
export function denied(
  { from, namespace, name }: Reference,
  accessFrom: AccessFrom | undefined,
  labels: Readonly<Record<string, string>>,
): string | undefined {
  if (from === namespace) return undefined
  if (!accessFrom) return `access denied: '${namespace}/${name}' can't be accessed due to missing ACL labels on 'accessFrom'`
  const fits = accessFrom.namespaceSelectors.some(({ matchLabels = {} }) =>
    Object.entries(matchLabels).every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value),
  )
  return fits ? undefined : `access denied: '${namespace}/${name}' can't be accessed due to ACL labels mismatch on namespace '${from}'`
}
