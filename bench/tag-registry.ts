// A registry that has the same number of tags for every repository. A HEAD of a manifest of `slow/…` waits until standard input has a line. Argument: how many.
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { once } from 'node:events'

const count = Number(process.argv[2] ?? 5000)
const pageSize = 1000
const list = Array.from(
  { length: count },
  (_, i) => `${i % 10}.${Math.floor(i / 10) % 100}.${Math.floor(i / 1000)}${i % 7 === 0 ? '-rc.1' : ''}`,
)
const held: (() => void)[] = []
process.stdin.on('data', () => {
  for (const go of held.splice(0)) go()
})

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://registry')
  const [, name = '', image = ''] = /^\/v2\/(.+\/image-(\d+)|.+)\/tags\/list$/.exec(url.pathname) ?? []
  if (name !== '') {
    const from = Number(url.searchParams.get('from') ?? 0)
    const tags = list.slice(from, from + pageSize).map(tag => `${tag}-${image}`)
    if (from + pageSize < count) response.setHeader('link', `<${url.pathname}?from=${from + pageSize}>; rel="next"`)
    return void response.setHeader('content-type', 'application/json').end(JSON.stringify({ name, tags }))
  }
  if (!url.pathname.includes('/manifests/')) return void response.end('{}')
  const body = JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [] })
  const answer = (): void => {
    response.setHeader('content-type', 'application/vnd.oci.image.index.v1+json')
    response.setHeader('docker-content-digest', `sha256:${createHash('sha256').update(body).digest('hex')}`)
    response.setHeader('content-length', String(body.length))
    response.end(request.method === 'HEAD' ? undefined : body)
  }
  if (url.pathname.startsWith('/v2/slow/')) held.push(answer)
  else answer()
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const address = server.address()
process.stdout.write(`127.0.0.1:${typeof address === 'object' ? address?.port : ''}\n`)
