import assert from 'node:assert/strict'
import { once } from 'node:events'
import { fetchedFiles, indexed } from '../../src/sources/bucket/fetch-reconciler.ts'
import { treeIn } from '../../src/sources/bucket/content.ts'
import { realClock } from '../../src/world/clock/real.ts'
import { createHttp } from '../../src/world/http/client.ts'
import type { BucketPlace, ObjectStore } from '../../src/world/objects/objects.ts'
import type { ObjectStoreErrorCode } from '../../src/world/objects/error.ts'
import { openObjects } from '../../src/world/objects/open.ts'
import { diskScratch } from '../../src/world/storage/disk-scratch.ts'
import { playedHttp } from '../support/played-http.ts'
import { instantClock } from '../support/registries.ts'
import type { Handle, HostileCase, HostileClass, Room } from './table.ts'

type Answers = (room: Room) => Handle
type Call = (store: ObjectStore, room: Room) => Promise<unknown>
type Code = ObjectStoreErrorCode | 'BucketOperationFailed' | 'held'

const google = 'https://storage.googleapis.com'
const azure = 'https://account.blob.core.windows.net'

/** How a bucket at a server is reached; the secret of the room is what signs in. */
const s3 = (room: Room, url: string): BucketPlace => ({
  provider: 'generic',
  bucket: 'bucket',
  endpoint: new URL(url).host,
  insecure: true,
  region: 'us-east-1',
  credentials: { is: 'keys', keys: { accessKeyId: 'flux', secretAccessKey: 'of-a-test', sessionToken: room.secret } },
})
const azureBy = (credentials: (room: Room) => BucketPlace['credentials']) => (room: Room) =>
  ({ provider: 'azure', bucket: 'bucket', endpoint: azure, credentials: credentials(room) }) as const
const gcs = (room: Room): BucketPlace => ({
  provider: 'gcp',
  bucket: 'bucket',
  endpoint: 'storage.googleapis.com',
  credentials: { is: 'bearer', token: room.secret },
})

function believed(
  says: string,
  code: Code | readonly Code[],
  { handle, call, place = s3 }: { handle: Answers; call: Call; place?: (room: Room, url: string) => BucketPlace },
): HostileCase {
  return {
    says,
    code,
    async attack(room) {
      const url = await room.serve(handle(room))
      const http = createHttp({})
      const objects = openObjects({ http: playedHttp(http, { [google]: url, [azure]: url }), clock: instantClock([]) })
      try {
        await call(await objects.open(place(room, url), new AbortController().signal), room)
        return 'held'
      } finally {
        await http.close()
      }
    },
  }
}

const says = (handle: Handle): Answers => {
  return () => handle
}
const sends = (status: number, headers: Record<string, string> = {}, body: string | Buffer = ''): Answers =>
  says((_, response) => void response.writeHead(status, headers).end(body))
const xml = (body: string): Answers => sends(200, { 'content-type': 'application/xml' }, body)
const page = (body: string, truncated = false): string =>
  `<ListBucketResult><IsTruncated>${truncated}</IsTruncated>${body}</ListBucketResult>`
const object = (key: string, etag = 'e'): string => `<Contents><Key>${key}</Key><ETag>${etag}</ETag></Contents>`
const mebibyte = Buffer.alloc(1024 * 1024, 0x20)

/** Sends until nobody listens, or 256 MiB are sent. */
const endless = (first: string, headers: Record<string, string> = {}): Answers =>
  says((_, response) => {
    response.writeHead(200, headers)
    response.write(first)
    const gone = once(response, 'close')
    void (async () => {
      for (let sent = 0; sent < 256 && !response.destroyed; sent++)
        if (!response.write(mebibyte)) await Promise.race([once(response, 'drain'), gone])
      response.destroy()
    })()
  })

const list: Call = async (store, { signal }) => {
  let count = 0
  for await (const { key } of store.list('', signal)) count += key.length
  return count
}
let turn = 0
/** As bytes, so that the server weighs nothing. */
const manyObjects = Buffer.from(`<ListBucketResult><IsTruncated>true</IsTruncated>${object('k').repeat(1000)}`)

const listings: HostileClass = {
  name: 'buckets: listings',
  cases: [
    believed('a listing without end', 'BAD_ANSWER', { handle: endless('<ListBucketResult>'), call: list }),
    believed('a page that leads to itself', 'BAD_ANSWER', {
      handle: xml(page(`${object('a')}<NextContinuationToken>same</NextContinuationToken>`, true)),
      call: list,
    }),
    believed('empty pages without end', 'TOO_LARGE', {
      handle: says((_, response) => void response.end(page(`<NextContinuationToken>${turn++}</NextContinuationToken>`, true))),
      call: list,
    }),
    believed('pages of objects without end', 'TOO_LARGE', {
      handle: says((_, response) => {
        response.write(manyObjects)
        response.end(`<NextContinuationToken>${turn++}</NextContinuationToken></ListBucketResult>`)
      }),
      call: list,
    }),
    believed('entities within entities', 'BAD_ANSWER', {
      handle: xml(`<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>${page(object('&b;'))}`),
      call: list,
    }),
    believed('an entity that is a file', 'BAD_ANSWER', {
      handle: xml(`<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>${page(object('&f;'))}`),
      call: list,
    }),
    believed('elements a million deep', 'BAD_ANSWER', { handle: xml('<ListBucketResult>'.repeat(200_000)), call: list }),
    believed('more elements than a listing has', 'BAD_ANSWER', {
      handle: xml(`<ListBucketResult>${'<a/>'.repeat(1_000_000)}`),
      call: list,
    }),
    believed('a page of HTML', 'BAD_ANSWER', { handle: xml('<!doctype html><html><p>hello</html>'), call: list }),
    believed('a document of another kind', 'BAD_ANSWER', { handle: xml('<ListAllMyBucketsResult/>'), call: list }),
    believed('a listing that breaks off', 'UNREACHABLE', {
      handle: says((_, response) => {
        response.writeHead(200, { 'content-length': '1000' })
        response.write('<ListBucketResult>', () => response.destroy())
      }),
      call: list,
    }),
    believed('more without a way to it', 'BAD_ANSWER', { handle: xml(page(object('a'), true)), call: list }),
    believed('a key that is not encoded as it says', 'BAD_ANSWER', {
      handle: xml(page(`<EncodingType>url</EncodingType>${object('%zz')}`)),
      call: list,
    }),
    believed('an object without key', 'BAD_ANSWER', { handle: xml(page('<Contents/>')), call: list }),
    believed("Google's listing of texts in place of objects", 'BAD_ANSWER', {
      handle: sends(200, {}, '{"items":["a",1,null]}'),
      call: list,
      place: gcs,
    }),
    believed("Google's page that leads to itself", 'BAD_ANSWER', {
      handle: sends(200, {}, '{"nextPageToken":"same"}'),
      call: list,
      place: gcs,
    }),
    believed("Azure's page that leads to itself", 'BAD_ANSWER', {
      handle: xml('<EnumerationResults><NextMarker>same</NextMarker></EnumerationResults>'),
      call: list,
      place: azureBy(() => ({ is: 'anonymous' })),
    }),
  ],
}

const spec = { bucketName: 'bucket', endpoint: 'x', interval: '1m', provider: 'generic', timeout: '5s' } as const

/** Fetches objects of these keys as the reconciler does, and gives what the artifact would hold. */
const fetching =
  (keys: readonly string[], { timeout = '5s' } = {}): Call =>
  (store, { root, signal }) =>
    diskScratch(root).during(async room => {
      const index = new Map(keys.map(key => [key, 'etag']))
      const files = await fetchedFiles(index, { spec: { ...spec, timeout }, store, room, clock: realClock, signal })
      return [[...index], await treeIn(files).list('')]
    })
const indexing: Call = (store, { root, signal }) =>
  diskScratch(root).during(room => indexed({ spec, store, room, clock: realClock, signal }))
const failed = 'BucketOperationFailed'
const fine = sends(200, { etag: '"etag"' }, 'content')

const contents: HostileClass = {
  name: 'buckets: objects',
  cases: [
    believed('a key that climbs', failed, { handle: fine, call: fetching(['../beside.txt']) }),
    believed('a key that climbs after going down', failed, { handle: fine, call: fetching(['a/b/../../../beside.txt']) }),
    believed('a key that climbs by names that are encoded', 'held', { handle: fine, call: fetching(['%2e%2e/beside.txt']) }),
    believed('a key that is absolute', 'held', {
      handle: fine,
      call: async (store, room) => {
        const [, entries] = (await fetching(['/etc/passwd'])(store, room)) as [unknown, { name: string; type: string }[]]
        assert.deepEqual(
          entries.map(({ name, type }) => `${type} ${name}`),
          ['folder etc'],
        )
      },
    }),
    believed('a key with a NUL', failed, { handle: fine, call: fetching(['a\0b']) }),
    believed('a key that is only slashes', failed, { handle: fine, call: fetching(['//./']) }),
    believed('a file that is also a folder', ['held'], {
      handle: fine,
      call: (store, room) => assert.rejects(fetching(['a', 'a/b'])(store, room), /'a' is an object, and the folder of 'a\/b'/),
    }),
    believed('an object without end', failed, { handle: endless(''), call: fetching(['a'], { timeout: '100ms' }) }),
    believed('an object that is shorter than it says', failed, {
      handle: says((_, response) => {
        response.writeHead(200, { 'content-length': '100' })
        response.write('short', () => response.destroy())
      }),
      call: fetching(['a']),
    }),
    believed('an object that is never sent', failed, { handle: says(() => {}), call: fetching(['a'], { timeout: '500ms' }) }),
    believed('an object whose mark changes each time: as it was read', 'held', {
      handle: says((_, response) => void response.writeHead(200, { etag: `"${turn++}"` }).end('x')),
      call: async (store, room) => {
        const [index] = (await fetching(['a'])(store, room)) as [[string, string][]]
        assert.notEqual(index[0]?.[1], 'etag')
      },
    }),
    believed("an object of Google's whose generation is never that of before", 'CHANGED', {
      handle: says(({ url = '' }, response) =>
        url.includes('alt=media') ? void response.writeHead(412).end() : void response.end(`{"etag":"e","generation":"${turn++}"}`),
      ),
      call: (store, { signal }) => store.fetch('a', signal),
      place: gcs,
    }),
    believed('a failure for each of a thousand objects', failed, {
      handle: sends(500),
      call: fetching(Array.from({ length: 1000 }, (_, i) => `k${i}`)),
    }),
    believed('an ignore file of many megabytes', failed, { handle: endless(''), call: indexing }),
    believed('ignore patterns that would take minutes', failed, {
      handle: says(
        ({ url = '' }, response) =>
          void response.end(
            url.includes('.sourceignore')
              ? '*a*b*c*\n'.repeat(100_000)
              : url.includes('list-type')
                ? page(object('k'.repeat(900)).repeat(1000))
                : '',
          ),
      ),
      call: indexing,
    }),
  ],
}

const away =
  (status: number): Answers =>
  room =>
  (_, response) =>
    void response.writeHead(status, { location: `${room.stranger}/x` }).end()
const to = (location: string): Answers => sends(307, { location })
const exists: Call = (store, { signal }) => store.exists(signal)
const fetchOne: Call = (store, { signal }) => store.fetch('a', signal)

const elsewhere: HostileClass = {
  name: 'buckets: credentials elsewhere',
  cases: [
    believed('a listing at another origin', 'REFUSED', { handle: away(307), call: list }),
    believed('an object at another origin', 'REFUSED', { handle: away(302), call: fetchOne }),
    believed('a bucket at another origin, moved for good', 'REFUSED', { handle: away(301), call: exists }),
    believed('a bucket in a region that is a host', 'REFUSED', {
      handle: room => (_, response) =>
        void response.writeHead(301, { 'x-amz-bucket-region': `${new URL(room.stranger).host}/`, location: room.stranger }).end(),
      call: exists,
    }),
    believed('a location that is no region', 'BAD_ANSWER', {
      handle: xml('<LocationConstraint>../../stranger</LocationConstraint>'),
      call: exists,
      place: (room, url) => ({ ...s3(room, url), region: undefined }),
    }),
    believed('where a cloud keeps its credentials', 'REFUSED', { handle: to('http://169.254.169.254/latest/meta-data'), call: list }),
    believed('an endpoint where a cloud keeps its credentials', 'UNREACHABLE', {
      handle: fine,
      call: exists,
      place: (room, url) => ({ ...s3(room, url), endpoint: '169.254.169.254' }),
    }),
    believed('an STS endpoint that sends elsewhere', 'REFUSED', {
      handle: away(307),
      call: exists,
      place: (room, url) => ({ ...s3(room, url), credentials: { is: 'ldap', endpoint: url, username: 'flux', password: room.secret } }),
    }),
    believed('an STS endpoint where a cloud keeps its credentials', 'UNREACHABLE', {
      handle: fine,
      call: exists,
      place: (room, url) => ({
        ...s3(room, url),
        credentials: { is: 'ldap', endpoint: 'http://[::ffff:a9fe:a9fe]/', username: 'flux', password: room.secret },
      }),
    }),
    believed('a listing of Azure elsewhere, by a signature in its address', 'REFUSED', {
      handle: away(307),
      call: list,
      place: azureBy(({ secret }) => ({ is: 'sas', query: `sig=${secret}` })),
    }),
    believed('a blob of Azure elsewhere, by a token', 'REFUSED', {
      handle: away(307),
      call: fetchOne,
      place: azureBy(({ secret }) => ({ is: 'bearer', token: secret })),
    }),
    believed('an object of Google elsewhere', 'REFUSED', { handle: away(308), call: fetchOne, place: gcs }),
    believed('a bucket of Google at a file', 'REFUSED', { handle: to('file:///etc/passwd'), call: exists, place: gcs }),
  ],
}

export const classes: readonly HostileClass[] = [listings, contents, elsewhere]
