import { rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Reference } from '../../kinds/oci.ts'
import { configFiles } from './docker-config.ts'
import type { Oras } from './oras-run.ts'
import { pullSecretSignIn } from './pull-secrets.ts'
import type { SignIn } from './sign-in.ts'
import { privateFolder } from '../private-folder.ts'

/** How one run of the CLI reaches a registry. Secrets are in files that only we can read, and in the environment of that run: never in arguments. */
export interface OrasAccess {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly flags: readonly string[]
  remove(): Promise<void>
}

/** What is said of a registry: `side` is which one of `oras cp`. */
export interface Side {
  readonly at: Reference
  readonly side?: 'from' | 'to'
}

const plainEnv = ['PATH', 'HOME', 'TMPDIR', 'SSL_CERT_FILE', 'SSL_CERT_DIR']
const proxyEnv = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'https_proxy', 'http_proxy', 'no_proxy']

/** Prepares access to registries; `remove` it afterwards. */
export async function orasAccess(oras: Oras, sides: readonly Side[], signal: AbortSignal): Promise<OrasAccess> {
  const folder = await privateFolder('oras')
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  try {
    const flags = await Promise.all(sides.map((side, i) => flagsOf(oras, side, { folder, prefix: `${i}-`, signal })))
    return { env: envOf(oras), flags: flags.flat(), remove }
  } catch (thrown) {
    await remove()
    throw thrown
  }
}

/** Credential helpers may need all of the user's environment; nothing else does. */
function envOf({ env, access: { credentials, proxy } }: Oras): Record<string, string | undefined> {
  const base = credentials.type === 'ambient' ? { ...env } : Object.fromEntries([...plainEnv, ...proxyEnv].map(name => [name, env[name]]))
  if (proxy === undefined) return base
  return { ...base, ...Object.fromEntries(proxyEnv.map(name => [name, name.toLowerCase() === 'no_proxy' ? '' : proxy])) }
}

async function flagsOf(
  { access, origins, env, home }: Oras,
  { at, side }: Side,
  { folder, prefix, signal }: { folder: string; prefix: string; signal: AbortSignal },
): Promise<string[]> {
  const dash = side === undefined ? '--' : `--${side}-`
  const file = async (name: string, content: string): Promise<string> => {
    const path = join(folder, prefix + name)
    await writeFile(path, content, { mode: 0o600 })
    return path
  }
  const { credentials, tls, insecure } = access
  const origin = await origins.of(at.registry, signal)
  const flags = origin.protocol === 'http:' ? [`${dash}plain-http`] : insecure && !tls?.ca ? [`${dash}insecure`] : []
  for (const [flag, name, content] of [
    ['ca-file', 'ca.crt', tls?.ca],
    ['cert-file', 'tls.crt', tls?.cert],
    ['key-file', 'tls.key', tls?.key],
  ] as const)
    if (content !== undefined) flags.push(`${dash}${flag}`, await file(name, content))
  if (credentials.type === 'ambient') return [...flags, ...(await ambientFlags(dash, { env, home }))]
  const signIn = credentials.type === 'dockerConfigs' ? pullSecretSignIn(credentials.documents, at.registry, at.repository) : credentials
  return [...flags, `${dash}registry-config`, await file('config.json', JSON.stringify({ auths: { [at.registry]: entryOf(signIn) } }))]
}

/** The CLI reads docker's config by itself, podman's only when told to. */
async function ambientFlags(dash: string, { env, home }: Pick<Oras, 'env' | 'home'>): Promise<string[]> {
  for (const [i, path] of configFiles(env, home).entries())
    if (await stat(path).catch(() => undefined)) return i === 0 ? [] : [`${dash}registry-config`, path]
  return []
}

function entryOf(signIn: SignIn): object {
  switch (signIn.type) {
    case 'anonymous':
      return {}
    case 'basic':
      return { auth: Buffer.from(`${signIn.username}:${signIn.password}`).toString('base64') }
    case 'identityToken':
      return { identitytoken: signIn.identityToken }
    case 'bearer':
      return { registrytoken: signIn.token }
  }
}
