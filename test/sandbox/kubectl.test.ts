import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { findProgram } from '../../scripts/refs/cache.ts'
import { installKinds } from '../../src/engine/install.ts'
import { Kustomization } from '../../src/kinds/kustomization.ts'
import { OCIRepository } from '../../src/kinds/oci-repository.ts'
import { kubeconfigFor } from '../../src/sandbox/sandbox.ts'
import { startWorkloads } from '../../src/sandbox/workloads.ts'
import { realClock } from '../../src/world/clock/real.ts'
import { startKubeApiServer } from '../refs/kube-apiserver.ts'
import { withPrograms } from '../refs/when.ts'
import { testKernel } from '../support/kernel.ts'
import { startSandboxApi } from '../support/sandbox.ts'
import type { Started } from '../world/cluster/contract.ts'

const kernel = testKernel()
const run = promisify(execFile)
const app = `apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "example.com/web:1", ports: [{containerPort: 8080}]}]}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: shop, namespace: shop}
spec: {interval: 10m, prune: true, sourceRef: {kind: OCIRepository, name: shop}}
`
/** Each line of the conversation: what is typed, and what the answer must look like. */
const conversation: [typed: string, answer: RegExp][] = [
  ['apply -f app.yaml', /namespace\/shop created\ndeployment.apps\/web created\nkustomization.kustomize.toolkit.fluxcd.io\/shop created/],
  ['-n shop wait --for=condition=Available deploy/web --timeout=20s', /deployment.apps\/web condition met/],
  [
    'apply -f app.yaml',
    /namespace\/shop unchanged\ndeployment.apps\/web unchanged\nkustomization.kustomize.toolkit.fluxcd.io\/shop unchanged/,
  ],
  ['-n shop get deploy web', /NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +2\/2 +2 +2 /],
  ['-n shop get pods', /NAME +READY +STATUS +RESTARTS +AGE\nweb-\w+-\w+ +1\/1 +Running +0 /],
  ['get ks -A', /NAMESPACE +NAME +AGE +READY +STATUS\nshop +shop /],
  ['-n shop get deploy web -o jsonpath={.spec.strategy.rollingUpdate.maxSurge}', /^25%$/],
  ['-n shop describe deploy web', /StrategyType: +RollingUpdate[\s\S]*Progressing +True +NewReplicaSetAvailable/],
  ['-n shop describe pods', /Containers:\s+web:[\s\S]*Ready: +True/],
  ['-n shop get events', /Scheduled[\s\S]*Started container web/],
  ['explain kustomization.spec.sourceRef', /KIND: +Kustomization[\s\S]*kind\t<string>/],
  ['explain deployment.spec.strategy', /rollingUpdate\t<RollingUpdateDeployment>/],
  ['api-resources --api-group=kustomize.toolkit.fluxcd.io', /kustomizations +ks +kustomize.toolkit.fluxcd.io\/v1 +true +Kustomization/],
  ['-n shop scale deploy web --replicas=3', /deployment.apps\/web scaled/],
  ['-n shop rollout status deploy/web --timeout=20s', /successfully rolled out/],
  ['-n shop label deploy web tier=front', /labeled/],
  ['-n shop annotate deploy web note=x', /annotated/],
  ['-n shop get deploy -l tier=front -o name', /^deployment.apps\/web\n$/],
  ['-n shop patch deploy web -p {"spec":{"paused":true}}', /patched/],
  ['-n shop patch ks shop --type=merge -p {"spec":{"suspend":true}}', /patched/],
  ['-n shop patch deploy web --type=json -p [{"op":"remove","path":"/spec/paused"}]', /patched/],
  ['apply --server-side -f app.yaml', /Apply failed with 1 conflict|serverside-applied/],
  ['apply --dry-run=server -f app.yaml', /server dry run/],
  ['-n shop delete deploy web --wait', /deployment.apps "web" deleted/],
  ['delete ns shop --timeout=30s', /namespace "shop" deleted/],
  ['get ns shop --ignore-not-found', /^$/],
]

function kubectlSuite(name: string, open: () => Promise<Started & { kubeconfig: string }>): void {
  describe(name, () => {
    const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-kubectl-'))
    let started: Started & { kubeconfig: string }
    let workloads: { stop(): Promise<void> }
    before(async () => {
      started = await open()
      await installKinds(started.cluster, [OCIRepository, Kustomization], { clock: realClock, signal: AbortSignal.timeout(30_000) })
      workloads = startWorkloads({ cluster: started.cluster, clock: realClock })
      writeFileSync(join(folder, 'app.yaml'), app)
      writeFileSync(join(folder, 'config'), started.kubeconfig)
    })
    after(async () => {
      await workloads.stop()
      await started.stop()
      rmSync(folder, { recursive: true, force: true })
    })
    const kubectl = async (typed: string): Promise<string> => {
      const { stdout, stderr } = await run(findProgram('kubectl') ?? '', typed.split(' '), {
        cwd: folder,
        env: { KUBECONFIG: join(folder, 'config'), HOME: folder },
      }).catch((thrown: { stdout: string; stderr: string }) => thrown)
      return stdout + stderr
    }
    for (const [typed, answer] of conversation) test(`kubectl ${typed}`, async () => assert.match(await kubectl(typed), answer))
  })
}

withPrograms(['kubectl'], { name: 'kubectl and the sandbox', tests: conversation.length }, () =>
  kubectlSuite('kubectl and the sandbox', async () => {
    const server = await startSandboxApi(kernel)
    return { ...server, kubeconfig: kubeconfigFor(server.url) }
  }),
)
withPrograms(['kubectl', 'etcd', 'kube-apiserver'], { name: 'kubectl and the real API server', tests: conversation.length }, () =>
  kubectlSuite('kubectl and the real API server', async () => {
    const server = await startKubeApiServer()
    return { cluster: await server.cluster(), stop: () => server.stop(), kubeconfig: readFileSync(server.kubeconfigPath, 'utf8') }
  }),
)
