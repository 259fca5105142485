import { overNow } from '../../lib/aborted.ts'
import { digester, whyNoDigest } from '../../lib/digest.ts'
import type { Clock } from '../clock/clock.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Http, HttpAnswer } from '../http/http.ts'
import type { ArtifactFetcher, Artifacts } from './artifacts.ts'
import { StorageError } from './error.ts'

const usualRetries = 3
const [firstPauseMs, longestPauseMs] = [5000, 30_000]
/** How often a wait, or a try that is not answered, looks whether it is still worth while. */
const lookMs = 1000

interface Means {
  readonly http: Http
  readonly clock: Clock
  readonly cluster?: (() => Cluster) | undefined
  /** What is stored here is read without a request. */
  readonly own?: Pick<Artifacts, 'open'> | undefined
  /** How often a download is tried again, with Flux's pauses of 5 to 30 s; absent: 3 times, soon, as somebody waits. Spec: kustomization 4. */
  readonly retries?: number | undefined
}

/** Fetches artifacts by URL, and those of in-cluster services through the API server's service proxy when they are not reachable directly. */
export function artifactFetcher(means: Means): ArtifactFetcher {
  return {
    async fetch({ url, digest }, signal, superseded) {
      if (!URL.canParse(url)) throw new StorageError('UNREACHABLE', url, { cause: new TypeError('it is no URL') })
      const opened = (await means.own?.open(url)) ?? (await openUrl(url, { ...means, superseded }, signal))
      const body = opened && whole(opened, { url, signal })
      return body && digest ? checked(body, { digest, url }) : body
    },
  }
}

async function openUrl(
  url: string,
  { http, clock, cluster, retries, superseded }: Means & { superseded: (() => Promise<boolean>) | undefined },
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const service = serviceOf(url)
  if (service && cluster) return cluster().serviceProxy(service, signal)
  const most = retries ?? usualRetries
  const pauseMs = (tried: number): number =>
    retries === undefined ? 200 * 3 ** tried : Math.min(firstPauseMs * 2 ** (tried - 1), longestPauseMs)
  for (let attempt = 1; ; attempt++) {
    const answer = await answered(url, { http, clock, ends: superseded }, signal)
    if (answer instanceof StorageError) {
      if (attempt > most || answer.code === 'SUPERSEDED') throw answer
    } else if (answer.status < 300) {
      return answer.body
    } else {
      await answer.body.cancel()
      if (answer.status === 404) return undefined
      if (answer.status < 500 || attempt > most) throw new StorageError('UNREACHABLE', url, { cause: new Error(`status ${answer.status}`) })
    }
    if (await sooner(pauseMs(attempt), { clock, ends: superseded, signal })) throw new StorageError('SUPERSEDED', url)
  }
}

interface Look {
  readonly clock: Clock
  readonly ends: (() => Promise<boolean>) | undefined
}

/** One try, or why it failed. Whoever accepts a connection and says nothing is left when something ends the wait: SUPERSEDED. */
async function answered(
  url: string,
  { http, clock, ends }: Look & { http: Http },
  signal: AbortSignal,
): Promise<HttpAnswer | StorageError> {
  const [left, done] = [new AbortController(), new AbortController()]
  const over = AbortSignal.any([signal, done.signal])
  const looking = ends && clock.sleep(lookMs, over).then(() => sooner(Number.POSITIVE_INFINITY, { clock, ends, signal: over }))
  looking?.then(
    () => done.signal.aborted || left.abort(overNow),
    () => undefined,
  )
  try {
    return await http.send({ method: 'GET', url }, ends ? AbortSignal.any([signal, left.signal]) : signal)
  } catch (cause) {
    signal.throwIfAborted()
    return new StorageError(left.signal.aborted ? 'SUPERSEDED' : 'UNREACHABLE', url, { cause })
  } finally {
    done.abort(overNow)
  }
}

/** Waits, and says whether something has ended the wait. */
async function sooner(ms: number, { clock, ends, signal }: Look & { signal: AbortSignal }): Promise<boolean> {
  if (!ends) await clock.sleep(ms, signal)
  else
    for (let left = ms; left > 0; left -= lookMs) {
      if (await ends()) return true
      await clock.sleep(Math.min(left, lookMs), signal)
    }
  return false
}

/** `http://source-controller.flux-system.svc.cluster.local./path` names a service of the cluster. */
function serviceOf(url: string): { namespace: string; service: string; port: string; path: string } | undefined {
  const { hostname, port, pathname, protocol } = new URL(url)
  const [, service, namespace] = /^([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:\.[a-z0-9.-]*)?$/.exec(hostname) ?? []
  if (!service || !namespace) return undefined
  return { namespace, service, port: port || (protocol === 'https:' ? '443' : '80'), path: pathname }
}

/** A body that breaks off is an artifact that cannot be reached. */
async function* whole(body: AsyncIterable<Uint8Array>, { url, signal }: { url: string; signal: AbortSignal }): AsyncIterable<Uint8Array> {
  try {
    yield* body
  } catch (cause) {
    signal.throwIfAborted()
    throw new StorageError('UNREACHABLE', url, { cause })
  }
}

async function* checked(body: AsyncIterable<Uint8Array>, { digest, url }: { digest: string; url: string }): AsyncIterable<Uint8Array> {
  const why = whyNoDigest(digest)
  if (why !== undefined)
    throw new StorageError(why.startsWith('unsupported') ? 'DIGEST_UNSUPPORTED' : 'DIGEST_MISMATCH', `${url} (${digest}: ${why})`)
  const sum = digester(digest.split(':')[0])
  for await (const chunk of body) {
    sum.update(chunk)
    yield chunk
  }
  if (sum.digest() !== digest) throw new StorageError('DIGEST_MISMATCH', url)
}
