import { isIP } from 'node:net'
import { awsEncoded } from '../../../lib/aws-signature.ts'
import type { BucketPlace } from '../objects.ts'
import { ObjectStoreError } from '../error.ts'

const amazon = /(^|\.)s3[.-](.*\.)?amazonaws\.com(\.cn)?$|^s3\.amazonaws\.com$/
const google = 'storage.googleapis.com'
const aliyun = /^.*\.aliyuncs\.com$/
const label = /^(?!-)[A-Za-z0-9_-]{1,63}(?<!-)$/

/** Where the requests for one bucket go. */
export interface S3Address {
  readonly scheme: 'http' | 'https'
  /** With port, where it is not the scheme's own. */
  readonly host: string
  readonly bucket: string
  /** The bucket is part of the host name. */
  readonly virtual: boolean
  /** The region that the host names; `undefined` where it names none. */
  readonly region: string | undefined
  /** Listing is done the old way. */
  readonly listsV1: boolean
  readonly isAmazon: boolean
}

/** @throws {ObjectStoreError} ADDRESS in the words of Flux's client. Spec: sources 8. */
export function s3Address({ endpoint, bucket, insecure }: Pick<BucketPlace, 'endpoint' | 'bucket' | 'insecure'>): S3Address {
  const scheme = insecure ? 'http' : 'https'
  const url = URL.canParse(`${scheme}://${endpoint}`) ? new URL(`${scheme}://${endpoint}`) : undefined
  if (endpoint === '') throw refused('Endpoint url cannot be empty.')
  if (!url) throw refused(`Endpoint: ${endpoint} does not follow ip address or domain name standards.`)
  if (url.username || url.password || url.search || url.hash || url.pathname !== '/' || /[/?#@\\]/.test(endpoint.replace(/\/$/, '')))
    throw refused('Endpoint url cannot have fully qualified paths.')
  const name = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(name) === 0 && !name.split('.').every(part => label.test(part)))
    throw refused(`Endpoint: ${url.host} does not follow ip address or domain name standards.`)
  const isAmazon = amazon.test(name)
  const supported = isAmazon || name === google || aliyun.test(name)
  return {
    scheme,
    host: url.host,
    bucket,
    virtual: supported && !(scheme === 'https' && bucket.includes('.')),
    region: isAmazon ? regionIn(name) : undefined,
    listsV1: name === google,
    isAmazon,
  }
}

/** @throws {ObjectStoreError} ADDRESS for what is no name of a bucket, before it is part of a URL. */
export function checkBucketName(bucket: string): void {
  const why = wrongIn(bucket)
  if (why) throw refused(`Bucket name ${why}`)
}

function wrongIn(bucket: string): string | undefined {
  if (bucket.trim() === '') return 'cannot be empty'
  if (bucket.length < 3) return 'cannot be shorter than 3 characters'
  if (bucket.length > 63) return 'cannot be longer than 63 characters'
  if (/^(\d+\.){3}\d+$/.test(bucket)) return 'cannot be an ip address'
  const isName = /^[A-Za-z0-9][A-Za-z0-9._-]+[A-Za-z0-9]$/.test(bucket)
  return !isName || /\.\.|\.-|-\./.test(bucket) ? 'contains invalid characters' : undefined
}

function refused(message: string): ObjectStoreError {
  return new ObjectStoreError('ADDRESS', { message })
}

/** The region of an Amazon host: `s3.eu-west-1.amazonaws.com`, `s3-eu-west-1…`, `s3.dualstack.eu-west-1…`, `s3-fips…`. */
function regionIn(name: string): string | undefined {
  return /(?:^|\.)s3(?:-fips)?(?:[.-]dualstack)?[.-]([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com(?:\.cn)?$/.exec(name)?.[1]
}

/** The host that answers for a region: Amazon's of that region, any other as it is. */
function hostIn({ host, isAmazon }: S3Address, region: string): string {
  if (!isAmazon || !/^s3\.|^s3-/.test(host) || !/^[a-z0-9-]+$/.test(region)) return host
  const suffix = host.replace(/:\d+$/, '').endsWith('.cn') ? 'amazonaws.com.cn' : 'amazonaws.com'
  return host.includes(':') || host.includes('fips') ? host : `s3.dualstack.${region}.${suffix}`
}

/** The URL of the bucket, or of an object in it. @throws {ObjectStoreError} REFUSED for a key that no URL can carry. */
export function s3Url(
  address: S3Address,
  { key, query = {}, region }: { key?: string; query?: Readonly<Record<string, string>>; region: string },
): URL {
  const { scheme, bucket, virtual } = address
  const host = hostIn(address, region)
  const base = virtual ? `${scheme}://${bucket}.${host}/` : `${scheme}://${host}/${bucket}/`
  const search = Object.entries(query)
    .map(([name, value]) => `${awsEncoded(name)}=${awsEncoded(value)}`)
    .toSorted()
    .join('&')
  return new URL(`${base}${key === undefined ? '' : pathOf(key)}${search === '' ? '' : `?${search}`}`)
}

/** URLs take `.` and `..` as steps: the request would be for another object, or another bucket. */
export function pathOf(key: string): string {
  const parts = key.split('/')
  if (parts.some(part => part === '.' || part === '..'))
    throw new ObjectStoreError('REFUSED', { message: `the key has '.' or '..' in its path, which no request can carry` })
  return parts.map(part => awsEncoded(part)).join('/')
}
