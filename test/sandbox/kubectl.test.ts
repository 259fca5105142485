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
import { unending } from '../support/unending.ts'

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
  ['-n shop edit deploy web', /deployment.apps\/web edited/],
  ['-n shop get deploy -l tier=back -o name', /^deployment.apps\/web\n$/],
  ['-n shop set image deploy/web web=example.com/web:2', /image updated/],
  ['-n shop rollout status deploy/web --timeout=20s', /successfully rolled out/],
  ['diff -f app.yaml', /-\s+- image: example.com\/web:2|-\s+image: example.com\/web:2[\s\S]*\+\s+image: example.com\/web:1/],
  ['-n shop rollout restart deploy web', /restarted/],
  ['-n shop rollout status deploy/web --timeout=20s', /successfully rolled out/],
  ['-n shop create configmap settings --from-literal=a=1', /configmap\/settings created/],
  ['-n shop create configmap settings --from-literal=a=1', /configmaps "settings" already exists/],
  ['-n shop create secret generic login --from-literal=password=x', /secret\/login created/],
  ['-n shop create deployment typed --image=example.com/t:1 --replicas=2 --port=8080', /deployment.apps\/typed created/],
  [
    '-n shop get deploy typed -o jsonpath={.spec.replicas}/{.spec.template.spec.containers[0].ports[0].containerPort}/{.spec.selector}',
    /^2\/8080\/{"matchLabels":{"app":"typed"}}$/,
  ],
  ['-n shop create job once --image=example.com/j:1', /job.batch\/once created/],
  ['-n shop create role reader --verb=get,list --resource=pods,deployments.apps', /role.rbac.authorization.k8s.io\/reader created/],
  ['-n shop get role reader -o jsonpath={.rules}', /"apiGroups":\["apps"\],"resources":\["deployments"\],"verbs":\["get","list"\]/],
  ['-n shop create rolebinding reader --role=reader --user=somebody', /reader created/],
  ['-n shop create ingress front --rule=a.example.com/x*=web:80', /ingress.networking.k8s.io\/front created/],
  ['-n shop get ingress front', /front +<none> +a.example.com +80/],
  ['-n shop create quota few --hard=cpu=1500m,pods=2', /resourcequota\/few created/],
  ['-n shop get quota few -o jsonpath={.spec.hard}', /{"cpu":"1500m","pods":"2"}/],
  ['-n shop create poddisruptionbudget most --selector=app=web --min-available=50%', /most created/],
  ['-n shop get pdb most -o jsonpath={.spec.minAvailable}', /^50%$/],
  ['-n shop create sa robot', /serviceaccount\/robot created/],
  ['-n shop get cm,secret -o name', /configmap\/settings\nsecret\/login/],
  ['-n shop get all', /deployment.apps\/web[\s\S]*replicaset.apps\/web-/],
  ['-n shop get deploy web -o wide', /CONTAINERS +IMAGES +SELECTOR[\s\S]*web +example.com\/web:2 +app=web/],
  ['-n shop get pods --sort-by=.metadata.name --no-headers', /web-/],
  ['-n shop get pods --chunk-size=1 -o name', /pod\/web-[\s\S]*pod\/web-/],
  ['-n shop get pod nothing', /Error from server \(NotFound\): pods "nothing" not found/],
  ['-n shop get nonsense', /the server doesn't have a resource type "nonsense"/],
  ['-n shop events --types=Normal', /Started container web/],
  ['auth can-i create deployments', /^yes/],
  ['version', /Server Version: v/],
  ['get --raw /version', /"major": ?"1"/],
  ['top pods', /Metrics API not available/],
  ['apply -f nonsense.yaml', /unknown field "spec.nope"/],
  ['apply -f nonsense.yaml --validate=warn', /service\/odd created\nWarning: unknown field "spec.nope"/],
  ['-n shop wait --for=delete pod/nothing --timeout=1s', /^$|no matching resources|NotFound/],
  ['-n shop delete cm --all', /configmap "settings" deleted/],
  ['-n shop delete deploy web --wait', /deployment.apps "web" deleted/],
  ['delete ns shop --timeout=30s', /namespace "shop" deleted/],
  ['get ns shop --ignore-not-found', /^$/],
]

function kubectlSuite(name: string, lines: typeof conversation, open: () => Promise<Started & { kubeconfig: string }>): void {
  describe(name, () => {
    const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-kubectl-'))
    let started: Started & { kubeconfig: string }
    let workloads: { stop(): Promise<void> }
    before(async () => {
      started = await open()
      await installKinds(started.cluster, [OCIRepository, Kustomization], { clock: realClock, signal: unending })
      workloads = startWorkloads({ cluster: started.cluster, clock: realClock })
      writeFileSync(join(folder, 'app.yaml'), app)
      writeFileSync(join(folder, 'config'), started.kubeconfig)
      writeFileSync(
        join(folder, 'nonsense.yaml'),
        'apiVersion: v1\nkind: Service\nmetadata: {name: odd, namespace: default}\nspec: {nope: 1, ports: [{port: 80}]}\n',
      )
    })
    after(async () => {
      await workloads.stop()
      await started.stop()
      rmSync(folder, { recursive: true, force: true })
    })
    const kubectl = async (typed: string): Promise<string> => {
      const { stdout, stderr } = await run(findProgram('kubectl') ?? '', typed.split(' '), {
        cwd: folder,
        env: { PATH: process.env.PATH ?? '', KUBECONFIG: join(folder, 'config'), HOME: folder, KUBE_EDITOR: 'sed -i s/front/back/' },
      }).catch((thrown: { stdout: string; stderr: string }) => thrown)
      return stdout + stderr
    }
    for (const [typed, answer] of lines) test(`kubectl ${typed}`, async () => assert.match(await kubectl(typed), answer))
  })
}

/** What a sandbox cannot do, and says. */
const refusals: [typed: string, answer: RegExp][] = [
  ['-n kube-system run x --image=example.com/x:1', /pod\/x created/],
  ['-n kube-system logs x', /is waiting to start: ContainerCreating|x: ready to serve/],
  ['-n kube-system exec x -- ls', /the sandbox runs no containers/],
  ['-n kube-system port-forward x 80', /the sandbox runs no containers/],
]

withPrograms(['kubectl'], { name: 'kubectl and the sandbox', tests: conversation.length + refusals.length }, () =>
  kubectlSuite('kubectl and the sandbox', [...conversation, ...refusals], async () => {
    const server = await startSandboxApi(kernel)
    return { ...server, kubeconfig: kubeconfigFor(server.url) }
  }),
)
withPrograms(['kubectl', 'etcd', 'kube-apiserver'], { name: 'kubectl and the real API server', tests: conversation.length }, () =>
  kubectlSuite('kubectl and the real API server', conversation, async () => {
    const server = await startKubeApiServer()
    return { cluster: await server.cluster(), stop: () => server.stop(), kubeconfig: readFileSync(server.kubeconfigPath, 'utf8') }
  }),
)
