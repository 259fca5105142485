import * as z from 'zod'
import type { KubeObject } from '../../kinds/manifest.ts'
import { formatDuration, parseDuration } from '../../lib/duration.ts'
import type { JsonObject } from '../../lib/json.ts'
import { clamped } from '../../kustomize/paths.ts'
import { parseOciUrl, printReference } from '../../lib/reference.ts'
import { ToolError } from '../frame/error.ts'

const healthTimeout = '2m0s'

/** What delivers an artifact: its URL and how it is applied. */
export const delivery = z.object({
  name: z.string(),
  namespace: z.string().default('flux-system'),
  url: z.string(),
  path: z.string().default('./'),
  interval: z.string().default('10m'),
  prune: z.boolean().default(true),
  wait: z.boolean().default(true),
  targetNamespace: z.string().optional(),
})

/**
 * The OCIRepository and the Kustomization of a delivery, as `flux create source oci` and `flux create kustomization` print them with `--export`.
 * @throws {ToolError} InvalidArgument
 */
export function deliveryObjects(given: z.infer<typeof delivery>): KubeObject[] {
  const { name, namespace, url, prune, wait, targetNamespace } = given
  const { tag, digest, ...place } = parseOciUrl(url)
  const ref: JsonObject = digest ? { digest } : { tag: tag ?? 'latest' }
  const interval = intervalOf(given.interval)
  return [
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'OCIRepository',
      metadata: { name, namespace },
      spec: { interval, provider: 'generic', ref, url: `oci://${printReference(place)}` },
    },
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name, namespace },
      spec: {
        interval,
        path: insideOf(given.path),
        prune,
        sourceRef: { kind: 'OCIRepository', name },
        ...(targetNamespace ? { targetNamespace } : {}),
        ...(wait ? { timeout: healthTimeout, wait } : {}),
      },
    },
  ]
}

function intervalOf(text: string): string {
  const ms = parseDuration(text)
  if (ms === undefined || ms <= 0)
    throw new ToolError('InvalidArgument', `create.interval '${text}' is no duration`, { next: 'use one like 10m or 1h' })
  return formatDuration(ms)
}

/** A path below the artifact's root, with `./` before it; `..` never leads out. */
function insideOf(path: string): string {
  const inside = clamped(path.trim())
  return inside === '.' ? './' : `./${inside}`
}
