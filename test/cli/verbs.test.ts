import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startProduct, type Product } from '../support/service.ts'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-cli-'))
let product: Product
before(async () => {
  product = await startProduct()
  writeFileSync(join(folder, 'kubeconfig'), product.composed.sandbox?.kubeconfig ?? '')
  cpSync(join(root, 'examples/shop'), join(folder, 'shop'), { recursive: true })
})
after(async () => {
  await product.stop()
  rmSync(folder, { recursive: true, force: true })
})

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs the command line beside the sandbox of this file. */
async function fluxpilot(...args: string[]): Promise<Ran> {
  const child = spawn(process.execPath, [join(root, 'src/main.ts'), ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: folder, KUBECONFIG: `${join(folder, 'absent')}:${join(folder, 'kubeconfig')}` },
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString()
  })
  const { promise, resolve } = Promise.withResolvers<number>()
  child.on('close', code => resolve(code ?? 1))
  return { code: await promise, out, err }
}

/** The main job in a terminal, line by line. */
const session: [typed: () => string[], code: number, out: RegExp, err?: RegExp][] = [
  [() => ['check'], 0, /✔ sandbox: Kubernetes v1\.37\.2/],
  [
    () => ['push', 'artifact', `oci://${product.registry}/shop:1.0`, '--path', 'shop'],
    0,
    /^pushed: oci:\/\/127\.0\.0\.1:\d+\/shop@sha256:/,
    /^cluster: sandbox\n/,
  ],
  [() => ['push', 'artifact', `oci://${product.registry}/shop:1.0`, '--path', 'shop'], 0, /^already there: /],
  [() => ['get', 'image', 'digest', `${product.registry}/shop:1.0`, '-o', 'json'], 0, /"digest": "sha256:[0-9a-f]{64}"/],
  [() => ['list', 'artifacts', `oci://${product.registry}/shop`], 0, /tag\tdigest\tsource\trevision\n1\.0\tsha256:/],
  [() => ['tag', 'artifact', `oci://${product.registry}/shop:1.0`, '--tags', 'stable'], 0, /shop:stable/],
  [
    () => ['apply', 'manifests', '--create', `{"name":"shop","url":"oci://${product.registry}/shop:stable"}`],
    0,
    /Kustomization\/flux-system\/shop created/,
  ],
  [() => ['reconcile', 'ks/shop', '--with-source'], 0, /^Ready: Kustomization\/flux-system\/shop at stable@sha256:/, /► Detecting drift/],
  [() => ['get', 'status', '-A', '-o', 'yaml'], 0, /counts:\n {2}ready: 2/],
  [() => ['suspend', 'ks/shop'], 0, /^Suspended: /],
  [() => ['reconcile', 'ks/shop'], 1, /^Suspended: Kustomization\/flux-system\/shop is suspended\. Next: resume/],
  [() => ['resume', 'ks/shop'], 0, /^Ready: /],
  [() => ['get', 'object', 'deploy/web', '-n', 'shop'], 0, /status: Current/],
  [() => ['build', 'ks/shop', '--path', 'shop'], 0, /^objects=4 path=shop\n/],
  [() => ['build', 'ks/shop'], 0, /^objects=4 revision=stable@sha256:/],
  [() => ['pull', 'artifact', `oci://${product.registry}/shop:stable`], 0, /=== web\.yaml\napiVersion: apps\/v1/],
  [() => ['get', 'events', '--kind', 'ks', '--since', '1h'], 0, /Reconciliation finished/],
  [() => ['delete', 'object', 'ks/shop'], 3, /Plan, nothing done yet: delete Kustomization\/flux-system\/shop and 4 objects/],
  [() => ['get', 'object', 'ks/absent'], 1, /^NotFound: .*in this namespace there are shop/],
  [() => ['get', 'events', '--since', 'soon'], 2, /^InvalidArgument: 'soon' is neither/],
  [() => ['get', 'status', '--context', 'nowhere'], 1, /^$/, /no cluster 'nowhere' is configured/],
  [() => ['push', 'artifact', `oci://${product.registry}/shop:1.0`, '--path', '/etc'], 1, /^Forbidden: '\/etc' is outside the workspace/],
  [() => ['crds'], 0, /name: kustomizations\.kustomize\.toolkit\.fluxcd\.io/],
  [() => ['completion', 'bash'], 0, /complete -F _fluxpilot fluxpilot/],
  [() => ['reconcile'], 1, /^$/, /missing required argument 'object'/],
]
for (const [i, [typed, code, out, err]] of session.entries()) {
  test(`line ${i + 1} of a session in a terminal`, async () => {
    const ran = await fluxpilot(...typed())
    assert.match(ran.out, out, `${typed().join(' ')}: ${ran.out}${ran.err}`)
    assert.equal(ran.code, code, ran.err)
    if (err) assert.match(ran.err, err)
  })
}
