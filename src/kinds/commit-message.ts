/** The object that something was changed in: texts are empty where a file does not say. */
export interface ChangedObject {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

interface NamespacedName {
  readonly namespace: string
  readonly name: string
}

/** The template of a commit message and what it is filled from; changes are in the order in which they were made. Spec: images A.3.5. */
export interface CommitMessage {
  readonly template: string
  readonly automation: NamespacedName
  readonly changes: readonly {
    /** Relative to the path of the automation. */
    readonly file: string
    readonly object: ChangedObject
    readonly change: { readonly oldValue: string; readonly newValue: string; readonly setter: string }
  }[]
  readonly images: readonly {
    readonly file: string
    readonly object: ChangedObject
    readonly image: {
      readonly original: string
      /** Tag or digest. */
      readonly identifier: string
      readonly repository: string
      readonly registry: string
      readonly name: string
      readonly policy: NamespacedName
    }
  }[]
  readonly values: Readonly<Record<string, string>>
}
