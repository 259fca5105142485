import { createHash, type Hash, timingSafeEqual } from 'node:crypto'
import { decrypted } from './cipher.ts'
import { malformed, SopsError } from './error.ts'
import type { Metadata } from './metadata.ts'
import { type At, judgeOf } from './rules.ts'
import { Branch, checkDepth, Comment, type Entry, type Leaf, List, type Node, Time } from './tree.ts'

export interface Options {
  /** Whether what stands in the clear must be what was encrypted. Flux does not check, as kustomize changes documents. */
  readonly checkMac?: boolean | undefined
  /** Is shown every value that was decrypted. */
  readonly learn?: ((value: string, path: readonly string[]) => void) | undefined
}

/** A loaded file: its documents without their metadata. */
export interface Encrypted {
  readonly trees: readonly Branch[]
  readonly metadata: Metadata
}

/** The documents with every value decrypted. @throws {SopsError} MALFORMED, TAMPERED, NO_KEY. Spec: kustomization 6.3. */
export function decryptTrees({ trees, metadata }: Encrypted, key: Uint8Array, { checkMac = false, learn }: Options = {}): Branch[] {
  const walk = new Walk(metadata, { key, learn, trees })
  const open = walk.all(trees)
  if (checkMac) checkIntegrity(metadata, key, walk.mac())
  return open
}

/** A hash of secrets is not told either. */
function checkIntegrity({ mac, lastModified }: Metadata, key: Uint8Array, found: string): void {
  const stored = mac === '' ? '' : decrypted(mac, key, lastModified)
  const expected = typeof stored === 'string' ? stored : ''
  if (expected.length === found.length && timingSafeEqual(Buffer.from(expected), Buffer.from(found))) return
  const shown = expected === '' ? 'no MAC' : '<redacted>'
  throw new SopsError('TAMPERED', `failed to verify sops data integrity: expected mac '${shown}', got '<redacted>'`)
}

/** Which is hashed first where only encrypted values count: such a MAC is never one over all values. */
const onlyEncrypted = createHash('sha256').update('sops').digest()

class Walk {
  readonly #key: Uint8Array
  readonly #judge: (at: At) => boolean
  readonly #macOnlyEncrypted: boolean
  readonly #learn: Options['learn']
  readonly #hash: Hash = createHash('sha512')

  constructor(
    { rule, macOnlyEncrypted }: Metadata,
    { key, learn, trees }: { key: Uint8Array; learn: Options['learn']; trees: readonly Branch[] },
  ) {
    this.#key = key
    this.#learn = learn
    this.#judge = judgeOf(rule, trees)
    this.#macOnlyEncrypted = macOnlyEncrypted
    if (macOnlyEncrypted) this.#hash.update(onlyEncrypted)
  }

  all(trees: readonly Branch[]): Branch[] {
    return trees.map(tree => this.#branch(tree, { path: [], comments: [] }))
  }

  mac(): string {
    return this.#hash.digest('hex').toUpperCase()
  }

  #branch({ items }: Branch, { path, comments }: Place): Branch {
    checkDepth(comments.length)
    const active: string[] = []
    const within = [...comments, active]
    return new Branch(
      items.map((item): Entry | Comment => {
        if (item instanceof Comment) {
          active.push(item.text)
          return this.#comment(item, { path, comments: within })
        }
        const value = this.#node(item.value, { path: [...path, item.key], comments: within })
        active.length = 0
        return { key: item.key, value }
      }),
    )
  }

  /** Indexes are no part of the path. */
  #list({ items }: List, { path, comments }: Place): List {
    checkDepth(comments.length)
    const active: string[] = []
    const within = [...comments, active]
    return new List(
      items.map((item): Node | Comment => {
        if (item instanceof Comment) {
          active.push(item.text)
          return this.#comment(item, { path, comments: within })
        }
        const value = this.#node(item, { path, comments: within })
        active.length = 0
        return value
      }),
    )
  }

  #node(node: Node, place: Place): Node {
    if (node instanceof Branch) return this.#branch(node, place)
    if (node instanceof List) return this.#list(node, place)
    return node === null ? null : this.#leaf(node, place)
  }

  #leaf(leaf: Leaf, place: Place): Node {
    const encrypted = this.#judge({ ...place, isComment: false })
    const open = encrypted ? this.#open(leaf, place) : leaf
    if (encrypted || !this.#macOnlyEncrypted) this.#hash.update(bytesOf(open))
    return open
  }

  #open(leaf: Leaf, { path }: Place): Leaf {
    if (typeof leaf !== 'string') throw malformed(`Error walking tree: Expected encrypted value as string, but got ${goTypeOf(leaf)}`)
    try {
      const open = decrypted(leaf, this.#key, aboutOf(path))
      if (open instanceof Comment) throw malformed('a value is encrypted as a comment')
      this.#learn?.(open instanceof Uint8Array ? Buffer.from(open).toString('utf8') : String(bytesOf(open)), path)
      return open
    } catch (thrown) {
      if (!(thrown instanceof SopsError)) throw thrown
      throw new SopsError(thrown.code, `Error walking tree: Could not decrypt value: ${thrown.message}`, { cause: thrown })
    }
  }

  /** A comment that was never encrypted stays; one that was stands on a line of its own, as sops has it. */
  #comment(comment: Comment, place: Place): Comment {
    if (!this.#judge({ ...place, isComment: true })) return comment
    try {
      const open = decrypted(comment.text, this.#key, aboutOf(place.path))
      return new Comment(open instanceof Comment ? open.text : String(open))
    } catch (thrown) {
      if (thrown instanceof SopsError) return comment
      throw thrown
    }
  }
}

interface Place {
  readonly path: readonly string[]
  readonly comments: readonly (readonly string[])[]
}

function aboutOf(path: readonly string[]): string {
  return `${path.join(':')}:`
}

function bytesOf(leaf: Leaf): string | Uint8Array {
  if (leaf instanceof Uint8Array) return leaf
  if (leaf instanceof Time) return leaf.text
  if (typeof leaf === 'boolean') return leaf ? 'True' : 'False'
  return typeof leaf === 'number' ? decimal(leaf) : String(leaf)
}

/** A number without an exponent. */
function decimal(value: number): string {
  const [, sign = '', whole = '', fraction = '', exponent] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? []
  if (exponent === undefined) return String(value)
  const point = whole.length + Number(exponent)
  const digits = whole + fraction
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  return `${sign}${digits.padEnd(point, '0')}`
}

function goTypeOf(leaf: Leaf): string {
  if (leaf instanceof Time) return 'time.Time'
  if (typeof leaf === 'boolean') return 'bool'
  return Number.isInteger(leaf) || typeof leaf === 'bigint' ? 'int' : 'float64'
}
