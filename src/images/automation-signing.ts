import { messageOf } from '../lib/coded-error.ts'

/** What signs commits: a function over their bytes, or an SSH key that another program signs with. */
export type Signer =
  | { readonly type: 'openpgp'; sign(payload: Uint8Array): Promise<string> }
  | { readonly type: 'ssh'; readonly identity: string; readonly passphrase?: string | undefined }

interface Key {
  readonly name: string
  readonly data: Readonly<Record<string, string>>
  /** Milliseconds since the epoch. */
  now(): number
}

/** The signer that a Secret holds. Throws Flux's texts. Spec: images A.3.4, "Signing". */
export async function signerOf(type: 'gpg' | 'ssh' | undefined, key: Key): Promise<Signer> {
  return type === 'ssh' ? sshSigner(key) : openPgpSigner(key)
}

function missing(name: string, wanted: string): Error {
  return new Error(`signing key secret '${name}' does not contain ${wanted} key`)
}

function locked(name: string, field: string): Error {
  return new Error(`can not use passphrase protected signing key without '${field}' field present in secret ${name}`)
}

async function openPgpSigner({ name, data, now }: Key): Promise<Signer> {
  const armored = data['git.asc']
  if (armored === undefined) throw missing(name, "a 'git.asc'")
  const library = await import('openpgp')
  const failed = (cause: unknown): Error => new Error(`could not read signing key from secret '${name}': ${messageOf(cause)}`, { cause })
  const keys = await library.readPrivateKeys({ armoredKeys: armored }).catch((cause: unknown) => {
    throw failed(cause)
  })
  const [key, ...more] = keys
  if (!key) throw failed(new Error('openpgp: invalid argument: no armored data found'))
  if (more.length > 0) throw new Error(`multiple entities read from secret '${name}', could not determine which signing key to use`)
  const signingKey = key.isDecrypted()
    ? key
    : await unlocked(() => library.decryptKey({ privateKey: key, passphrase: data.passphrase ?? '' }), { name, data })
  return {
    type: 'openpgp',
    async sign(payload) {
      const message = await library.createMessage({ binary: payload })
      return library.sign({ message, signingKeys: signingKey, detached: true, format: 'armored', date: new Date(now()) })
    },
  }
}

async function unlocked<T>(unlock: () => Promise<T>, { name, data }: Pick<Key, 'name' | 'data'>): Promise<T> {
  if (data.passphrase === undefined) throw locked(name, 'passphrase')
  try {
    return await unlock()
  } catch (cause) {
    throw new Error(`could not decrypt private key of the signing key present in secret ${name}: the passphrase is not its own`, { cause })
  }
}

function sshSigner({ name, data }: Key): Signer {
  const { identity, password } = data
  if (identity === undefined) throw missing(name, "an 'identity'")
  const state = sshKeyState(identity)
  if (state === 'none') throw new Error(`could not parse SSH signing key from secret '${name}': ssh: no key found`)
  if (state === 'locked' && !password) throw locked(name, 'password')
  return { type: 'ssh', identity, ...(password ? { passphrase: password } : {}) }
}

const magic = 'openssh-key-v1\0'

/** Whether a text is a private key, and one that needs a passphrase. */
function sshKeyState(identity: string): 'open' | 'locked' | 'none' {
  const [, label = '', body = ''] = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----([^-]+|[\s\S]*?)-----END \1-----/.exec(identity) ?? []
  if (label === '') return 'none'
  if (label !== 'OPENSSH PRIVATE KEY') return /ENCRYPTED/.test(label + body) ? 'locked' : 'open'
  const bytes = Buffer.from(body, 'base64')
  const start = magic.length + 4
  if (bytes.length < start || bytes.toString('latin1', 0, magic.length) !== magic) return 'none'
  const cipher = bytes.toString('latin1', start, start + bytes.readUInt32BE(magic.length))
  return cipher === 'none' ? 'open' : 'locked'
}
