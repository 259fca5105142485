import { kstatus } from '../../engine/kstatus.ts'
import { isFluxGroup } from '../../engine/controllers.ts'
import { revisionOf, stateOf } from '../../engine/request.ts'
import { sourceRefOf } from '../../engine/source-chain.ts'
import { conditionOf, type KubeObject, type ObjectRef, printRef, refOf, splitApiVersion } from '../../kinds/manifest.ts'
import { CodedError } from '../../lib/coded-error.ts'
import { shortRevision } from '../../lib/digest.ts'
import { type JsonObject, listAt, objectAt, stringAt } from '../../lib/json.ts'
import { plain } from '../../lib/safe.ts'
import type { Cluster } from '../../world/cluster/cluster.ts'
import { ownerOf } from '../objects/ownership.ts'

const [mostSteps, mostMessage] = [12, 200]

/** One object on the way from what runs to where it comes from. */
export interface Step extends JsonObject {
  object: string
  /** What the object before it has to do with it. */
  as: string
}

/** Climbs from an object by its owners to the Flux object that applied it, then by sources to the artifact and its origin. Spec: kustomization 13. */
export async function climb(cluster: Cluster, start: KubeObject, signal: AbortSignal): Promise<Step[]> {
  const steps: Step[] = [stepOf(start, 'object')]
  const seen = new Set([printRef(refOf(start))])
  let here: KubeObject = start
  while (steps.length < mostSteps) {
    const next = nextOf(here, steps.length === 1)
    if (!next || seen.has(printRef(next.ref))) break
    seen.add(printRef(next.ref))
    const read = await readOr(cluster, next.ref, signal)
    if (!('object' in read)) {
      steps.push({ object: printRef(next.ref), as: next.as, state: read.why })
      break
    }
    steps.push(stepOf(read.object, next.as))
    here = read.object
  }
  return steps
}

/** The next step up: who owns it, who applied it, what that takes its input from. */
function nextOf(object: KubeObject, isFirst: boolean): { ref: ObjectRef; as: string } | undefined {
  const { group } = splitApiVersion(object.apiVersion)
  const source = isFluxGroup(group) ? sourceRefOf(object) : undefined
  if (source && (!isFirst || !ownerOf(object))) return { ref: source, as: 'source' }
  const applied = ownerOf(object)
  if (applied && (isFirst || !isFluxGroup(group)))
    return { ref: applied, as: applied.kind === 'HelmRelease' ? 'released by' : 'applied by' }
  if (source) return { ref: source, as: 'source' }
  if (isFluxGroup(group)) return undefined
  const owners = listAt(object, 'metadata', 'ownerReferences')
  const owner = owners.find(o => objectAt({ o }, 'o').controller === true) ?? owners[0]
  const apiVersion = stringAt(owner, 'apiVersion')
  if (apiVersion === undefined) return undefined
  const { namespace } = object.metadata
  const { group: ownerGroup, version } = splitApiVersion(apiVersion)
  return {
    ref: {
      group: ownerGroup,
      version,
      kind: stringAt(owner, 'kind') ?? '',
      name: stringAt(owner, 'name') ?? '',
      ...(namespace ? { namespace } : {}),
    },
    as: 'owned by',
  }
}

async function readOr(cluster: Cluster, ref: ObjectRef, signal: AbortSignal): Promise<{ object: KubeObject } | { why: string }> {
  try {
    const object = await cluster.get(ref, signal)
    return object ? { object } : { why: 'does not exist' }
  } catch (thrown) {
    signal.throwIfAborted()
    if (thrown instanceof CodedError) return { why: `cannot be read: ${plain(thrown.message).slice(0, mostMessage)}` }
    throw thrown
  }
}

/** What `flux trace` tells of an object. */
function stepOf(object: KubeObject, as: string): Step {
  const ref = refOf(object)
  const flux = isFluxGroup(ref.group)
  const ready = conditionOf(object, 'Ready')
  const revision = flux ? revisionOf(object) : undefined
  const origin = objectAt(object, 'status', 'artifact', 'metadata')
  const text = (key: string, value: string | undefined): JsonObject => (value ? { [key]: plain(value).slice(0, mostMessage) } : {})
  return {
    object: printRef(ref),
    as,
    state: flux ? stateOf(object) : kstatus(object).status,
    ...text('path', stringAt(object, 'spec', 'path')),
    ...text('target', stringAt(object, 'spec', 'targetNamespace')),
    ...text('chart', stringAt(object, 'spec', 'chart', 'spec', 'chart') ?? stringAt(object, 'spec', 'chart')),
    ...text('url', flux ? (stringAt(object, 'spec', 'url') ?? stringAt(object, 'spec', 'endpoint')) : undefined),
    ...Object.assign(
      {},
      ...['branch', 'tag', 'semver', 'commit', 'name', 'digest'].map(key => text(key, stringAt(object, 'spec', 'ref', key))),
    ),
    ...text('revision', revision && shortRevision(revision)),
    ...text('originRevision', stringAt(origin, 'org.opencontainers.image.revision')),
    ...text('originSource', stringAt(origin, 'org.opencontainers.image.source')),
    ...text('untrusted', flux ? ready?.message : undefined),
  }
}
