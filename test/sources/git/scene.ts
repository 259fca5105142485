import { GitRepository } from '../../../src/kinds/git-repository.ts'
import type { KubeObject, ObjectRef } from '../../../src/kinds/manifest.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import { unpack } from '../../../src/lib/untar.ts'
import type { SandboxGit } from '../../../src/sandbox/git.ts'
import { gitRepositories } from '../../../src/sources/git/reconciler.ts'
import type { Kernel } from '../../../src/world/kernel/kernel.ts'
import { type CommitPlan, type Forge, git, openForge } from '../../support/git.ts'
import { serveGit } from '../../support/git-server.ts'
import { unending } from '../../support/unending.ts'
import { startWorld } from '../../support/world.ts'
import type { Started } from '../../world/cluster/contract.ts'
import { artifactOf, SourceScene } from '../scene.ts'

export { artifactOf, judged, namespace, revisionOf } from '../scene.ts'

/** What a request of Git's asks a server for. */
const password = 'let-me-in'

/** A world with a Git server, and GitRepositories in it. */
export class GitScene extends SourceScene<typeof GitRepository> {
  readonly forge: Forge = openForge()
  #servers: { open: SandboxGit; closed: SandboxGit } | undefined

  static async open(open: () => Promise<Started>, kernel: Kernel): Promise<GitScene> {
    const scene = new GitScene(await startWorld(open, kernel), gitRepositories)
    await scene.prepare()
    const { folder } = scene.forge
    const basic = `Basic ${Buffer.from(`ada:${password}`).toString('base64')}`
    scene.#servers = { open: await serveGit({ folder }), closed: await serveGit({ folder, letIn: [basic, `Bearer ${password}`] }) }
    await scene.secret('user', 'Opaque', { username: 'ada', password })
    await scene.secret('token', 'Opaque', { bearerToken: password })
    return scene
  }

  /** The address of a repository; the closed server wants user or token. */
  url(name: string, server: 'open' | 'closed' = 'open'): string {
    return `http://${this.#servers?.[server].address ?? ''}/${name}.git`
  }

  /** A repository with commits, and what git says in it. */
  async made(name: string, plans: readonly CommitPlan[]): Promise<(...args: string[]) => Promise<string>> {
    const path = await this.forge.commit(`${name}.git`, plans)
    return (...args) => git(path, ...args)
  }

  /** A repository whose branch main has these files in one commit, and the GitRepository that names it. */
  async filled(files: Record<string, string>, spec: JsonObject = {}): Promise<ObjectRef> {
    const name = this.name()
    await this.made(name, [{ branch: 'refs/heads/main', at: 1_000, message: 'first', files }])
    return this.repository(name, { ref: { branch: 'main' }, ...spec })
  }

  /** A GitRepository of the repository of its name, unless the spec names another. */
  repository(name: string, spec: JsonObject = {}): Promise<ObjectRef> {
    return this.object(name, { url: this.url(name), interval: '10m', ...spec })
  }

  /** Files of the artifact by path. */
  async files(object: KubeObject): Promise<Record<string, string>> {
    const body = await this.world.hands.fetcher.fetch(artifactOf(object) as never, unending)
    const { files } = await unpack(body ?? empty(), { maxBytes: 1e8, maxEntries: 1000, maxEntryBytes: 1e8 })
    return Object.fromEntries([...files].map(([path, { content }]) => [path, Buffer.from(content).toString()]))
  }

  override async stop(): Promise<void> {
    await this.#servers?.open.close()
    await this.#servers?.closed.close()
    await super.stop()
    this.forge.remove()
  }
}

async function* empty(): AsyncIterable<Uint8Array> {}
