import { during, StepError } from '../engine/outcome.ts'
import type { KustomizationObject } from '../kinds/kustomization.ts'
import type { KubeObject } from '../kinds/manifest.ts'
import { CodedError, messageOf } from '../lib/coded-error.ts'
import { objectAt } from '../lib/json.ts'
import type { Hands } from '../world/world.ts'
import { decodeObjects } from './decode.ts'
import { BuildError } from './error.ts'
import { overlay } from './generate.ts'
import { substitute, variables } from './substitute.ts'

interface Task {
  readonly hands: Pick<Hands, 'cluster' | 'kernel'>
  readonly strict: boolean
  readonly signal: AbortSignal
}

/** What an object renders to: kustomize's output with variables replaced, before owner labels. @throws {StepError} ArtifactFailed, BuildFailed. Spec: kustomization 4, 5. */
export async function render(ks: KustomizationObject, files: ReadonlyMap<string, Uint8Array>, task: Task): Promise<KubeObject[]> {
  const prepared = step(() => overlay(files, ks.spec))
  const text = await during('BuildFailed', task.hands.kernel.kustomizeBuild(prepared, task.signal), 'kustomize build failed: ')
  const objects = step(() => decodeObjects(text))
  if (!ks.spec.postBuild) return objects
  const vars = await variablesOf(ks, { task, first: objects[0]?.metadata.name ?? '' })
  return step(() => objects.map(object => substitute(object, vars, { strict: task.strict })))
}

function step<T>(work: () => T): T {
  try {
    return work()
  } catch (thrown) {
    if (thrown instanceof BuildError) throw new StepError(thrown.code, thrown.message, { cause: thrown })
    throw new StepError('BuildFailed', messageOf(thrown), { cause: thrown })
  }
}

async function variablesOf(ks: KustomizationObject, { task, first }: { task: Task; first: string }): Promise<Map<string, string>> {
  const { substitute: inline = {}, substituteFrom = [] } = ks.spec.postBuild ?? {}
  const sources: Record<string, string>[] = []
  for (const { kind, name, optional } of substituteFrom) {
    const found = await read(kind, { name, namespace: ks.metadata.namespace, task, first })
    if (!found && !optional)
      throw new StepError(
        'BuildFailed',
        `post build failed for '${first}': substitute from '${kind}/${name}' error: ${kind.toLowerCase()}s "${name}" not found`,
      )
    if (found) sources.push(dataOf(found))
  }
  return variables([...sources, inline])
}

async function read(
  kind: string,
  { name, namespace, task, first }: { name: string; namespace: string | undefined; task: Task; first: string },
): Promise<KubeObject | undefined> {
  try {
    return await task.hands.cluster.get({ group: '', version: 'v1', kind, name, namespace }, task.signal)
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown
    throw new StepError('BuildFailed', `post build failed for '${first}': substitute from '${kind}/${name}' error: ${thrown.message}`, {
      cause: thrown,
    })
  }
}

function dataOf(object: KubeObject): Record<string, string> {
  const decode = (value: string): string => (object.kind === 'Secret' ? Buffer.from(value, 'base64').toString('utf8') : value)
  return Object.fromEntries(Object.entries(objectAt(object, 'data')).map(([key, value]) => [key, decode(String(value))]))
}
