import * as z from 'zod'
import { counted } from '../lib/counted.ts'
import type { World } from '../world/world.ts'
import { ToolError } from './frame/error.ts'
import { previewAutomation, runAutomation } from './images/automation-update.ts'
import { liveOf, type LocalUpdate, localUpdate, written } from './images/local-update.ts'
import { shownChanges } from './images/shown-changes.ts'
import { sayVerdict, type VerdictAnswer, verdictOutput } from './run/verdict.ts'
import { type Preview, type Running, tool } from './tool.ts'

const cols = ['file', 'object', 'from', 'to', 'policy']
const input = z.object({
  path: z.string().optional().describe('file or folder: answers the diff'),
  policies: z
    .array(z.record(z.string(), z.unknown()))
    .max(100)
    .optional()
    .describe("instead of the cluster's: ImagePolicy.spec with name (ns:policy) and image"),
  write: z.boolean().optional(),
  commit: z.string().optional().describe('writes and commits: the message'),
  name: z.string().optional().describe('ImageUpdateAutomation: plan, then commit and push'),
  namespace: z.string().optional(),
})
type Arguments = z.infer<typeof input> & { cluster?: string | undefined }

const output = verdictOutput.partial().extend({
  path: z.string().optional(),
  cols: z.array(z.string()).optional(),
  changes: z.array(z.array(z.string())).optional(),
  unresolved: z.array(z.string()).optional(),
  written: z.boolean().optional(),
  commit: z.string().optional(),
  next: z.string(),
})
type Answer = z.infer<typeof output>

export const updateImages = tool({
  name: 'update_images',
  title: 'Update images in Git',
  effect: 'changes',
  repeatable: true,
  foreignText: true,
  gate: ({ name }) => (name === undefined ? 'mode' : 'judged'),
  description: 'Write the images that policies chose into fields marked # {"$imagepolicy": "ns:policy"}.',
  input,
  output,
  async preview(args, world, call) {
    const wanted = targetOf(args)
    return wanted.name !== undefined
      ? previewAutomation(wanted, world, call)
      : previewLocal(wanted, await localUpdate(wanted, world, call.signal), call)
  },
  async run(args, world, call): Promise<Answer> {
    const wanted = targetOf(args)
    return wanted.name !== undefined ? runAutomation(wanted, world, call) : runLocal(wanted, world, call)
  },
  say: data => (data.verdict === undefined ? sayLocal(data) : [sayVerdict(data as VerdictAnswer), ...sayCommit(data)].join('\n')),
})

type Local = Omit<Arguments, 'name'> & { readonly path: string; readonly name?: undefined }
type Automation = Omit<Arguments, 'name'> & { readonly name: string }

/** @throws {ToolError} InvalidArgument for neither a path nor a name, for both, and for what would do nothing. */
function targetOf({ path, name, ...rest }: Arguments): Local | Automation {
  const invalid = (what: string, next: string): ToolError => new ToolError('InvalidArgument', what, { next })
  const { policies, write, commit } = rest
  if ((path === undefined) === (name === undefined))
    throw invalid('give either path or name', 'path is a file or a folder, name an ImageUpdateAutomation')
  if (path !== undefined) {
    if (commit?.trim() === '') throw invalid('commit is empty', 'give the message of the commit')
    return { ...rest, path }
  }
  if (policies !== undefined || write !== undefined || commit !== undefined)
    throw invalid('policies, write and commit are for a path', 'what an ImageUpdateAutomation commits is in its spec')
  return { ...rest, name: name ?? '' }
}

function writes({ write, commit }: Local): boolean {
  return write === true || commit !== undefined
}

function previewLocal(wanted: Local, local: LocalUpdate, call: Running): Preview {
  const changes = shownChanges(local.update.changes, call)
  const many = `${counted(changes.length, 'change')} in ${counted(local.contents.size, 'file')}`
  return {
    summary: `${wanted.path}: ${wanted.commit === undefined ? 'write' : 'write and commit'} ${many}`,
    changes: changes.map(({ file, object, from, to, policy }) => ({
      action: 'change',
      object: file,
      detail: `${object}: ${from} → ${to} by ${policy}`,
    })),
    live: liveOf(local),
    onlyReads: !writes(wanted),
  }
}

async function runLocal(wanted: Local, world: World, call: Running): Promise<Answer> {
  const local = await localUpdate(wanted, world, call.signal)
  const changes = shownChanges(local.update.changes, call)
  const commit = writes(wanted) ? await written(local, world, { message: wanted.commit, signal: call.signal }) : undefined
  return {
    path: wanted.path,
    cols,
    changes: changes.map(({ file, object, from, to, policy }) => [file, object, from, to, policy]),
    ...(local.unresolved.length > 0 ? { unresolved: [...local.unresolved] } : {}),
    written: writes(wanted) && changes.length > 0,
    ...(commit === undefined ? {} : { commit }),
    next: nextOf(wanted, { isChanged: changes.length > 0, commit, isUnresolved: local.unresolved.length > 0 }),
  }
}

function nextOf(
  wanted: Local,
  { isChanged, commit, isUnresolved }: { isChanged: boolean; commit: string | undefined; isUnresolved: boolean },
): string {
  if (commit !== undefined) return 'push the branch'
  if (!isChanged)
    return isUnresolved
      ? 'reconcile the policies that are unresolved, or give policies'
      : 'nothing to do: marked fields say what policies chose'
  return writes(wanted) ? 'commit and push' : 'the same with write=true writes the files, with commit also commits them'
}

function sayLocal({ path, changes = [], unresolved = [], written: isWritten, commit, next }: Answer): string {
  return [
    `${path ?? ''}: ${counted(changes.length, 'change')}, ${isWritten ? 'written' : 'nothing written'}`,
    ...changes.map(([file, object, from, to, policy]) => `${file ?? ''}: ${object ?? ''}: ${from ?? ''} → ${to ?? ''} by ${policy ?? ''}`),
    ...(unresolved.length > 0 ? [`unresolved: ${unresolved.join(', ')}`] : []),
    ...sayCommit({ commit }),
    `Next: ${next}`,
  ].join('\n')
}

function sayCommit({ commit }: Pick<Answer, 'commit'>): string[] {
  return commit === undefined ? [] : [`commit ${commit}`]
}
