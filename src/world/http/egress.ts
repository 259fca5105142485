import { lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/** Addresses where machines ask for their own credentials: nobody names them to fetch an artifact. Spec: mcp 4.1. */
const metadata = new BlockList()
metadata.addSubnet('169.254.0.0', 16)
metadata.addAddress('100.100.100.200')
metadata.addAddress('192.0.0.192')
metadata.addSubnet('fe80::', 10, 'ipv6')
metadata.addAddress('fd00:ec2::254', 'ipv6')

/** Whether an IP address is link-local or one of a cloud's metadata service; also within an IPv6 address that maps to it. */
export function isMetadataAddress(address: string): boolean {
  const bare = address.replace(/^\[|\]$/g, '')
  const family = isIP(bare)
  return family !== 0 && metadata.check(bare, family === 6 ? 'ipv6' : 'ipv4')
}

/** What is thrown instead of a connection. */
export function refusedAddress(): Error {
  return new Error('link-local and metadata addresses are refused')
}

/** Looks a name up, and refuses it when it leads to a metadata service. */
export const guardedLookup: LookupFunction = (host, options, done) => {
  lookup(host, { ...options, all: true }, (error, found) => {
    if (error) return done(error, [])
    if (found.some(({ address }) => isMetadataAddress(address))) return done(refusedAddress(), [])
    const [first] = found
    if (options.all || !first) return done(null, found)
    done(null, first.address, first.family)
  })
}
