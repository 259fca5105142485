import type { KubeObject } from '../../src/kinds/manifest.ts'

/** A Secret of plain texts, as the API server keeps it. */
export function secretObject(
  { namespace, name, type = 'Opaque' }: { namespace: string; name: string; type?: string },
  texts: Readonly<Record<string, string>>,
): KubeObject {
  const data = Object.fromEntries(Object.entries(texts).map(([key, value]) => [key, Buffer.from(value).toString('base64')]))
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, type, data }
}
