import * as z from 'zod'
import { isFluxGroup } from '../../engine/controllers.ts'
import type { KubeObject } from '../../kinds/manifest.ts'
import { maskObject } from '../../lib/mask.ts'
import { printAll } from '../../lib/yaml.ts'
import { ToolError } from '../../tools/frame/error.ts'
import { existing, locate } from '../../tools/objects/locate.ts'
import { tool } from '../../tools/tool.ts'

/** Flux objects as somebody would write them: without status and what the API server adds. Spec: kustomization 13. */
export const exported = tool({
  name: 'export',
  title: 'Export',
  effect: 'reads',
  foreignText: true,
  description: 'Flux objects as YAML, without status and what the API server adds. Secrets are never exported',
  input: z.object({ kind: z.string(), name: z.string().optional(), namespace: z.string().optional(), all: z.boolean().default(false) }),
  output: z.looseObject({ manifests: z.string() }),
  async run({ kind, name, namespace, all, cluster: named }, world, { signal, show }) {
    if ((name === undefined) !== all)
      throw new ToolError('InvalidArgument', `which ${kind}?`, {
        next: all ? 'give a name or --all, not both' : 'give KIND/NAME, or --all',
      })
    const located = await locate(world, { kind, name: name ?? '*', namespace, ...(named ? { cluster: named } : {}) }, signal)
    const { cluster, resource, ref } = located
    if (!isFluxGroup(resource.group))
      throw new ToolError('InvalidArgument', `${resource.kind} is no Flux kind`, { next: 'kubectl get -o yaml shows others' })
    const objects =
      name === undefined ? await Array.fromAsync(cluster.listAll({ ...resource, namespace }, signal)) : [await existing(located, signal)]
    if (objects.length === 0)
      throw new ToolError('NotFound', `no ${ref.kind} was found in ${namespace ?? 'any namespace'}`, { next: 'see get status -A' })
    return { manifests: objects.map(o => `---\n${printAll([maskObject(bare(o), show)])}`).join('') }
  },
  say: ({ manifests }) => manifests,
})

function bare({ apiVersion, kind, metadata, spec }: KubeObject): KubeObject {
  const { name, namespace, labels, annotations } = metadata
  const kept = { ...(annotations ? { annotations } : {}), ...(labels ? { labels } : {}), name, ...(namespace ? { namespace } : {}) }
  return { apiVersion, kind, metadata: kept, ...(spec === undefined ? {} : { spec }) }
}
