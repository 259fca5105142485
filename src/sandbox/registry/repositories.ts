import type { Descriptor } from '../../kinds/oci.ts'
import type { Digest } from '../../lib/digest.ts'
import type { Content } from './content.ts'

/** What one repository holds. */
export interface Repository {
  readonly manifests: Map<string, Descriptor & { readonly subject?: string | undefined }>
  readonly tags: Map<string, string>
  readonly blobs: Set<string>
}

/** Repositories by name; every change is saved before it is acknowledged. */
export class Repositories {
  readonly #content: Content
  readonly #all = new Map<string, Repository>()
  readonly #saving = new Map<string, Promise<void>>()
  readonly #waiting = new Map<string, Promise<void>>()

  private constructor(content: Content) {
    this.#content = content
  }

  static async load(content: Content): Promise<Repositories> {
    const loaded = new Repositories(content)
    for (const { repository, text } of await content.loadIndexes()) loaded.#all.set(repository, restored(text))
    return loaded
  }

  names(): string[] {
    return [...this.#all.keys()].toSorted()
  }

  /** `undefined` when nothing was ever pushed there. */
  get(name: string): Repository | undefined {
    return this.#all.get(name)
  }

  async change(name: string, edit: (repository: Repository) => void): Promise<void> {
    const repository = this.#all.get(name) ?? { manifests: new Map(), tags: new Map(), blobs: new Set() }
    this.#all.set(name, repository)
    edit(repository)
    await this.#save(name, repository)
  }

  /** One save of a repository at a time; those that wait for the same one share the next. */
  #save(name: string, { manifests, tags, blobs }: Repository): Promise<void> {
    const running = this.#saving.get(name)
    const waiting = this.#waiting.get(name)
    if (waiting) return waiting
    const write = (): Promise<void> =>
      this.#content.saveIndex(name, JSON.stringify({ manifests: [...manifests], tags: [...tags], blobs: [...blobs] }))
    const started = (): Promise<void> => {
      this.#waiting.delete(name)
      const save = write().finally(() => this.#saving.delete(name))
      this.#saving.set(name, save)
      return save
    }
    if (!running) return started()
    const next = running.then(started, started)
    this.#waiting.set(name, next)
    return next
  }

  /** Manifests whose subject is the digest. */
  referrers(name: string, subject: Digest, artifactType: string | null): Descriptor[] {
    const all = [...(this.#all.get(name)?.manifests.values() ?? [])]
    return all.filter(m => m.subject === subject && (!artifactType || m.artifactType === artifactType)).map(withoutSubject)
  }
}

function restored(text: string): Repository {
  const saved = JSON.parse(text) as { manifests: [string, Descriptor][]; tags: [string, string][]; blobs: string[] }
  return { manifests: new Map(saved.manifests), tags: new Map(saved.tags), blobs: new Set(saved.blobs) }
}

function withoutSubject(manifest: Descriptor & { subject?: string | undefined }): Descriptor {
  const { subject: _subject, ...descriptor } = manifest
  return descriptor
}
