import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import type { Condition } from './objects.ts'
import { conditions, past, ownedBy, release } from './objects.ts'
import { app, type App, charts, custom, inFlux, loops, repo, type Said } from './practice.ts'
import { failing } from './whole.ts'

/** What rows that nobody had seen share: who is asked, what is left to read, and what stands above. */
type All = readonly KubeObject[]

/** The same cluster, asked about another object of it. */
export function asked(kind: string, all: All): KubeObject[] {
  const one = all.find(o => o.kind === kind)
  if (!one) throw new TypeError(`there is no ${kind}`)
  return [one, ...all.filter(o => o !== one)]
}
/** Hours later, when the events are gone. */
export const later = (all: All): KubeObject[] => all.filter(o => o.kind !== 'Event')
/** Asked of the Kustomization that applied the one that fails. */
export function fromAbove(all: All): KubeObject[] {
  const [one] = all
  const id = `${one?.kind}/${one?.metadata.namespace}/${one?.metadata.name}`
  const says = `health check failed after 10m0.011s: timeout waiting for: [${id} status: 'InProgress']`
  return [failing('cluster', ['HealthCheckFailed', says], { owns: all.slice(0, 1), spec: { wait: true } }), ...all]
}
const needs = (name: string, on: string): KubeObject =>
  failing(name, ['DependencyNotReady', `dependency 'flux-system/${on}' is not ready`], { spec: { dependsOn: [{ name: on }] } })
/** Asked of the last of three that wait for each other. */
export const behind = (all: All): KubeObject[] => [needs('frontend', 'backend'), needs('backend', all[0]?.metadata.name ?? ''), ...all]
/** A release that waits for another. */
export function releaseBehind(name: string, on: string): KubeObject {
  const says = `dependency 'apps/${on}' is not ready`
  return release(name, { dependsOn: [{ name: on }] }, undefined, {
    conditions: conditions(['Reconciling', 'True', 'ProgressingWithRetry', says], ['Ready', 'False', 'DependencyNotReady', says]),
    helmChart: `apps/apps-${name}`,
  })
}

/** A program that ends again and again, with what it printed. */
export const program = (name: string, log: string, shape: App & { code?: number; message?: string } = {}): KubeObject[] =>
  app(name, {
    phase: 'Running',
    state: loops(name, shape.code ?? 1, { message: shape.message ?? '' }),
    log,
    said: [['BackOff', `Back-off restarting failed container ${name} in pod ${name}-7c9d8b6f5d-k2x9q_apps(1f0c2a7e)`]],
    ...shape,
  })
const mounting: JsonObject = { state: { waiting: { reason: 'ContainerCreating' } } }
/** A pod that cannot start its containers. */
export const held = (name: string, said: Said, shape: App = {}): KubeObject[] => app(name, { state: mounting, said, ...shape })
/** A pod for which there is no node. */
export const homeless = (name: string, message: string, shape: App = {}): KubeObject[] =>
  app(name, { scheduled: ['PodScheduled', 'False', 'Unschedulable', message], said: [['FailedScheduling', message]], ...shape })

export const gitFails = (spec: JsonObject, message: string, reason = 'GitOperationFailed'): KubeObject =>
  repo('deploy', spec, [reason, message])
export const indexFails = (spec: JsonObject, message: string): KubeObject => charts(spec, ['Failed', message])

/** An object of Flux in its namespace. */
export const fluxObject = (
  apiVersion: string,
  kind: string,
  name: string,
  [spec, ...said]: readonly [JsonObject, ...Condition[]],
): KubeObject => inFlux(custom(`${apiVersion}`, kind, [name, spec, ...said]))
export const by = (owner: KubeObject, made: KubeObject): KubeObject => ({ ...made, metadata: { ...made.metadata, ...ownedBy(owner) } })
/** A container that ended. */
export const over = (code: number, reason: string) => ({
  state: { state: { terminated: { exitCode: code, reason, startedAt: past, finishedAt: past } } },
})
/** A Job that is not tried again. */
export const gaveUp = (name: string, reason: string, says: string, more: App = {}) => {
  const [made, ...others] = app(name, { kind: 'Job', phase: 'Failed', ...more })
  const ended = {
    ...made,
    status: {
      startTime: past,
      failed: 7,
      conditions: conditions(['FailureTarget', 'True', reason, says], ['Failed', 'True', reason, says]),
    },
  }
  return [ended as (typeof others)[number], ...others]
}
