import { type Descriptor, type Reference } from '../../kinds/oci.ts'
import { type Digest, sha256 } from '../../lib/digest.ts'
import { jsonIn, listAt, stringAt } from '../../lib/json.ts'
import { printReference } from '../../lib/reference.ts'
import { orAbsent, RegistryError } from './error.ts'
import { type Oras, stream, text } from './oras-run.ts'
import { checker, digestOf, isDescriptor, manifestLimit, mismatch } from './pull.ts'
import type { BlobSource, Registry } from './registry.ts'

const listLimit = 64 * 1024 * 1024

/** Drives the oras CLI, so that its credential helpers and plugins work; one push has the same digest as through the native client. */
export function orasRegistry(oras: Oras): Registry {
  return new OrasRegistry(oras)
}

class OrasRegistry implements Registry {
  readonly served = 'oras'
  readonly #oras: Oras

  constructor(oras: Oras) {
    this.#oras = oras
  }

  async lookUp(ref: Reference, signal: AbortSignal): Promise<Descriptor> {
    const at = withTag(ref)
    const found = jsonIn(await this.#text({ args: ['manifest', 'fetch', '--descriptor', printReference(at)], at }, signal))
    if (isDescriptor(found)) return { mediaType: found.mediaType, digest: found.digest, size: found.size }
    throw new RegistryError('BAD_ANSWER', { ref: printReference(at), message: `oras: no descriptor of '${printReference(at)}'` })
  }

  resolve(ref: Reference, signal: AbortSignal): Promise<Descriptor | undefined> {
    return orAbsent(this.lookUp(ref, signal))
  }

  manifest(ref: Reference, signal: AbortSignal): Promise<{ descriptor: Descriptor; bytes: Uint8Array } | undefined> {
    return orAbsent(this.#manifest(ref, signal))
  }

  async #manifest(ref: Reference, signal: AbortSignal): Promise<{ descriptor: Descriptor; bytes: Uint8Array }> {
    const seen = ref.digest ? undefined : await this.lookUp(ref, signal)
    const digest = ref.digest ?? seen?.digest
    const at = { ...placeOf(ref), digest }
    const args = ['manifest', 'fetch', '--output', '-', printReference(at)]
    const bytes = await this.#text({ args, at, limit: manifestLimit }, signal)
    if (digest && digestOf(bytes, digest) !== digest) throw mismatch(at, digestOf(bytes, digest))
    const told = stringAt(jsonIn(bytes), 'mediaType')
    const mediaType = seen?.mediaType ?? told ?? (await this.lookUp(at, signal)).mediaType
    return { descriptor: { mediaType, digest: digest ?? sha256(bytes), size: bytes.length }, bytes }
  }

  async *blob(repository: Reference, target: Descriptor, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const at = { ...placeOf(repository), digest: target.digest }
    const check = checker(at, target)
    const args = ['blob', 'fetch', '--output', '-', printReference(at)]
    for await (const chunk of stream(this.#oras, { args, sides: [{ at }] }, signal)) {
      check.take(chunk)
      yield chunk
    }
    check.end()
  }

  async *tags(repository: Reference, signal: AbortSignal): AsyncIterable<string> {
    yield* linesOf(await orAbsent(this.#tags(repository, signal)))
  }

  async *listTags(repository: Reference, signal: AbortSignal): AsyncIterable<string> {
    yield* linesOf(await this.#tags(repository, signal))
  }

  #tags(repository: Reference, signal: AbortSignal): Promise<Uint8Array> {
    const at = placeOf(repository)
    return this.#text({ args: ['repo', 'tags', printReference(at)], at, limit: listLimit }, signal)
  }

  async *referrers(
    repository: Reference,
    digest: Digest,
    { signal, artifactType }: { signal: AbortSignal; artifactType?: string | undefined },
  ): AsyncIterable<Descriptor> {
    const at = { ...placeOf(repository), digest }
    const depth = this.#oras.major > 1 || this.#oras.minor >= 3 ? ['--depth', '1'] : []
    const filter = artifactType ? ['--artifact-type', artifactType] : []
    const args = ['discover', '--format', 'json', ...depth, ...filter, printReference(at)]
    const document = jsonIn(await this.#text({ args, at, limit: listLimit }, signal))
    for (const entry of [...listAt(document, 'referrers'), ...listAt(document, 'manifests')])
      if (isDescriptor(entry)) yield withoutReference(entry)
  }

  async pushBlob(
    repository: Reference,
    { descriptor, open }: BlobSource,
    { signal }: { signal: AbortSignal; mountFrom?: string | undefined },
  ): Promise<'existed' | 'mounted' | 'uploaded'> {
    const at = { ...placeOf(repository), digest: descriptor.digest }
    if (await orAbsent(this.#text({ args: ['blob', 'fetch', '--descriptor', printReference(at)], at }, signal))) return 'existed'
    const args = ['blob', 'push', '--media-type', descriptor.mediaType, '--size', String(descriptor.size), printReference(at), '-']
    await this.#text({ args, at, input: checked(open(), at, descriptor) }, signal)
    return 'uploaded'
  }

  async pushManifest(
    ref: Reference,
    { mediaType, bytes }: { mediaType: string; bytes: Uint8Array },
    signal: AbortSignal,
  ): Promise<Descriptor> {
    const at = withTag(ref)
    const digest = at.digest ? digestOf(bytes, at.digest) : sha256(bytes)
    if (at.digest && at.digest !== digest) throw mismatch(at, digest)
    await this.#text({ args: ['manifest', 'push', '--media-type', mediaType, printReference(at), '-'], at, input: one(bytes) }, signal)
    return { mediaType, digest, size: bytes.length }
  }

  async tag(from: Reference, tag: string, signal: AbortSignal): Promise<Descriptor> {
    const found = await this.lookUp(from, signal)
    const at = { ...placeOf(from), digest: found.digest }
    await this.#text({ args: ['tag', printReference(at), tag], at }, signal)
    return found
  }

  async copy(from: Reference, to: Reference, signal: AbortSignal): Promise<Descriptor> {
    const found = await this.lookUp(from, signal)
    const source = { ...placeOf(from), digest: found.digest }
    const target = to.tag || to.digest ? to : { ...placeOf(to), digest: found.digest }
    const args = ['cp', printReference(source), printReference(target)]
    const sides = [
      { at: source, side: 'from' },
      { at: target, side: 'to' },
    ] as const
    await text(this.#oras, { args, sides: [...sides] }, { limit: listLimit, signal })
    return found
  }

  #text(
    { args, at, input, limit = listLimit }: { args: string[]; at: Reference; input?: AsyncIterable<Uint8Array>; limit?: number },
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    return text(this.#oras, { args, input, sides: [{ at }] }, { limit, signal })
  }
}

function placeOf({ registry, repository }: Reference): Reference {
  return { registry, repository }
}

function withTag(ref: Reference): Reference {
  return ref.tag || ref.digest ? ref : { ...ref, tag: 'latest' }
}

function withoutReference(entry: Descriptor): Descriptor {
  const { mediaType, digest, size, annotations, artifactType } = entry
  return { mediaType, digest, size, ...(annotations ? { annotations } : {}), ...(artifactType ? { artifactType } : {}) }
}

/** The source, which must be what its descriptor says. */
async function* checked(source: AsyncIterable<Uint8Array>, at: Reference, descriptor: Descriptor): AsyncIterable<Uint8Array> {
  const check = checker(at, descriptor)
  for await (const chunk of source) {
    check.take(chunk)
    yield chunk
  }
  check.end()
}

async function* one(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}

function linesOf(text: Uint8Array | undefined): string[] {
  return new TextDecoder().decode(text).split('\n').filter(Boolean)
}
