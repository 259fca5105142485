import * as z from 'zod'
import { splitApiVersion } from '../../kinds/manifest.ts'
import { Kustomization } from '../../kinds/kustomization.ts'
import { masked } from '../../tools/build.ts'
import { ToolError } from '../../tools/frame/error.ts'
import { fluxNamespace, locate, type Located } from '../../tools/objects/locate.ts'
import { renderLive } from '../../tools/preview/render-live.ts'
import { tool } from '../../tools/tool.ts'
import type { Cluster } from '../../world/cluster/cluster.ts'
import type { World } from '../../world/world.ts'
import { type LocalArguments, localArguments, localRenders } from './local.ts'

/** The manifests of a Kustomization, from its artifact or a local folder, as YAML alone. Spec: kustomization 13. */
export const buildKustomization = tool({
  name: 'build_kustomization',
  title: 'Build',
  effect: 'reads',
  foreignText: true,
  description: 'The manifests that a Kustomization renders to, as YAML: from its artifact, or from a local folder',
  input: z.object({
    name: z.string(),
    namespace: z.string().optional(),
    ...localArguments,
    dryRun: z.boolean().default(false).describe('without a cluster: variables of ConfigMaps and Secrets are left out'),
  }),
  output: z.looseObject({ manifests: z.string() }),
  async run({ path, ...args }, world, call) {
    if (args.dryRun && args.kustomizationFile === undefined)
      throw new ToolError('InvalidArgument', 'dryRun has no Kustomization to build', { next: 'add --kustomization-file' })
    const located = args.dryRun ? nowhere(args) : await find(args, world, call.signal)
    refuseLone({ path, ...args })
    const renders =
      path === undefined
        ? [await renderLive(world, { ...located, decrypts: false }, call)]
        : await localRenders({ ...args, path, decrypts: false }, { world, located, call })
    const objects = renders.flatMap(r => r.objects)
    call.progress(`objects=${objects.length}`)
    return { manifests: masked(objects, call) }
  },
  say: ({ manifests }) => manifests,
})

/** @throws {ToolError} InvalidArgument for arguments that a build from the artifact would not heed. */
export function refuseLone(args: Omit<LocalArguments, 'path' | 'decrypts'> & { readonly path?: string | undefined }): void {
  const alone = args.strictSubstitute || args.recursive || args.ignorePaths.length > 0 || Object.keys(args.localSources).length > 0
  if (args.path === undefined && (alone || args.kustomizationFile !== undefined))
    throw new ToolError('InvalidArgument', 'without path the artifact is built as the cluster says', { next: 'add --path' })
  if (!args.recursive && Object.keys(args.localSources).length > 0)
    throw new ToolError('InvalidArgument', 'localSources are of Kustomizations below', { next: 'add --recursive' })
}

interface Named {
  readonly name: string
  readonly namespace?: string | undefined
  readonly cluster?: string | undefined
}

/** The Kustomization that was named. */
export function find({ name, namespace, cluster }: Named, world: World, signal: AbortSignal): Promise<Located> {
  return locate(world, { kind: `${Kustomization.kind}.${Kustomization.group}`, name, namespace, cluster }, signal)
}

/** A place where nothing is looked up. */
function nowhere({ name, namespace = fluxNamespace }: Named): Located {
  const { group, version, kind, plural } = Kustomization
  const resource = {
    group,
    version,
    kind,
    plural,
    singular: kind.toLowerCase(),
    shortNames: [],
    categories: [],
    namespaced: true,
    verbs: [],
    subresources: [],
  }
  const cluster = new Proxy({} as Cluster, {
    get(_target, asked) {
      throw new TypeError(`a dry run asked a cluster for ${String(asked)}`)
    },
  })
  return { cluster, resource, ref: { ...splitApiVersion(`${group}/${version}`), kind, name, namespace } }
}
