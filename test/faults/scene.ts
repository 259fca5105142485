import assert from 'node:assert/strict'
import { conditionOf, type KubeObject, type ObjectRef, printRef, refOf } from '../../src/kinds/manifest.ts'
import { refOfEntry } from '../../src/kustomize/inventory.ts'
import { listAt, stringAt } from '../../src/lib/json.ts'
import { inParallel } from '../../src/lib/parallel.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import type { Hands } from '../../src/world/world.ts'
import { pushFiles } from '../support/push.ts'
import { unending } from '../support/unending.ts'
import { ensureNamespace } from '../support/world.ts'

const signal = unending
const namespace = 'faults'
const requestedAt = 'reconcile.fluxcd.io/requestedAt'
const applied = [
  ['', 'ConfigMap'],
  ['', 'Secret'],
  ['', 'ServiceAccount'],
] as const

/** Several apps, each an OCIRepository and a Kustomization of four objects, whose versions are offered one after the other. */
export class Scene {
  readonly #cluster: Cluster
  readonly #hands: Pick<Hands, 'kernel' | 'registries'>
  readonly #registry: string
  readonly names: readonly string[]
  #version = 0
  #digests = new Map<string, string>()
  #unsettled: ReadonlySet<string> = new Set()

  /** @param of The cluster that is looked at, beside whatever faults there are. */
  constructor(of: { cluster: Cluster; hands: Pick<Hands, 'kernel' | 'registries'>; registry: string; apps: number }) {
    this.#cluster = of.cluster
    this.#hands = of.hands
    this.#registry = of.registry
    this.names = Array.from({ length: of.apps }, (_, i) => `app-${i}`)
  }

  async create(): Promise<void> {
    await ensureNamespace(this.#cluster, namespace)
    await this.push()
    await inParallel(this.names, 4, async name => {
      const url = `oci://${this.#registry}/${name}`
      await this.#cluster.create(sourceOf(name, url), { manager: 'test' }, signal)
      await this.#cluster.create(kustomizationOf(name), { manager: 'test' }, signal)
    })
  }

  /** Pushes the next version of every app. */
  async push(): Promise<void> {
    const n = ++this.#version
    await inParallel(this.names, 4, async name => {
      const files = {
        'all.yaml': objectsOf(name, n)
          .map(o => JSON.stringify(o))
          .join('\n---\n'),
      }
      this.#digests.set(name, await pushFiles(this.#hands, `oci://${this.#registry}/${name}:latest`, files))
    })
  }

  /** Asks for a look at every source. */
  async request(): Promise<void> {
    const body = { metadata: { annotations: { [requestedAt]: String(this.#version) } } }
    await inParallel(this.names, 4, name => this.#cluster.patch(sourceRef(name), { type: 'merge', body, manager: 'test' }, signal))
  }

  /** Waits until every app is Ready at what was pushed last; milliseconds. */
  async settled(): Promise<number> {
    const began = performance.now()
    const waited = new AbortController()
    const late = AbortSignal.timeout(150_000)
    late.addEventListener('abort', () => void this.#why().then(why => waited.abort(why)))
    await this.#settled(waited.signal)
    return performance.now() - began
  }

  /** What is not settled, and how it is. */
  async #why(): Promise<Error> {
    const unsettled = [...this.#unsettled]
    const refs = unsettled.flatMap(name => [sourceRef(name), refOf(kustomizationOf(name))])
    const live = await inParallel(refs, 4, ref => this.#cluster.get(ref, signal))
    const states = live.map(o => `${o ? printRef(refOf(o)) : 'gone'} ${JSON.stringify({ metadata: o?.metadata, status: o?.status })}`)
    return new Error(`not settled at version ${this.#version}: ${unsettled.join(' ')}\n${states.join('\n')}`)
  }

  /** Waits for that or the signal; whether it came to that. */
  async settledBefore(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#settled(signal)
      return true
    } catch (thrown) {
      if (signal.aborted) return false
      throw thrown
    }
  }

  async #settled(signal: AbortSignal): Promise<void> {
    const open = new Set(this.names)
    this.#unsettled = open
    const query = { group: 'kustomize.toolkit.fluxcd.io', version: 'v1', kind: 'Kustomization', namespace }
    for await (const event of this.#cluster.watch(query, signal)) {
      for (const ks of event.type === 'gap' ? event.objects : [event.object]) {
        if (this.#isCurrent(ks)) open.delete(ks.metadata.name)
        else open.add(ks.metadata.name)
      }
      if (open.size === 0) return
    }
  }

  #isCurrent(ks: KubeObject): boolean {
    const digest = this.#digests.get(ks.metadata.name) ?? ''
    return (
      conditionOf(ks, 'Ready')?.status === 'True' &&
      ks.status?.observedGeneration === ks.metadata.generation &&
      stringAt(ks, 'status', 'lastAppliedRevision')?.endsWith(digest) === true
    )
  }

  /** Nothing is lost, left over, or told twice. */
  async holds(what: string): Promise<void> {
    const live = await this.#live()
    const events = await this.#cluster.list({ group: '', version: 'v1', kind: 'Event', namespace }, signal)
    for (const name of this.names) {
      const wanted = objectsOf(name, this.#version)
      const mine = live.filter(o => o.metadata.labels?.[owner] === name)
      assert.deepEqual(named(mine), named(wanted), `${what}: what is there of ${name}`)
      assert.deepEqual(await this.#inventory(name), named(wanted), `${what}: what the inventory of ${name} names`)
      assert.equal(
        stringAt(
          mine.find(o => o.metadata.name === `${name}-a`),
          'data',
          'n',
        ),
        String(this.#version),
      )
      for (let n = 1; n <= this.#version; n++) {
        const told = events.items.filter(e => stringAt(e, 'message')?.includes(`${name}-only-${n} created`))
        assert.ok(told.reduce((sum, e) => sum + Number(e.count ?? 1), 0) <= 1, `${what}: told twice that ${name}-only-${n} is there`)
      }
    }
  }

  /** Whatever is there is named by an inventory. */
  async orphansNothing(what: string): Promise<void> {
    const live = await this.#live()
    for (const name of this.names) {
      const inventory = new Set(await this.#inventory(name))
      const mine = named(live.filter(o => o.metadata.labels?.[owner] === name))
      assert.deepEqual(
        mine.filter(o => !inventory.has(o)),
        [],
        `${what}: orphans of ${name}`,
      )
    }
  }

  async #live(): Promise<KubeObject[]> {
    const list = (group: string, kind: string) => this.#cluster.list({ group, kind, namespace, labelSelector: owner }, signal)
    return (await Promise.all(applied.map(([group, kind]) => list(group, kind)))).flatMap(l => l.items)
  }

  async #inventory(name: string): Promise<string[]> {
    const ks = await this.#cluster.get(kustomizationRef(name), signal)
    const entries = listAt(ks, 'status', 'inventory', 'entries').flatMap(e => refOfEntry({ id: stringAt(e, 'id') ?? '', v: 'v1' }) ?? [])
    return entries.map(printRef).toSorted()
  }
}

const owner = 'kustomize.toolkit.fluxcd.io/name'

const named = (objects: readonly KubeObject[]): string[] => objects.map(o => printRef(refOf(o))).toSorted()

function objectsOf(name: string, n: number): KubeObject[] {
  const metadata = (part: string) => ({ name: `${name}-${part}`, namespace })
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('a'), data: { n: String(n) } },
    { apiVersion: 'v1', kind: 'Secret', metadata: metadata('b'), data: { key: 'dmFsdWU=' } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata('c') },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata(`only-${n}`), data: { n: String(n) } },
  ]
}

const sourceRef = (name: string): ObjectRef => ({
  group: 'source.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'OCIRepository',
  namespace,
  name,
})
const kustomizationRef = (name: string): ObjectRef => ({
  group: 'kustomize.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'Kustomization',
  namespace,
  name,
})

function sourceOf(name: string, url: string): KubeObject {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata: { name, namespace },
    spec: { url, interval: '1h', insecure: true },
  }
}

function kustomizationOf(name: string): KubeObject {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace },
    spec: { interval: '1h', retryInterval: '1s', timeout: '1m', prune: true, sourceRef: { kind: 'OCIRepository', name } },
  }
}
