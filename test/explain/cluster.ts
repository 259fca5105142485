import { installKinds } from '../../src/engine/install.ts'
import { Bucket } from '../../src/kinds/bucket.ts'
import { GitRepository } from '../../src/kinds/git-repository.ts'
import { HelmChart } from '../../src/kinds/helm-chart.ts'
import { HelmRepository } from '../../src/kinds/helm-repository.ts'
import { Kustomization } from '../../src/kinds/kustomization.ts'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { OCIRepository } from '../../src/kinds/oci-repository.ts'
import { listenApiServer } from '../../src/sandbox/api/server.ts'
import { seed } from '../../src/sandbox/api/store/seed.ts'
import { Store } from '../../src/sandbox/api/store/store.ts'
import { realClock } from '../../src/world/clock/real.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { restCluster } from '../../src/world/cluster/rest.ts'
import { createHttp } from '../../src/world/http/client.ts'
import type { Kernel } from '../../src/world/kernel/kernel.ts'
import { openDefinition } from '../support/played-flux.ts'
import { definitions } from '../support/sandbox.ts'
import { unending } from '../support/unending.ts'

/** Plurals of kinds as the store knows them; others are the kind in lower case with an s. */
const plurals: Readonly<Record<string, string>> = {
  Ingress: 'ingresses',
  Endpoints: 'endpoints',
  StorageClass: 'storageclasses',
  PriorityClass: 'priorityclasses',
  HelmRepository: 'helmrepositories',
  GitRepository: 'gitrepositories',
  OCIRepository: 'ocirepositories',
  ImageRepository: 'imagerepositories',
  ImagePolicy: 'imagepolicies',
  NetworkPolicy: 'networkpolicies',
}

/** Further kinds of operators: group, version, kind. */
const ofOperators = [
  'cluster.x-k8s.io v1beta1 Machine',
  'velero.io v1 Backup',
  'velero.io v1 BackupStorageLocation',
  'elasticache.services.k8s.aws v1alpha1 ReplicationGroup',
  'operators.coreos.com v1alpha1 ClusterServiceVersion',
  'operators.coreos.com v1alpha1 Subscription',
  'tekton.dev v1 PipelineRun',
  'karpenter.sh v1 NodeClaim',
  'kubevirt.io v1 VirtualMachine',
  'cdi.kubevirt.io v1beta1 DataVolume',
  'argoproj.io v1alpha1 Application',
  'argoproj.io v1alpha1 Workflow',
  'snapshot.storage.k8s.io v1 VolumeSnapshot',
  'ceph.rook.io v1 CephCluster',
  'elasticsearch.k8s.elastic.co v1 Elasticsearch',
  'longhorn.io v1beta2 Volume',
  'mongodbcommunity.mongodb.com v1 MongoDBCommunity',
  'acid.zalan.do v1 postgresql',
  'rabbitmq.com v1beta1 RabbitmqCluster',
  'flagger.app v1beta1 Canary',
  'pkg.crossplane.io v1 Provider',
  'infra.contrib.fluxcd.io v1alpha2 Terraform',
  'monitoring.coreos.com v1 Prometheus',
  'sparkoperator.k8s.io v1beta2 SparkApplication',
  'flink.apache.org v1beta1 FlinkDeployment',
  'ray.io v1 RayCluster',
  'serving.kserve.io v1beta1 InferenceService',
  'k8s.keycloak.org v2alpha1 Keycloak',
  'storage.cnrm.cloud.google.com v1beta1 StorageBucket',
  'networking.istio.io v1 VirtualService',
  'kyverno.io v1 Policy',
  'metallb.io v1beta2 BGPPeer',
  'psmdb.percona.com v1 PerconaServerMongoDB',
  'notification.toolkit.fluxcd.io v1beta3 Alert',
  'notification.toolkit.fluxcd.io v1beta3 Provider',
]
const pluralOf = (kind: string): string => {
  const name = kind.toLowerCase()
  return /(?:s|x|ch)$/.test(name) ? `${name}es` : /[^aeiou]y$/.test(name) ? `${name.slice(0, -1)}ies` : `${name}s`
}

function keyOf({ apiVersion, kind }: KubeObject): string {
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''
  return `${group}/${plurals[kind] ?? pluralOf(kind)}`
}

let base: Promise<{ key: string; object: KubeObject }[]> | undefined

/** An API server's content with Flux's kinds installed. */
async function prepared(kernel: Kernel): Promise<{ key: string; object: KubeObject }[]> {
  const http = createHttp({})
  const server = await listenApiServer({ kernel, clock: realClock, definitions, port: 0 })
  await seed(server.store, realClock)
  const cluster = restCluster({ name: 'sandbox', server: server.url, http, clock: realClock })
  await installKinds(cluster, [Kustomization, GitRepository, OCIRepository, HelmRepository, HelmChart, Bucket], {
    clock: realClock,
    signal: unending,
  })
  const others = [
    ['helm.toolkit.fluxcd.io', 'HelmRelease', 'helmreleases', 'v2'],
    ['image.toolkit.fluxcd.io', 'ImageRepository', 'imagerepositories', 'v1'],
    ['image.toolkit.fluxcd.io', 'ImagePolicy', 'imagepolicies', 'v1'],
    ['image.toolkit.fluxcd.io', 'ImageUpdateAutomation', 'imageupdateautomations', 'v1'],
    ['notification.toolkit.fluxcd.io', 'Receiver', 'receivers', 'v1'],
    ['cert-manager.io', 'Certificate', 'certificates', 'v1'],
    ['cert-manager.io', 'CertificateRequest', 'certificaterequests', 'v1'],
    ['external-secrets.io', 'ExternalSecret', 'externalsecrets', 'v1'],
    ['postgresql.cnpg.io', 'Cluster', 'clusters', 'v1'],
    ['kafka.strimzi.io', 'Kafka', 'kafkas', 'v1beta2'],
    ['cert-manager.io', 'Issuer', 'issuers', 'v1'],
    ['acme.cert-manager.io', 'Order', 'orders', 'v1'],
    ['acme.cert-manager.io', 'Challenge', 'challenges', 'v1'],
    ['external-secrets.io', 'SecretStore', 'secretstores', 'v1'],
    ['external-secrets.io', 'ClusterSecretStore', 'clustersecretstores', 'v1'],
    ['bitnami.com', 'SealedSecret', 'sealedsecrets', 'v1alpha1'],
    ['gateway.networking.k8s.io', 'HTTPRoute', 'httproutes', 'v1'],
    ['gateway.networking.k8s.io', 'Gateway', 'gateways', 'v1'],
    ['sqs.aws.upbound.io', 'Queue', 'queues', 'v1beta1'],
    ['serving.knative.dev', 'Revision', 'revisions', 'v1'],
    ['keda.sh', 'ScaledObject', 'scaledobjects', 'v1alpha1'],
    ['rds.aws.test', 'DBInstance', 'dbinstances', 'v1beta1'],
    ['argoproj.io', 'Rollout', 'rollouts', 'v1alpha1'],
    ...ofOperators.map(text => {
      const [group = '', version = '', kind = ''] = text.split(' ')
      return [group, kind, pluralOf(kind), version] as const
    }),
  ] as const
  for (const [group, kind, plural, version] of others) {
    const scope = /^Cluster(?:Issuer|SecretStore)$/.test(kind) ? 'Cluster' : 'Namespaced'
    await cluster.apply(openDefinition(group, { kind, plural, version, scope }), { manager: 'test' }, unending)
  }
  await cluster.discover(unending)
  const content = [...server.store.all()]
  await server.close()
  await http.close()
  return content
}

/** What an API server has that holds exactly these objects, status and times as they stand. */
async function storeOf(objects: readonly KubeObject[], kernel: Kernel): Promise<Store> {
  base ??= prepared(kernel)
  const store = new Store()
  const given = new Map(objects.map(o => [`${keyOf(o)} ${o.metadata.namespace ?? ''}/${o.metadata.name}`, o]))
  const places = [...new Set(objects.flatMap(o => o.metadata.namespace ?? []))].map(
    name => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name }, spec: {}, status: { phase: 'Active' } }) as KubeObject,
  )
  const entries = [...places, ...given.values()].map((object, i) => ({
    key: keyOf(object),
    object: { ...object, metadata: { ...object.metadata, resourceVersion: String(1000 + i) } },
  }))
  store.restore([...(await base), ...entries], 5000)
  return store
}

interface Lent {
  readonly cluster: Cluster
  stop(): Promise<void>
}

async function serve(store: Store, kernel: Kernel): Promise<Lent> {
  const server = await listenApiServer({ kernel, clock: realClock, definitions, port: 0, store })
  const http = createHttp({})
  return {
    cluster: restCluster({ name: 'sandbox', server: server.url, http, clock: realClock }),
    async stop() {
      await server.close()
      await http.close()
    },
  }
}

/** A sandbox API server that holds exactly these objects, status and times as they stand. */
export async function clusterOf(objects: readonly KubeObject[], kernel: Kernel): Promise<Lent> {
  return serve(await storeOf(objects, kernel), kernel)
}

/** The same for many that only read, one after another: a server whose row has ended holds the next one's objects. */
export class LentClusters {
  readonly #free: (Lent & { hold(store: Store): void })[] = []

  async lend(objects: readonly KubeObject[], kernel: Kernel): Promise<Lent> {
    const store = await storeOf(objects, kernel)
    const held = this.#free.pop() ?? (await changing(kernel))
    held.hold(store)
    return { cluster: held.cluster, stop: async () => void this.#free.push(held) }
  }

  async close(): Promise<void> {
    await Promise.all(this.#free.splice(0).map(held => held.stop()))
  }
}

/** A server whose store is another one as soon as it is told. */
async function changing(kernel: Kernel): Promise<Lent & { hold(store: Store): void }> {
  let current = new Store()
  const store = new Proxy(current, {
    get(_, key) {
      const value: unknown = Reflect.get(current, key, current)
      return typeof value === 'function' ? value.bind(current) : value
    },
  })
  return { ...(await serve(store, kernel)), hold: next => void (current = next) }
}
