import * as z from 'zod'
import { type KubeObject, printRef, refOf } from '../../kinds/manifest.ts'
import type { JsonObject } from '../../lib/json.ts'
import { previewRendered } from '../../tools/preview/preview-kustomization.ts'
import { tool, tsv } from '../../tools/tool.ts'
import { find, refuseLone } from './build.ts'
import { localArguments, localRenders } from './local.ts'

const cols = ['action', 'object', 'detail']
const told = ['create', 'configure', 'drift', 'recreate', 'prune', 'kept', 'refused']
const changes = ['create', 'configure', 'drift', 'recreate', 'prune']

/** What applying a local folder would change: a server-side dry run of each object, and what would be pruned. Spec: kustomization 13. */
export const diffKustomization = tool({
  name: 'diff_kustomization',
  title: 'Diff',
  effect: 'reads',
  foreignText: true,
  description: 'What would change in the cluster if a Kustomization had the manifests of a local folder',
  input: z.object({ name: z.string(), namespace: z.string().optional(), ...localArguments, path: localArguments.path.unwrap() }),
  output: z.looseObject({
    differs: z.boolean(),
    refused: z.number(),
    cols: z.array(z.string()),
    rows: z.array(z.array(z.string())),
  }),
  async run(args, world, call) {
    const located = await find(args, world, call.signal)
    refuseLone(args)
    const rows: string[][] = []
    for (const { ks, ...rendered } of await localRenders({ ...args, decrypts: true }, { world, located, call })) {
      const there = ks.status === undefined ? await located.cluster.get(refOf(ks as KubeObject), call.signal) : ks
      const live = { ...ks, ...(there?.status ? { status: there.status } : {}) } as typeof ks
      const { changes: all } = await previewRendered(world, { cluster: located.cluster, ks: live, revision: '', ...rendered }, call)
      call.progress(`${printRef(refOf(ks as KubeObject))}: objects=${rendered.objects.length}`)
      rows.push(...all.filter(c => told.includes(String(c.action))).map(rowOf))
    }
    const some = (actions: readonly string[]): number => rows.filter(([action = '']) => actions.includes(action)).length
    return { differs: some(changes) > 0, refused: some(['refused']), cols, rows }
  },
  say: data => (data.rows.length > 0 ? tsv(data.cols, data.rows) : 'no changes detected'),
})

function rowOf({ action, object, detail = '' }: JsonObject): string[] {
  return [String(action), String(object), String(detail)]
}
