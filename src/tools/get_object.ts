import * as z from 'zod'
import { isFluxGroup } from '../engine/controllers.ts'
import { kstatus } from '../engine/kstatus.ts'
import { revisionOf, stateOf } from '../engine/request.ts'
import { conditionsOf, type KubeObject, type ObjectRef, printRef, refOf, joinApiVersion } from '../kinds/manifest.ts'
import { CodedError } from '../lib/coded-error.ts'
import { shortRevision } from '../lib/digest.ts'
import { elsewhere } from '../kustomize/identity.ts'
import { type Json, type JsonObject, listAt, objectAt } from '../lib/json.ts'
import { maskObject } from '../lib/mask.ts'
import { foreign } from '../lib/safe.ts'
import { print } from '../lib/yaml.ts'
import type { Cluster } from '../world/cluster/cluster.ts'
import type { World } from '../world/world.ts'
import { evidenceFor } from './run/evidence.ts'
import { eventsAbout } from './run/events-about.ts'
import { inventoryRefs } from './objects/inventory-refs.ts'
import { fieldAt } from './objects/field-at.ts'
import { existing, locate } from './objects/locate.ts'
import { type EngineOptions, target, tool } from './tool.ts'

export const getObject = tool({
  name: 'get_object',
  title: 'One object',
  effect: 'reads',
  foreignText: true,
  description:
    'One object of any kind. summary says its state and, when it fails, the evidence. fields picks dotted paths. Secret values are never shown.',
  input: target.extend({
    view: z.enum(['summary', 'inventory', 'events', 'history', 'spec', 'yaml']).default('summary'),
    fields: z.array(z.string()).max(50).optional(),
  }),
  output: z.looseObject({ object: z.string(), cluster: z.string(), untrusted: z.looseObject({}) }),
  async run(args, world, { signal, engine, show }) {
    const located = await locate(world, args, signal)
    const object = await existing(located, signal)
    const masked = maskObject(object, show) as KubeObject
    const untrusted = args.fields
      ? Object.fromEntries(args.fields.map(f => [f, fieldAt(masked, f) ?? null]))
      : await viewOf(args.view, masked, { cluster: located.cluster, world, signal, engine })
    return { object: printRef(located.ref), cluster: located.cluster.name, untrusted }
  },
  say: ({ object, cluster, untrusted }) =>
    `${object} [${cluster}]\n${foreign(object, (typeof untrusted.yaml === 'string' ? untrusted.yaml : print(untrusted as Json)).trimEnd())}`,
})

interface Looking {
  readonly cluster: Cluster
  readonly world: Pick<World, 'clock' | 'kernel'>
  readonly signal: AbortSignal
  readonly engine: EngineOptions
}

async function viewOf(
  view: 'summary' | 'inventory' | 'events' | 'history' | 'spec' | 'yaml',
  object: KubeObject,
  { cluster, world, signal, engine }: Looking,
): Promise<JsonObject> {
  switch (view) {
    case 'summary':
      return summary(object, { cluster, world, signal, engine })
    case 'inventory':
      return {
        ...(elsewhere(object) ? { in: `the cluster of ${elsewhere(object)}` } : {}),
        inventory: inventoryRefs(object).map(ref => `${printRef(ref)} ${joinApiVersion({ group: ref.group, version: ref.version ?? '' })}`),
      }
    case 'events':
      return { events: await eventsAbout(cluster, refOf(object), signal) }
    case 'history':
      return { history: listAt(object, 'status', 'history') }
    case 'spec':
      return { spec: object.spec ?? {} }
    case 'yaml':
      return { yaml: print(object) }
  }
}

/** Events that may not be read are said, and hide nothing else. */
async function readableEvents(cluster: Cluster, ref: ObjectRef, signal: AbortSignal): Promise<JsonObject> {
  try {
    return { events: await eventsAbout(cluster, ref, signal) }
  } catch (thrown) {
    if (thrown instanceof CodedError && thrown.code === 'FORBIDDEN') return { events: [], incomplete: thrown.message }
    throw thrown
  }
}

async function summary(object: KubeObject, { cluster, world, signal, engine }: Looking): Promise<JsonObject> {
  const conditions = conditionsOf(object).map(
    c => `${c.type}=${c.status} ${c.reason}: ${shortRevision(c.message.trimEnd())} (since ${c.lastTransitionTime})`,
  )
  const { group } = refOf(object)
  if (!isFluxGroup(group)) {
    const { status, message } = kstatus(object)
    return {
      status,
      message,
      conditions,
      labels: object.metadata.labels ?? {},
      created: object.metadata.creationTimestamp ?? '',
      ...(await readableEvents(cluster, refOf(object), signal)),
    }
  }
  const state = stateOf(object)
  const revision = revisionOf(object)
  const source = objectAt(object, 'spec', 'sourceRef')
  const evidence = state === 'failing' ? { ...(await evidenceFor(object, { cluster, world }, { signal, engine })) } : {}
  return {
    state,
    ...(revision ? { revision: shortRevision(revision) } : {}),
    conditions,
    ...(source.kind
      ? { source: `${String(source.kind)}/${String(source.namespace ?? object.metadata.namespace)}/${String(source.name)}` }
      : {}),
    ...(elsewhere(object) ? { appliesTo: `the cluster of ${elsewhere(object)}` } : {}),
    ...(typeof object.spec?.url === 'string' ? { url: object.spec.url } : {}),
    ...(typeof object.spec?.path === 'string' ? { path: object.spec.path } : {}),
    ...(object.spec?.interval === undefined ? {} : { interval: object.spec.interval }),
    ...(listAt(object, 'status', 'inventory', 'entries').length > 0
      ? { objects: listAt(object, 'status', 'inventory', 'entries').length }
      : {}),
    ...(evidence as JsonObject),
  }
}
