import { StepError } from '../engine/outcome.ts'
import type { KustomizationObject } from '../kinds/kustomization.ts'
import type { KubeObject } from '../kinds/manifest.ts'
import type { Wrapped } from '../kinds/master-key.ts'
import { CodedError, messageOf } from '../lib/coded-error.ts'
import { isObject, objectAt, stringAt } from '../lib/json.ts'
import { print } from '../lib/yaml.ts'
import type { Hands } from '../world/world.ts'
import type { Overlay } from './generate.ts'
import { type AgeIdentity, ageDecrypted } from './sops/age.ts'
import { fromBase64 } from './sops/base64.ts'
import { decryptContent, decryptObject, type Opener } from './sops/document.ts'
import { detected, formatFor, isMarked } from './sops/formats.ts'
import { type Keys, keysIn, noKeys, publicNames } from './sops/keys.ts'
import { ambientIdentities } from './sops/ambient.ts'
import { pgpDecrypted } from './sops/pgp.ts'
import { Plaintexts } from './sops/plaintexts.ts'
import { sourcesOf } from './sops/sources.ts'
import type { Built } from './substitute.ts'

/** What decrypting needs of the world, and of a run. `allowed`: the gate ObjectLevelWorkloadIdentity. */
export interface Decrypting {
  readonly hands: Pick<Hands, 'cluster' | 'kms'>
  readonly allowed: boolean
  readonly signal: AbortSignal
}

/** Decrypts what one run of a Kustomization builds. Nothing that it decrypts is written anywhere. Spec: kustomization 6. */
export class Decryptor {
  readonly #keys: Keys
  readonly #ks: KustomizationObject
  readonly #task: Decrypting
  readonly #opener: Opener
  readonly #plain = new Plaintexts()
  #ambient: Promise<{ readonly identities: readonly AgeIdentity[]; readonly problems: readonly string[] }> | undefined
  #had: readonly string[]

  private constructor(ks: KustomizationObject, keys: Keys, task: Decrypting) {
    this.#ks = ks
    this.#keys = keys
    this.#task = task
    this.#had = publicNames(keys)
    this.#opener = {
      unwrap: wrapped => this.#unwrap(wrapped),
      had: () => this.#had,
      signal: task.signal,
      learn: (value, path) => this.#plain.learn(value, path),
    }
  }

  /** With the keys of the Secret that the spec names. `undefined` when the spec decrypts nothing. @throws {StepError} BuildFailed. */
  static async open(ks: KustomizationObject, task: Decrypting): Promise<Decryptor | undefined> {
    const { decryption } = ks.spec
    if (!decryption) return undefined
    return new Decryptor(ks, decryption.secretRef ? await importKeys(ks, decryption.secretRef.name, task) : noKeys, task)
  }

  /** The files to build, with those decrypted that Secret generators and patches read. @throws {StepError} BuildFailed. Spec: kustomization 6.2 A. */
  async sources(overlay: Overlay, folders: ReadonlySet<string> | undefined): Promise<Overlay> {
    const files = new Map(overlay.files)
    try {
      for (const { path, format } of sourcesOf({ files, folders }, overlay.root)) {
        const content = files.get(path)
        if (!content || !isMarked(content, format)) continue
        const open = await decryptContent(content, [format, format], this.#opener)
        files.set(path, open)
      }
    } catch (thrown) {
      throw this.#failure('error decrypting sources', thrown)
    }
    return { ...overlay, files }
  }

  /** A built resource in the clear; the same when nothing of it is encrypted. @throws {StepError} BuildFailed. Spec: kustomization 6.2 B. */
  async resource(built: Built): Promise<Built> {
    const { object } = built
    const { name, namespace = '' } = object.metadata
    const failed = (what: string) => (thrown: unknown) => {
      throw this.#failure(`decryption failed for '${name}': failed to decrypt and format '${namespace}/${name}' ${what}`, thrown)
    }
    if (isEncrypted(object)) {
      const open = (await decryptObject(object, this.#opener).catch(failed(`${object.kind} data`))) as KubeObject
      return { object: open, text: print(open) }
    }
    return object.kind === 'Secret' ? this.#secret(built, failed) : built
  }

  /** Whether a value is one that was decrypted. */
  has(text: string): boolean {
    return this.#plain.has(text)
  }

  /** A message without anything that was decrypted. */
  scrub(message: string): string {
    return this.#plain.scrub(message)
  }

  async #secret(built: Built, failed: (what: string) => (thrown: unknown) => never): Promise<Built> {
    const data = objectAt(built.object, 'data')
    const open: Record<string, string> = {}
    for (const [key, value] of Object.entries(data)) {
      const content = typeof value === 'string' ? fromBase64(value) : undefined
      const format = content && detected(content)
      if (!content || !format) continue
      const text = await decryptContent(content, [format, formatFor(key)], this.#opener).catch(failed(`Secret field '${key}'`))
      open[key] = Buffer.from(text).toString('base64')
    }
    if (Object.keys(open).length === 0) return built
    const object = { ...built.object, data: { ...data, ...open } }
    return { object, text: print(object) }
  }

  #failure(what: string, thrown: unknown): unknown {
    this.#task.signal.throwIfAborted()
    return new StepError('BuildFailed', this.scrub(`${what}: ${messageOf(thrown)}`), { cause: thrown })
  }

  async #unwrap({ key, enc }: Wrapped): Promise<Uint8Array> {
    const { hands, signal, allowed } = this.#task
    if (key.is === 'age') return ageDecrypted(enc, await this.#identities())
    if (key.is === 'pgp') return pgpDecrypted(enc, this.#keys.pgp)
    const name = this.#ks.spec.decryption?.serviceAccountName
    const namespace = this.#ks.metadata.namespace ?? ''
    const serviceAccount = name ? { cluster: hands.cluster, namespace, name, allowed } : undefined
    const asker = key.is === 'vault' ? undefined : ({ object: this.#ks, operation: `decrypt_with_${key.is}` } as const)
    return hands.kms.decrypt({ key, enc }, { credentials: this.#keys.credentials, who: { serviceAccount, asker, signal } })
  }

  /** Those of the Secret; where it brings none, those of this process. */
  async #identities(): Promise<readonly AgeIdentity[]> {
    if (this.#keys.age.length > 0) return this.#keys.age
    this.#ambient ??= this.#task.hands.kms.ambient(this.#task.signal).then(ambientIdentities)
    const { identities, problems } = await this.#ambient
    this.#had = publicNames({ age: identities, pgp: this.#keys.pgp })
    if (identities.length > 0) return identities
    throw new Error(`failed to load age identities${problems.length > 0 ? `: ${problems.join('; ')}` : ''}`)
  }
}

/** Whether an object as a whole is a SOPS document. */
function isEncrypted(object: KubeObject): boolean {
  return isObject(object.sops) && Boolean(stringAt(object.sops, 'mac'))
}

async function importKeys(ks: KustomizationObject, name: string, { hands: { cluster }, signal }: Decrypting): Promise<Keys> {
  const namespace = ks.metadata.namespace ?? ''
  const where = `${namespace}/${name}`
  const fail = (message: string, cause?: unknown): StepError => new StepError('BuildFailed', message, { cause })
  const secret = await cluster.get({ group: '', version: 'v1', kind: 'Secret', namespace, name }, signal).catch((thrown: unknown) => {
    throw thrown instanceof CodedError ? fail(`cannot get sops decryption Secret '${where}': ${thrown.message}`, thrown) : thrown
  })
  if (!secret) throw fail(`secrets "${name}" not found`)
  const data = Object.entries(objectAt(secret, 'data')).map(([key, value]): [string, Uint8Array] => [
    key,
    Buffer.from(String(value), 'base64'),
  ])
  try {
    return await keysIn(Object.fromEntries(data), where)
  } catch (thrown) {
    throw fail(messageOf(thrown), thrown)
  }
}
