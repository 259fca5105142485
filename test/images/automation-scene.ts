import { drive, type Driven } from '../../src/engine/drive.ts'
import type { AutomationHands } from '../../src/images/automation-work-reconciler.ts'
import { fluxDefaults, type Settings } from '../../src/engine/settings.ts'
import type { KubeObject, ObjectRef } from '../../src/kinds/manifest.ts'
import { type JsonObject, stringAt } from '../../src/lib/json.ts'
import type { SandboxGit } from '../../src/sandbox/git.ts'
import { automations } from '../../src/tools/run/automations.ts'
import type { Kernel } from '../../src/world/kernel/kernel.ts'
import { type Forge, git, openForge } from '../support/git.ts'
import { serveGit } from '../support/git-server.ts'
import { secretObject } from '../support/secrets.ts'
import { unending } from '../support/unending.ts'
import { ensureNamespace, startWorld, type TestWorld } from '../support/world.ts'
import type { Started } from '../world/cluster/contract.ts'
import { marker } from './policies.ts'

let scenes = 0

/** A repository with a Deployment whose image is marked, the policy that it is marked for, and an automation of both; each scene has a namespace. */
export class AutomationScene {
  readonly world: TestWorld
  readonly forge: Forge = openForge()
  readonly namespace: string
  readonly #server: SandboxGit
  #names = 0

  private constructor(world: TestWorld, server: SandboxGit, forge: Forge) {
    this.world = world
    this.#server = server
    this.forge = forge
    this.namespace = `automation-${++scenes}`
  }

  static async open(open: () => Promise<Started>, kernel: Kernel): Promise<AutomationScene> {
    const world = await startWorld(open, kernel)
    const forge = openForge()
    const scene = new AutomationScene(world, await serveGit({ folder: forge.folder }), forge)
    await ensureNamespace(world.cluster, scene.namespace)
    return scene
  }

  async stop(): Promise<void> {
    await this.#server.close()
    await this.world.stop()
    this.forge.remove()
  }

  /** A name that no other test of the scene has. */
  nextName(): string {
    return `repo-${++this.#names}`
  }

  /** A repository on the server; what git says in it. */
  async repository(name: string, files: Record<string, string>): Promise<(...args: string[]) => Promise<string>> {
    const path = await this.forge.commit(`${name}.git`, [{ branch: 'refs/heads/main', at: 1_000, message: 'first', files }])
    await git(path, 'config', 'http.receivepack', 'true')
    await this.object('source.toolkit.fluxcd.io/v1', 'GitRepository', {
      name,
      spec: { url: this.url(name), interval: '10m', ref: { branch: 'main' } },
    })
    return (...args) => git(path, ...args)
  }

  url(name: string): string {
    return `http://${this.#server.address}/${name}.git`
  }

  async object(
    apiVersion: string,
    kind: string,
    { name, labels = {}, spec }: { name: string; labels?: Record<string, string>; spec: JsonObject },
  ): Promise<ObjectRef> {
    const { namespace } = this
    await this.world.cluster.apply(
      { apiVersion, kind, metadata: { name, namespace, labels }, spec } as KubeObject,
      { manager: 'test', force: true },
      unending,
    )
    const [group = '', version = ''] = apiVersion.split('/')
    return { group, version, kind, namespace, name }
  }

  async secret(name: string, data: Record<string, string>): Promise<void> {
    const secret = secretObject({ namespace: this.namespace, name }, data)
    await this.world.cluster.apply(secret, { manager: 'test', force: true }, unending)
  }

  async policy(
    name: string,
    tag: string,
    { labels = {}, digest }: { labels?: Record<string, string>; digest?: string } = {},
  ): Promise<void> {
    const spec = { imageRepositoryRef: { name }, policy: { semver: { range: '*' } } }
    const ref = await this.object('image.toolkit.fluxcd.io/v1beta2', 'ImagePolicy', { name, labels, spec })
    const status = { latestRef: { name: 'ghcr.io/org/app', tag, ...(digest ? { digest } : {}) } }
    await this.world.cluster.patch(ref, { type: 'merge', body: { status }, subresource: 'status', manager: 'test' }, unending)
  }

  automation(
    name: string,
    spec: JsonObject = {},
    { push, checkout, commit }: { push?: JsonObject; checkout?: JsonObject; commit?: JsonObject } = {},
  ): Promise<ObjectRef> {
    const git = {
      commit: { author: { name: 'Flux', email: 'flux@example.com' }, ...commit },
      ...(push ? { push } : {}),
      ...(checkout ? { checkout } : {}),
    }
    return this.object('image.toolkit.fluxcd.io/v1beta2', 'ImageUpdateAutomation', {
      name,
      spec: { sourceRef: { kind: 'GitRepository', name }, interval: '10m', git, ...spec },
    })
  }

  /** The line of the marked image, with the policy that it is marked for. */
  line(tag: string, policy: string): string {
    return `kind: Deployment\napiVersion: apps/v1\nmetadata: {name: app}\nimage: "ghcr.io/org/app:${tag}"   ${marker(`${this.namespace}:${policy}`)}\n\n# end\n`
  }

  async run(
    ref: ObjectRef,
    { hands = {}, settings = {} }: { hands?: Partial<AutomationHands>; settings?: Partial<Settings> } = {},
  ): Promise<{ driven: Driven; object: KubeObject }> {
    const { cluster } = this.world
    const all = { ...this.world.hands, ...hands }
    const driven = await drive(automations, ref, {
      hub: cluster,
      hands: all,
      clock: all.clock,
      settings: { ...fluxDefaults, ...settings },
      signal: unending,
    })
    const object = await cluster.get(ref, unending)
    if (!object) throw new TypeError('the automation is gone')
    return { driven, object }
  }

  async events({ name }: ObjectRef): Promise<{ type: string; reason: string; message: string; from: string }[]> {
    const { items } = await this.world.cluster.list({ group: '', kind: 'Event', namespace: this.namespace }, unending)
    const own = items.filter(
      e => stringAt(e, 'involvedObject', 'kind') === 'ImageUpdateAutomation' && stringAt(e, 'involvedObject', 'name') === name,
    )
    return own.map(e => ({
      type: String(e.type),
      reason: String(e.reason),
      message: String(e.message),
      from: stringAt(e, 'source', 'component') ?? '',
    }))
  }
}
