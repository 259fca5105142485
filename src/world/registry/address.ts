import { BlockList, isIP, isIPv4 } from 'node:net'

const nearby = listOf([
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
])
const linkLocal = listOf([
  ['169.254.0.0', 16],
  ['fe80::', 10],
])
function listOf(nets: readonly (readonly [net: string, bits: number])[]): BlockList {
  const list = new BlockList()
  for (const [net, bits] of nets) list.addSubnet(net, bits, isIPv4(net) ? 'ipv4' : 'ipv6')
  return list
}

function isIn(list: BlockList, hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, '')
  const family = isIP(address)
  return family > 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

/** Where plain HTTP is a fall-back without being asked for: RFC 1918 addresses and `.local` names. Spec: sources 3.7. */
export function isPrivate(hostname: string): boolean {
  return hostname.endsWith('.local') || isIn(nearby, hostname)
}

/** Where clouds answer with the machine's own credentials: nothing that a registry says leads there. */
export function isLinkLocal(hostname: string): boolean {
  return isIn(linkLocal, hostname)
}
