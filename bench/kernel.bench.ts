import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram } from '../scripts/refs/cache.ts'
import { assets } from '../src/main/assets.ts'
import type { KubeObject } from '../src/kinds/manifest.ts'
import type { BuildInput, Kernel } from '../src/world/kernel/kernel.ts'
import { moduleLoader } from '../src/world/kernel/modules.ts'
import { openKernel } from '../src/world/kernel/pool.ts'
import { figure, timed } from './figures.ts'

const signal = AbortSignal.timeout(300_000)
const names = ['a', 'b', 'c']
const manifest = (name: string, value: number): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {value: "${value}"}\n`
const files = (value: number): Record<string, string> => ({
  'kustomization.yaml': `namePrefix: p-\nnamespace: web\nresources: [${names.map(n => `${n}.yaml`).join(', ')}]\n`,
  ...Object.fromEntries(names.map(name => [`${name}.yaml`, manifest(name, value)])),
})
const input = (value: number): BuildInput => ({
  root: '.',
  files: new Map(Object.entries(files(value)).map(([path, text]) => [path, Buffer.from(text)])),
})

/** Modules, the first result of a new kernel, builds of three resources: new ones, known ones, and the command line's. */
export async function bench(): Promise<readonly [string, string][]> {
  const { modules } = JSON.parse(readFileSync(join(assets.modules, 'digests.json'), 'utf8')) as {
    modules: Record<string, { bytes: number; compressed: number }>
  }
  const sizes = Object.entries(modules).map(([name, { bytes, compressed }]): [string, string] => [
    `module ${name}`,
    `${(bytes / 1e6).toFixed(1)} MB, ${(compressed / 1e6).toFixed(2)} compressed`,
  ])
  const first = await timed(5, async () => {
    const fresh = openKernel(assets)
    await fresh.kustomizeBuild(input(0), signal)
    await fresh.close()
  })
  const kernel = openKernel(assets)
  let value = 0
  const steady = await timed(50, () => kernel.kustomizeBuild(input(++value), signal))
  const known = await timed(50, () => kernel.kustomizeBuild(input(value), signal))
  await kernel.close()
  return [
    ...sizes,
    ['kernel opened to first build (aim 500 ms)', figure(first)],
    ['build of three resources (aim 20 ms)', figure(steady.slice(5))],
    ['the same build again (aim 0)', figure(known)],
    ...(await compiled()),
    ...(await merges()),
    ...(await commandLine()),
  ]
}

async function compiled(): Promise<[string, string][]> {
  const rows: [string, string][] = []
  for (const name of ['kustomize', 'k8s', 'gzip'] as const)
    rows.push([`module ${name}, read, checked and compiled`, figure(await timed(5, () => moduleLoader(assets.modules)(name)))])
  return rows
}

const deployment = (replicas: number): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd', namespace: 'n' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'd' } },
    template: { metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'c', image: 'i:1', ports: [{ containerPort: 80 }] }] } },
  },
})

/** Server-side apply of a Deployment: the first of a new kernel, and each after that. */
async function merges(): Promise<[string, string][]> {
  const apply = (kernel: Kernel, live: KubeObject | undefined, replicas: number): Promise<KubeObject> =>
    kernel.apply({ live, object: deployment(replicas), manager: 'flux', schema: { from: 'builtin' }, force: true }, signal)
  const first = await timed(5, async () => {
    const fresh = openKernel(assets)
    await apply(fresh, undefined, 1)
    await fresh.close()
  })
  const kernel = openKernel(assets)
  let live: KubeObject | undefined
  let replicas = 0
  const steady = await timed(200, async () => {
    live = await apply(kernel, live, replicas++)
  })
  await kernel.close()
  return [
    ['kernel opened to first apply (aim 500 ms)', figure(first)],
    ['apply of a Deployment', figure(steady.slice(20))],
  ]
}

async function commandLine(): Promise<[string, string][]> {
  const kustomize = findProgram('kustomize')
  if (!kustomize) return []
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-bench-'))
  for (const [path, text] of Object.entries(files(0))) writeFileSync(join(folder, path), text)
  const times = await timed(10, async () => execFileSync(kustomize, ['build', folder]))
  rmSync(folder, { recursive: true, force: true })
  return [['kustomize build, the same three', figure(times)]]
}
