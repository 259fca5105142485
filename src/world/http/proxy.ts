import { BlockList, isIP, isIPv4 } from 'node:net'
import { isLoopback } from '../../lib/loopback.ts'

/** The environment as far as connections read it: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY, in upper or lower case. */
export type ProxyEnv = Readonly<Record<string, string | undefined>>

/** Who a proxy's URL signs in; `undefined` for nobody. What is no escape stands for itself. */
export function userOf({ username, password }: URL): { readonly username: string; readonly password: string } | undefined {
  return username === '' && password === '' ? undefined : { username: unescaped(username), password: unescaped(password) }
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const variables: Readonly<Record<string, string>> = { 'https:': 'HTTPS_PROXY', 'http:': 'HTTP_PROXY', 'ssh:': 'ALL_PROXY' }
const usualPorts: Readonly<Record<string, string>> = { 'https:': '443', 'ssh:': '22' }

/**
 * The proxy that the environment names for an origin, by the rules of Go, which kubectl and flux follow: ALL_PROXY is for SSH alone; `undefined` for
 * none. Loopback is never proxied. NO_PROXY has hosts with their subdomains, `.example.com` for the subdomains alone, addresses and CIDR ranges, each with or without a port.
 */
export function proxyFor({ protocol, hostname, port }: URL, env: ProxyEnv): string | undefined {
  const named = (name: string): string => env[name] || env[name.toLowerCase()] || ''
  const proxy = named(variables[protocol] ?? 'HTTP_PROXY')
  if (proxy === '') return undefined
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  const at = port || (usualPorts[protocol] ?? '80')
  if (isLoopback(host)) return undefined
  const entries = named('NO_PROXY')
    .split(',')
    .map(entry => entry.trim().toLowerCase())
  if (entries.some(entry => exempts(entry, host, at))) return undefined
  return /^[a-z0-9]+:\/\//i.test(proxy) ? proxy : `http://${proxy}`
}

function exempts(entry: string, host: string, port: string): boolean {
  if (entry === '') return false
  if (entry === '*') return true
  if (entry.includes('/')) return within(entry, host)
  if (isIP(entry)) return entry === host
  const [, name = '', wanted] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? []
  if (wanted !== undefined && wanted !== port) return false
  const bare = name.replace(/^\[|\]$/g, '')
  if (isIP(bare)) return bare === host
  if (isIP(host)) return false
  const domain = bare.replace(/^\*/, '')
  return domain.startsWith('.') ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`)
}

function within(range: string, host: string): boolean {
  const [net = '', bits = ''] = range.split('/')
  const family = isIP(host)
  const most = isIPv4(net) ? 32 : 128
  if (family === 0 || isIP(net) !== family || !/^\d+$/.test(bits) || Number(bits) > most) return false
  const list = new BlockList()
  list.addSubnet(net, Number(bits), family === 4 ? 'ipv4' : 'ipv6')
  return list.check(host, family === 4 ? 'ipv4' : 'ipv6')
}
