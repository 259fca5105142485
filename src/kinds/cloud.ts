/** Clouds that sign in without a Secret. */
export type Cloud = 'aws' | 'azure' | 'gcp'

/** The cloud that `spec.provider` names; `undefined` for generic and for none. */
export function cloudIn(provider: unknown): Cloud | undefined {
  return provider === 'aws' || provider === 'azure' || provider === 'gcp' ? provider : undefined
}
