import type { KubeObject } from '../../kinds/manifest.ts'

/** A resourceVersion as a number; `undefined` where a server has other ones. https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions */
export function numberOf(resourceVersion: string | undefined): bigint | undefined {
  return resourceVersion !== undefined && /^\d{1,39}$/.test(resourceVersion) ? BigInt(resourceVersion) : undefined
}

/** Whether one state of an object came after another; `false` where that cannot be told. */
export function isNewer(one: KubeObject, other: KubeObject): boolean {
  const [a, b] = [numberOf(one.metadata.resourceVersion), numberOf(other.metadata.resourceVersion)]
  return a !== undefined && b !== undefined && a > b
}
