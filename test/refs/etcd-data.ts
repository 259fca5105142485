import { setTimeout as wait } from 'node:timers/promises'

/** What an etcd holds of Kubernetes, as it was when this was made. Its JSON gateway is asked: https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/ */
export interface EtcdData {
  /** Makes it so again, under the API server's feet: its caches follow. Resolves when nothing else is written any more; rejects when that does not end. */
  restore(): Promise<void>
}

interface Entry {
  /** Base64, as the value. */
  readonly key: string
  readonly value?: string
  readonly mod_revision: string
}

const prefix = { key: encode('/registry/'), range_end: encode('/registry0') }
/** What API servers write about themselves again and again. */
const own = /^\/registry\/(leases\/kube-system\/|masterleases\/|events\/default\/)/
/** Definitions last: what they define is gone before. */
const definitions = /^\/registry\/apiextensions\.k8s\.io\//
/** Ten seconds of them and more. */
const mostPasses = 100

export async function etcdData(url: string): Promise<EtcdData> {
  const then = new Map((await range(url, {})).map(entry => [entry.key, entry]))
  const foreign = async (): Promise<Entry[]> =>
    (await range(url, { keys_only: true })).filter(({ key }) => !then.has(key) && !own.test(decode(key)))
  const pass = async (): Promise<boolean> => {
    const more = await foreign()
    for (const last of [false, true])
      await Promise.all(more.filter(({ key }) => definitions.test(decode(key)) === last).map(({ key }) => ask(url, 'deleterange', { key })))
    return more.length === 0
  }
  return {
    async restore() {
      for (let [calm, passes] = [0, 0]; calm < 2; await wait(100)) {
        if (++passes > mostPasses) throw new Error('somebody still writes to an API server that was given back')
        calm = (await pass()) ? calm + 1 : 0
      }
      const now = new Map((await range(url, { keys_only: true })).map(({ key, mod_revision }) => [key, mod_revision]))
      const changed = [...then.values()].filter(({ key, mod_revision }) => now.get(key) !== mod_revision && !own.test(decode(key)))
      for (const { key, value = '' } of changed) await ask(url, 'put', { key, value })
      for (const { key, mod_revision } of changed.length > 0 ? await range(url, { keys_only: true }) : []) {
        const known = then.get(key)
        if (known) then.set(key, { ...known, mod_revision })
      }
    },
  }
}

async function range(url: string, options: { keys_only?: boolean }): Promise<Entry[]> {
  return ((await ask(url, 'range', { ...prefix, ...options })) as { kvs?: Entry[] }).kvs ?? []
}

async function ask(url: string, call: string, body: object): Promise<unknown> {
  const response = await fetch(`${url}/v3/kv/${call}`, { method: 'POST', body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`etcd ${call}: ${response.status} ${await response.text()}`)
  return response.json()
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64')
}

function decode(key: string): string {
  return Buffer.from(key, 'base64').toString()
}
