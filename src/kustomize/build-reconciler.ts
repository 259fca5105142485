import { during, StepError } from '../engine/outcome.ts'
import type { Settings } from '../engine/settings.ts'
import type { KustomizationObject } from '../kinds/kustomization.ts'
import { type KubeObject, printRef, refOf } from '../kinds/manifest.ts'
import { CodedError, messageOf } from '../lib/coded-error.ts'
import { type Json, type JsonObject, objectAt } from '../lib/json.ts'
import type { Hands } from '../world/world.ts'
import type { Decryptor } from './decrypt-reconciler.ts'
import { Identities, objectsOf, resourceOf, resourcesOf } from './decode.ts'
import { Budget } from './envsubst-budget.ts'
import { BuildError } from './error.ts'
import { type Overlay, overlay, rootOf, type Start, startOf } from './generate.ts'
import { labelled, owned } from './owned.ts'
import { maskEncrypted } from './sops/mask.ts'
import { type Built, isVerbatim, substitute, variables } from './substitute.ts'

interface Preparation {
  readonly hands: Pick<Hands, 'kernel'>
  /** The folders that the artifact names: empty ones are there as well. */
  readonly folders?: ReadonlySet<string> | undefined
  readonly signal: AbortSignal
}
export interface Task extends Preparation {
  readonly hands: Pick<Hands, 'cluster' | 'kernel' | 'kms'>
  readonly settings: Pick<Settings, 'strictSubstitution' | 'objectLevelWorkloadIdentity'>
  /** Whether what SOPS encrypted is decrypted; absent: yes. Else it is masked where it is shown. */
  readonly decrypts?: boolean
}

/** What an artifact holds. */
export interface Tree {
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly folders: ReadonlySet<string>
}

/** What an object renders to: kustomize's output with variables replaced, before owner labels. @throws {StepError} ArtifactFailed, BuildFailed. Spec: kustomization 4, 5. */
export async function render(ks: KustomizationObject, files: ReadonlyMap<string, Uint8Array>, task: Task): Promise<KubeObject[]> {
  return (await renderDecrypted(ks, files, task)).objects
}

/** The same, with what takes everything that was decrypted out of a message. A failure has been through it. */
export async function renderDecrypted(ks: KustomizationObject, files: ReadonlyMap<string, Uint8Array>, task: Task): Promise<Rendered> {
  const start = step(() => startOf(files, ks.spec.path ?? '', task.folders))
  const { output, decryptor, scrub } = await built(ks, files, { start, task })
  const objects = await scrubbed(scrub, async () => (await documentsOf(output, ks, { task, decryptor })).flatMap(objectsOf))
  return { objects, scrub, wasEncrypted: text => decryptor?.has(text) === true }
}

/** What kustomize builds: as it prints it where what is encrypted or variables are replaced in the text, else as a list. */
type Output = { readonly text: string } | { readonly list: readonly Json[] }

async function documentsOf(
  output: Output,
  ks: KustomizationObject,
  { task, decryptor }: { task: Task; decryptor: Decryptor | undefined },
): Promise<JsonObject[]> {
  if ('list' in output) return step(() => output.list.map(resourceOf))
  const resources = await decrypted(
    step(() => resourcesOf(output.text)),
    decryptor,
  )
  return ks.spec.postBuild ? substituted(resources, ks, task) : resources.map(r => r.object)
}

/** What kustomize builds, and what reads what is encrypted in it. Manifests are looked at one by one when they do not build: what builds, each of them is fit for. */
async function built(
  ks: KustomizationObject,
  files: ReadonlyMap<string, Uint8Array>,
  { start, task }: { start: Start; task: Task },
): Promise<{ output: Output; decryptor: Decryptor | undefined; scrub: Rendered['scrub'] }> {
  const { hands, signal } = task
  try {
    const prepared = await prepare(ks.spec, files, { ...task, start })
    const decryptor = ks.spec.decryption && task.decrypts !== false ? await openDecryptor(ks, task) : undefined
    const scrub = (message: string): string => decryptor?.scrub(message) ?? message
    const output = await scrubbed(scrub, async () => {
      const open = decryptor ? await decryptor.sources(prepared, task.folders) : prepared
      const isText = decryptor !== undefined || ks.spec.postBuild !== undefined
      const building: Promise<Output> = isText
        ? hands.kernel.kustomizeBuild(open, signal).then(text => ({ text }))
        : hands.kernel.kustomizeObjects(open, signal).then(list => ({ list }))
      return during('BuildFailed', building, 'kustomize build failed: ')
    })
    return { output, decryptor, scrub }
  } catch (thrown) {
    if ('manifests' in start) await cleaned(hands.kernel.checkManifests(start.manifests, signal))
    throw thrown
  }
}

/** Loads what reads SOPS for those that ask for it. */
async function openDecryptor(ks: KustomizationObject, { hands, signal, settings }: Task): Promise<Decryptor | undefined> {
  const { Decryptor } = await import('./decrypt-reconciler.ts')
  return Decryptor.open(ks, { hands, signal, allowed: settings.objectLevelWorkloadIdentity })
}

/** What was rendered. */
export interface Rendered {
  readonly objects: KubeObject[]
  /** A message without anything that was decrypted. */
  scrub(message: string): string
  /** Whether a value is one that was decrypted. */
  wasEncrypted(text: string): boolean
}

/** What fails is told without anything that was decrypted. */
export async function scrubbed<T>(scrub: Rendered['scrub'], work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    if (!(thrown instanceof StepError)) throw thrown
    const message = scrub(thrown.message)
    throw message === thrown.message ? thrown : new StepError(thrown.code, message)
  }
}

async function decrypted(resources: readonly Built[], decryptor: Decryptor | undefined): Promise<Built[]> {
  if (!decryptor) return [...resources]
  const open: Built[] = []
  for (const resource of resources) open.push(await decryptor.resource(resource))
  return open
}

/** @throws {StepError} ArtifactFailed when there is no such path. Spec: kustomization 3.4. */
export function requirePath({ files, folders }: Tree, path: string | undefined): void {
  step(() => rootOf(files, path ?? '', folders))
}

/** The objects of an object, to be shown: rendered and labelled, and where they are decrypted, normalised as they are applied. @throws {StepError} as {@link render}. */
export async function desired(ks: KustomizationObject, files: ReadonlyMap<string, Uint8Array>, task: Task): Promise<Rendered> {
  const { objects, ...rest } = await renderDecrypted(ks, files, task)
  if (task.decrypts === false) return { ...rest, objects: labelled(objects.map(maskEncrypted), ks) }
  return { ...rest, objects: owned(objects, ks, await task.hands.kernel.definitions()) }
}

/** Rendered objects as they are applied. @throws {StepError} ReconciliationFailed for a Secret that is still encrypted. Spec: kustomization 6.2, 7.1. */
export async function toApply(
  objects: readonly KubeObject[],
  ks: KustomizationObject,
  { kernel }: Pick<Hands, 'kernel'>,
): Promise<KubeObject[]> {
  const encrypted = objects.find(({ apiVersion, kind, sops }) => apiVersion === 'v1' && kind === 'Secret' && sops !== undefined)
  if (!encrypted) return owned(objects, ks, await kernel.definitions())
  const message = `${printRef(refOf(encrypted))} is SOPS encrypted, configuring decryption is required for this secret to be reconciled`
  throw new StepError('ReconciliationFailed', message)
}

/** What kustomize builds for a spec. @throws {StepError} ArtifactFailed, BuildFailed. Spec: kustomization 4.1. */
export async function prepare(
  spec: KustomizationObject['spec'],
  files: ReadonlyMap<string, Uint8Array>,
  { hands, signal, folders, start = step(() => startOf(files, spec.path ?? '', folders)) }: Preparation & { readonly start?: Start },
): Promise<Overlay> {
  const found =
    'file' in start ? await cleaned(hands.kernel.kustomizationFile(files.get(start.file) ?? new Uint8Array(), signal)) : undefined
  return step(() => overlay(files, start, { spec, found }))
}

/** A failure of kustomize to read is joined with the result of cleaning up: nothing. */
async function cleaned<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (thrown) {
    throw new StepError('BuildFailed', `${messageOf(thrown)} <nil>`, { cause: thrown })
  }
}

function step<T>(work: () => T): T {
  try {
    return work()
  } catch (thrown) {
    throw new StepError(thrown instanceof BuildError ? thrown.code : 'BuildFailed', messageOf(thrown), { cause: thrown })
  }
}

/** Variables are read for the first object that takes any: where none does, a missing source goes unnoticed. */
async function substituted(resources: readonly Built[], ks: KustomizationObject, task: Task): Promise<JsonObject[]> {
  const taking = resources.find(({ object }) => !isVerbatim(object))
  if (!taking) return resources.map(r => r.object)
  const vars = await variablesOf(ks, { task, first: taking.object.metadata.name })
  const identities = new Identities(resources)
  const budget = new Budget()
  return step(() =>
    resources.map(resource => {
      if (isVerbatim(resource.object)) return resource.object
      const result = substitute(resource, vars, { strict: task.settings.strictSubstitution, budget })
      identities.replace(resource.object, result)
      return result
    }),
  )
}

async function variablesOf(ks: KustomizationObject, { task, first }: { task: Task; first: string }): Promise<Map<string, string>> {
  const refused = (why: string, cause?: unknown): StepError =>
    new StepError('BuildFailed', `post build failed for '${first}': substitute from ${why}`, { cause })
  const sources = await variableSources(ks, { ...task, refused })
  return variables([...sources.map(s => s.data), ks.spec.postBuild?.substitute ?? {}])
}

/** What `substituteFrom` names, in order; what is optional and not there is left out. Throws what `refused` makes of a reason. Spec: kustomization 5.1. */
export async function variableSources(
  ks: KustomizationObject,
  { hands, signal, refused }: { hands: Pick<Hands, 'cluster'>; signal: AbortSignal; refused(why: string, cause?: unknown): Error },
): Promise<{ kind: string; data: Record<string, string> }[]> {
  const sources: { kind: string; data: Record<string, string> }[] = []
  for (const { kind, name, optional } of ks.spec.postBuild?.substituteFrom ?? []) {
    const found = await hands.cluster
      .get({ group: '', version: 'v1', kind, name, namespace: ks.metadata.namespace }, signal)
      .catch((thrown: unknown) => {
        throw thrown instanceof CodedError ? refused(`'${kind}/${name}' error: ${thrown.message}`, thrown) : thrown
      })
    if (!found && !optional) throw refused(`'${kind}/${name}' error: ${kind.toLowerCase()}s "${name}" not found`)
    if (found) sources.push({ kind, data: dataOf(found) })
  }
  return sources
}

function dataOf(object: KubeObject): Record<string, string> {
  const decode = (value: string): string => (object.kind === 'Secret' ? Buffer.from(value, 'base64').toString('utf8') : value)
  return Object.fromEntries(Object.entries(objectAt(object, 'data')).map(([key, value]) => [key, decode(String(value))]))
}
