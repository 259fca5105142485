import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { mediaTypes } from '../../src/kinds/oci.ts'
import { withPrograms } from '../refs/when.ts'
import { withData } from '../support/data.ts'
import { pushFiles, pushLayers } from '../support/push.ts'
import { pushVector, signedVector } from '../support/signed.ts'
import { applyScenarios } from './apply-scenarios.ts'
import { decryptScenarios } from './decrypt-scenarios.ts'
import { expressionScenarios } from './expression-scenarios.ts'
import { compared } from './live.ts'
import { usePair } from './pair.ts'
import { type Scenario, scenarios, type Step } from './scenarios.ts'
import { sourceScenarios } from './source-scenarios.ts'

const name = "our reconcilers beside Flux's own controllers"
const annotations = {
  'org.opencontainers.image.source': 'https://example.com/app.git',
  'org.opencontainers.image.revision': 'main@sha1:abc',
}
const all = (registry: string): Scenario[] => [
  ...scenarios(registry),
  ...sourceScenarios(registry),
  ...applyScenarios(registry),
  ...expressionScenarios(registry),
  ...decryptScenarios(registry),
]
const named = all('127.0.0.1:1').map(scenario => scenario.name)

withData({ name, tests: named.length }, () =>
  withPrograms(compared, { name, tests: named.length }, () =>
    describe(name, { concurrency: 4 }, () => {
      const pair = usePair()

      /** What must be in the registry before a step. */
      async function push({ name: repository }: Scenario, step: Step): Promise<void> {
        const { hands, registry } = pair().world
        for (const tag of step.push ? (step.tags ?? ['latest']) : [])
          await pushFiles(hands, `oci://${registry}/${repository}:${tag}`, step.push ?? {}, annotations)
        const place = { registry, repository }
        if (step.signed)
          await pushVector(
            await hands.registries.open({ credentials: { type: 'anonymous' } }, 'transfer'),
            place,
            signedVector(step.signed),
          )
        if (step.layer)
          await pushLayers(hands, `oci://${registry}/${repository}:latest`, [{ mediaType: mediaTypes.fluxContent, bytes: step.layer }])
      }

      for (const wanted of named)
        test(`${wanted}: status, events, objects and their field managers are the same`, async () => {
          const scenario = all(pair().world.registry).find(s => s.name === wanted)
          if (!scenario) throw new Error('no such scenario')
          await pair().prepare(wanted)
          for (const [i, step] of scenario.steps.entries()) {
            await push(scenario, step)
            assert.deepEqual(await pair().unexpected(scenario, step, `${wanted}-${i}`), [], `step ${i + 1}`)
          }
          await pair().leave(scenario)
        })
    }),
  ),
)
