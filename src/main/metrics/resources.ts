import { Gauge, type Registry } from 'prom-client'
import { conditionOf, type KubeObject, splitApiVersion } from '../../kinds/manifest.ts'
import { at, stringAt } from '../../lib/json.ts'
import { shownUrl } from '../../sources/git/credentials.ts'

type Paths = Readonly<Record<string, readonly string[]>>

const artifact: Paths = { revision: ['status', 'artifact', 'revision'] }
const remote: Paths = { ...artifact, url: ['spec', 'url'] }

/** What each kind tells beside its name and state, by the labels that Flux's configuration of kube-state-metrics gives. */
const byKind: Readonly<Record<string, Paths>> = {
  GitRepository: remote,
  OCIRepository: remote,
  HelmRepository: remote,
  Bucket: { ...artifact, endpoint: ['spec', 'endpoint'], bucket_name: ['spec', 'bucketName'] },
  HelmChart: { ...artifact, chart_name: ['spec', 'chart'], chart_version: ['spec', 'version'] },
  ImageRepository: { image: ['spec', 'image'] },
  ImagePolicy: { source_name: ['spec', 'imageRepositoryRef', 'name'] },
  ImageUpdateAutomation: { source_name: ['spec', 'sourceRef', 'name'] },
  Kustomization: { revision: ['status', 'lastAppliedRevision'], source_name: ['spec', 'sourceRef', 'name'] },
}

const common = [
  'customresource_group',
  'customresource_version',
  'customresource_kind',
  'exported_namespace',
  'name',
  'ready',
  'suspended',
] as const
const labelNames = [...new Set([...common, ...Object.values(byKind).flatMap(paths => Object.keys(paths))])]

/** The labels of an object. What it does not say is no label; a URL comes without its user info, and nothing that is known as a secret is shown. */
export function infoOf(object: KubeObject, censor: (text: string) => string): Record<string, string> {
  const { group, version } = splitApiVersion(object.apiVersion)
  const suspended = at(object, 'spec', 'suspend')
  const ready = conditionOf(object, 'Ready')?.status
  const own = Object.entries(byKind[object.kind] ?? {}).flatMap(([label, path]) => {
    const value = stringAt(object, ...path)
    return value === undefined ? [] : [[label, censor(shownUrl(value))] as const]
  })
  return {
    customresource_group: group,
    customresource_version: version,
    customresource_kind: object.kind,
    exported_namespace: object.metadata.namespace ?? '',
    name: object.metadata.name,
    ...(ready === undefined ? {} : { ready }),
    ...(typeof suspended === 'boolean' ? { suspended: String(suspended) } : {}),
    ...Object.fromEntries(own),
  }
}

/** The objects that are reconciled, one row each, as the watches brought them last: nothing is asked for. */
export class ResourceMetrics {
  readonly #objects = new Map<string, KubeObject>()

  constructor(registry: Registry, censor: (text: string) => string) {
    const objects = this.#objects
    const info = new Gauge({
      name: 'gotk_resource_info',
      help: 'The current state of a Flux resource.',
      labelNames,
      registers: [],
      collect() {
        this.reset()
        for (const object of objects.values()) this.set(infoOf(object, censor), 1)
      },
    })
    registry.registerMetric(info)
  }

  seen(object: KubeObject): void {
    this.#objects.set(keyOf(object), object)
  }

  gone(object: KubeObject): void {
    this.#objects.delete(keyOf(object))
  }
}

function keyOf({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.namespace ?? ''}/${metadata.name}`
}
