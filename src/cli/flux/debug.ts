import * as z from 'zod'
import type { KustomizationObject } from '../../kinds/kustomization.ts'
import type { JsonObject } from '../../lib/json.ts'
import { print } from '../../lib/yaml.ts'
import { variableSources } from '../../kustomize/build-reconciler.ts'
import { variables } from '../../kustomize/substitute.ts'
import { ToolError } from '../../tools/frame/error.ts'
import { existing } from '../../tools/objects/locate.ts'
import { tool } from '../../tools/tool.ts'
import { find } from './build.ts'

/** What a Kustomization's variables come to, as a dotenv file in which values of Secrets are fingerprints; or its status. Spec: kustomization 13. */
export const debugKustomization = tool({
  name: 'debug_kustomization',
  title: 'Debug',
  effect: 'reads',
  foreignText: true,
  description: 'The variables of a Kustomization, as substitution takes them, values of Secrets as fingerprints; or its status',
  input: z.object({
    name: z.string(),
    namespace: z.string().optional(),
    showVars: z.boolean().default(false).describe('the merged variables'),
    showStatus: z.boolean().default(false).describe('the status'),
  }),
  output: z.looseObject({ vars: z.record(z.string(), z.string()).optional(), status: z.looseObject({}).optional() }),
  async run({ showVars, showStatus, ...wanted }, world, { signal, show }) {
    if (showVars === showStatus)
      throw new ToolError('InvalidArgument', 'what shall be shown?', { next: 'give one of --show-vars and --show-status' })
    const located = await find(wanted, world, signal)
    const ks = (await existing(located, signal)) as KustomizationObject
    if (showStatus) return { status: (ks.status ?? {}) as Record<string, unknown> }
    const refused = (why: string, cause?: unknown): ToolError =>
      new ToolError('NotFound', `substitute from ${why}`, { next: 'create it, or mark it as optional', cause })
    const sources = await variableSources(ks, { hands: located, signal, refused })
    const inline = ks.spec.postBuild?.substitute ?? {}
    const merged = [...variables([...sources.map(s => s.data), inline])].toSorted(([a], [b]) => (a < b ? -1 : 1))
    const isSecret = (name: string): boolean =>
      !Object.hasOwn(inline, name) && sources.findLast(s => Object.hasOwn(s.data, name))?.kind === 'Secret'
    return { vars: Object.fromEntries(merged.map(([name, value]) => [name, isSecret(name) ? show(value) : value])) }
  },
  say: ({ vars, status }) =>
    vars
      ? Object.entries(vars)
          .map(([name, value]) => `${name}=${value}`)
          .join('\n')
      : print((status ?? {}) as JsonObject),
})
