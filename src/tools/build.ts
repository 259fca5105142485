import * as z from 'zod'
import { Kustomization, type KustomizationObject } from '../kinds/kustomization.ts'
import type { KubeObject } from '../kinds/manifest.ts'
import { maskObject } from '../lib/mask.ts'
import { printAll } from '../lib/yaml.ts'
import { desired } from '../kustomize/build-reconciler.ts'
import { isMask } from '../kustomize/sops/mask.ts'
import type { World } from '../world/world.ts'
import { ToolError } from './frame/error.ts'
import { existing, locate } from './objects/locate.ts'
import { notRendered } from './preview/not-rendered.ts'
import { renderLive } from './preview/render-live.ts'
import { stepsOf } from './preview/steps-of.ts'
import { type Body, type Running, target, textTool } from './tool.ts'

export const build = textTool({
  name: 'build',
  title: 'Render manifests',
  effect: 'reads',
  foreignText: true,
  description: 'The manifests that a Kustomization renders to, from its artifact or from a local path. Nothing is applied.',
  input: target.extend({ path: z.string().optional().describe('local folder instead of the artifact') }),
  async run(args, world, call) {
    const located = await locate(world, args, call.signal)
    if (args.path === undefined) {
      const { objects, revision } = await renderLive(world, { ...located, decrypts: false }, call)
      return shown(objects, `revision=${revision}`, call)
    }
    if (located.ref.kind !== Kustomization.kind) throw notRendered(located.ref)
    const ks = (await existing(located, call.signal)) as KustomizationObject
    const files = await readFolder(world, args.path, call)
    const hands = { ...world, cluster: located.cluster }
    const task = { hands, settings: call.engine.settings, decrypts: false, signal: call.signal }
    const { objects } = await stepsOf(ks, () => desired(ks, files, task))
    return shown(objects, `path=${args.path}`, call)
  },
})

function shown(objects: readonly KubeObject[], from: string, call: Running): Body {
  return { head: `objects=${objects.length} ${from}`, what: 'manifests', body: masked(objects, call).trimEnd() }
}

/** Manifests as YAML, with secrets as fingerprints; what stands for a value that SOPS encrypted stays. */
export function masked(objects: readonly KubeObject[], { show }: Pick<Running, 'show'>): string {
  const told = (value: string): string => (isMask(value) ? value : show(value))
  return printAll(objects.map(o => maskObject(o, told)))
}

const mostFiles = 20_000

/** All files of a folder in the workspace, by relative path. */
export async function readFolder(world: World, path: string, { signal }: Running): Promise<Map<string, Uint8Array>> {
  const { files } = world
  if (!files) throw new ToolError('InvalidArgument', 'this server reads no files', { next: 'leave path away' })
  const root = await files.resolve(path)
  const out = new Map<string, Uint8Array>()
  const walk = async (folder: string, prefix: string): Promise<void> => {
    for (const entry of await files.list(folder)) {
      if (entry.name === '.git') continue
      if (entry.type === 'folder') await walk(`${folder}/${entry.name}`, `${prefix}${entry.name}/`)
      if (entry.type !== 'file') continue
      if (out.size >= mostFiles)
        throw new ToolError('TooLarge', `'${path}' has more than ${mostFiles} files`, { next: 'name a smaller folder' })
      const parts: Uint8Array[] = []
      for await (const part of files.read(`${folder}/${entry.name}`, signal)) parts.push(part)
      out.set(prefix + entry.name, Buffer.concat(parts))
    }
  }
  await walk(root, '')
  return out
}
