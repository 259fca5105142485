import assert from 'node:assert/strict'
import { Bucket } from '../../../src/kinds/bucket.ts'
import type { KubeObject, ObjectRef } from '../../../src/kinds/manifest.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import { unpack } from '../../../src/lib/untar.ts'
import { buckets } from '../../../src/sources/bucket/reconciler.ts'
import type { Kernel } from '../../../src/world/kernel/kernel.ts'
import { type S3Server, startS3Server } from '../../support/s3-server.ts'
import { unending } from '../../support/unending.ts'
import { startWorld } from '../../support/world.ts'
import type { Started } from '../../world/cluster/contract.ts'
import { artifactOf, SourceScene } from '../scene.ts'

export { artifactOf, judged, namespace, revisionOf } from '../scene.ts'

/** What a bucket is filled with, at whatever store. */
export interface Store {
  create(bucket: string): Promise<void>
  put(bucket: string, key: string, content: string | Uint8Array, etag?: string): Promise<void>
  remove(bucket: string, key: string): Promise<void>
}

/** A world with a small S3 server, and Buckets in it. */
export class BucketScene extends SourceScene<typeof Bucket> {
  #store: S3Server | undefined

  static async open(open: () => Promise<Started>, kernel: Kernel): Promise<BucketScene> {
    const scene = new BucketScene(await startWorld(open, kernel), buckets)
    await scene.prepare()
    scene.#store = await startS3Server()
    await scene.secret('keys', 'Opaque', { accesskey: scene.store.keys.accessKeyId, secretkey: scene.store.keys.secretAccessKey })
    return scene
  }

  get store(): S3Server {
    assert.ok(this.#store)
    return this.#store
  }

  /** A bucket with files, and the Bucket that names it. */
  async filled(files: Record<string, string>, spec: JsonObject = {}): Promise<ObjectRef> {
    const name = this.name()
    await this.store.create(name)
    for (const [key, content] of Object.entries(files)) await this.store.put(name, key, content)
    return this.bucket(name, spec)
  }

  /** A Bucket of the bucket of its name, unless the spec names another. */
  bucket(name: string, spec: JsonObject = {}, more: { version?: string; annotations?: Record<string, string> } = {}): Promise<ObjectRef> {
    const isSigned = ['secretRef', 'sts', 'serviceAccountName'].some(field => spec[field] !== undefined)
    const secret = !isSigned ? { secretRef: { name: 'keys' } } : {}
    const whole = {
      bucketName: name,
      endpoint: this.store.address,
      insecure: true,
      region: 'us-east-1',
      interval: '10m',
      ...secret,
      ...spec,
    }
    return this.object(name, whole, more)
  }

  /** The files of an object's artifact as it is served. */
  async files(object: KubeObject): Promise<Record<string, string>> {
    const { url, digest } = artifactOf(object)
    const bytes = await this.world.hands.fetcher.fetch({ url: String(url), digest: String(digest) as `${string}:${string}` }, unending)
    assert.ok(bytes, 'the artifact is served')
    const { files } = await unpack(bytes, { maxBytes: 1e8, maxEntries: 1e4, maxEntryBytes: 1e8 })
    return Object.fromEntries([...files].map(([path, { content }]) => [path, new TextDecoder().decode(content)]))
  }

  /** What the store was asked for since it was last asked this. */
  asked(): string[] {
    return this.store.asked.splice(0)
  }

  override async stop(): Promise<void> {
    await this.#store?.close()
    await super.stop()
  }
}
