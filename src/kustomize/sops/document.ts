import { dataKeyOf, type Unwrap } from './data-key.ts'
import { decryptTrees, type Encrypted, type Options } from './decrypt.ts'
import { SopsError } from './error.ts'
import { emit, type Format, load } from './formats.ts'
import { Branch, nodeOf, jsonOf } from './tree.ts'
import { metadataOf } from './metadata.ts'
import type { JsonObject } from '../../lib/json.ts'

/** What decrypting needs. `had` are the public names of the keys that there are. */
export interface Opener extends Options {
  readonly unwrap: Unwrap
  had(): readonly string[]
  readonly signal: AbortSignal
}

/** Encrypted content in another format, or the same, in the clear. @throws {SopsError} with Flux's words before those of SOPS. Spec: kustomization 6.3. */
export async function decryptContent(content: Uint8Array, [from, to]: readonly [Format, Format], opener: Opener): Promise<Uint8Array> {
  const encrypted = step(`failed to load encrypted ${from} data`, () => load(content, from))
  const trees = await open(encrypted, opener)
  return step(`failed to emit encrypted ${from} file as decrypted ${to}`, () => emit(trees, to))
}

/** An encrypted object in the clear. @throws {SopsError} as {@link decryptContent}. */
export async function decryptObject(object: JsonObject, opener: Opener): Promise<JsonObject> {
  const encrypted = step('failed to load encrypted JSON data', (): Encrypted => {
    const { sops, ...rest } = object
    const [metadata, tree] = [nodeOf(sops ?? null), nodeOf(rest)]
    if (!(metadata instanceof Branch) || !(tree instanceof Branch))
      throw new SopsError('MALFORMED', 'Found sops entry that is not a mapping')
    return { trees: [tree], metadata: metadataOf(metadata) }
  })
  const [tree = new Branch([])] = await open(encrypted, opener)
  return jsonOf(tree) as JsonObject
}

async function open(encrypted: Encrypted, { unwrap, had, signal, ...options }: Opener): Promise<Branch[]> {
  const key = await dataKeyOf(encrypted.metadata, unwrap, { had, signal }).catch((thrown: unknown) => {
    throw told('cannot get sops data key', thrown)
  })
  return step('error decrypting sops tree', () => decryptTrees(encrypted, key, options))
}

function step<T>(what: string, work: () => T): T {
  try {
    return work()
  } catch (thrown) {
    throw told(what, thrown)
  }
}

/** A failure of the integrity check already says what it is. */
function told(what: string, thrown: unknown): unknown {
  if (thrown instanceof RangeError) return new SopsError('MALFORMED', `${what}: exceeded max depth`, { cause: thrown })
  if (!(thrown instanceof SopsError)) return thrown
  const message = thrown.message.startsWith('failed to verify') ? thrown.message : `${what}: ${thrown.message}`
  return new SopsError(thrown.code, message, { cause: thrown })
}
