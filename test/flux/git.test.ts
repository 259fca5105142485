import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { KubeObject, ObjectRef } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import type { SandboxGit } from '../../src/sandbox/git.ts'
import { withPrograms } from '../refs/when.ts'
import { withData } from '../support/data.ts'
import { secretObject } from '../support/secrets.ts'
import { git, openForge } from '../support/git.ts'
import { serveGit } from '../support/git-server.ts'
import { compared } from './live.ts'
import { usePair } from './pair.ts'
import { kustomization, ksRef, type Scenario, type Step } from './scenarios.ts'

/** What is committed to master before a step, and the tags that then point at it. */
interface GitStep extends Step {
  readonly commit?: Readonly<Record<string, string>>
  readonly tags?: readonly string[]
}

const group = 'source.toolkit.fluxcd.io'
const refOf = (namespace: string, name = 'app'): ObjectRef => ({ group, version: 'v1', kind: 'GitRepository', namespace, name })
const config = (n: string, value: string): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one', namespace: n }, data: { value } })
const tree = {
  'a.yaml': 'a: 1\n',
  'app/b.yaml': 'b: 1\n',
  'apple/c.yaml': 'c: 1\n',
  'd.jpg': 'd',
  '.github/e.yaml': 'e: 1\n',
  'x run.sh': 'f',
}

interface At {
  readonly namespace: string
  repository(spec?: JsonObject, name?: string): KubeObject
  secret(name: string, data: Record<string, string>): KubeObject
}
interface Story {
  readonly name: string
  readonly watched?: (namespace: string) => ObjectRef[]
  readonly steps: (at: At) => GitStep[]
}

const stories: readonly Story[] = [
  {
    name: 'git-content',
    steps: ({ namespace, repository }) => [
      { commit: tree, apply: [repository()] },
      {},
      { commit: { ...tree, 'a.yaml': 'a: 2\n' } },
      { apply: [repository({ ignore: 'app/' })] },
      { apply: [repository({ ignore: '' })] },
      { apply: [repository({ sparseCheckout: ['./app'] })] },
      { apply: [repository({ suspend: true })] },
      { apply: [repository()] },
      { remove: [refOf(namespace)] },
    ],
  },
  {
    name: 'git-references',
    steps: ({ repository }) => [
      { commit: tree, tags: ['v1.0.0', 'v1.1.0-rc.1', 'other'], apply: [repository({ ref: { tag: 'v1.0.0' } })] },
      { apply: [repository({ ref: { semver: '>=1.0.0-0' } })] },
      { apply: [repository({ ref: { semver: '1.x', tag: 'other' } })] },
      { apply: [repository({ ref: { name: 'refs/heads/master' } })] },
      { apply: [repository({ ref: { name: 'refs/tags/other' } })] },
      { apply: [repository({ ref: { name: 'refs/tags/none' } })] },
      { apply: [repository({ ref: { semver: '>=2' } })] },
      { apply: [repository({ ref: { branch: 'none' } })] },
      { apply: [repository({ ref: { tag: 'none' } })] },
      { apply: [repository({ ref: { commit: 'f'.repeat(40) } })] },
      { apply: [repository()] },
    ],
  },
  { name: 'git-first-failure', steps: ({ repository }) => [{ commit: tree, apply: [repository({ ref: { name: '/none' } })] }, {}] },
  {
    name: 'git-access',
    steps: ({ repository, secret }) => [
      { commit: tree, apply: [repository({ secretRef: { name: 'half' } }), secret('half', { password: 'p' })] },
      { apply: [repository({ secretRef: { name: 'user' } }), secret('user', { username: 'u', password: 'p' })] },
      { apply: [repository({ url: 'ssh://git@127.0.0.1/a.git' })] },
      { apply: [repository({ url: 'ssh://git@127.0.0.1:org/a.git' })] },
      { apply: [repository({ provider: 'github' })] },
      { apply: [repository({ verify: { mode: 'Tag', secretRef: { name: 'user' } } })] },
    ],
  },
  {
    name: 'git-include',
    watched: n => [refOf(n), refOf(n, 'other')],
    steps: ({ namespace, repository }) => [
      { commit: tree, apply: [repository({ include: [{ repository: { name: 'other' }, toPath: 'lib' }] })], run: [refOf(namespace)] },
      { apply: [repository({ sparseCheckout: ['app'] }, 'other')], run: [refOf(namespace, 'other'), refOf(namespace)] },
    ],
  },
  {
    name: 'git-delivers',
    watched: n => [refOf(n), ksRef(n)],
    steps: ({ namespace, repository }) => [
      {
        commit: { 'a.yaml': config('git-delivers', '1') },
        apply: [repository(), kustomization(namespace, { sourceRef: { kind: 'GitRepository', name: 'app' } })],
      },
      { commit: { 'a.yaml': config('git-delivers', '2') } },
    ],
  },
]

const name = "our GitRepositories beside those of Flux's own source-controller"
withData({ name, tests: stories.length }, () =>
  withPrograms(['git', ...compared], { name, tests: stories.length }, () =>
    describe(name, { concurrency: 4 }, () => {
      const forge = openForge()
      const pair = usePair()
      let server: SandboxGit | undefined
      before(async () => {
        server = await serveGit({ folder: forge.folder })
      })
      after(async () => {
        await server?.close()
        forge.remove()
      })
      for (const { name: wanted, steps, watched = (n: string) => [refOf(n)] } of stories)
        test(`${wanted}: status, events and objects are the same`, async () => {
          assert.ok(server)
          const url = `http://${server.address}/${wanted}.git`
          const at: At = {
            namespace: wanted,
            repository: (spec = {}, own = 'app') => ({
              apiVersion: `${group}/v1`,
              kind: 'GitRepository',
              metadata: { name: own, namespace: wanted },
              spec: { url, interval: '10m', ...spec },
            }),
            secret: (own, data) => secretObject({ namespace: wanted, name: own }, data),
          }
          const scenario: Scenario = { name: wanted, watched: watched(wanted), steps: [] }
          await pair().prepare(wanted)
          for (const [i, step] of steps(at).entries()) {
            if (step.commit) {
              const plan = { branch: 'refs/heads/master', at: 1_700_000_000 + i, message: `change ${i}`, files: step.commit }
              const path = await forge.commit(`${wanted}.git`, [plan])
              await git(path, 'symbolic-ref', 'HEAD', plan.branch)
              for (const tag of step.tags ?? []) await git(path, 'tag', tag, 'master')
            }
            assert.deepEqual(await pair().unexpected(scenario, step, `${wanted}-${i}`), [], `step ${i + 1}`)
          }
        })
    }),
  ),
)
