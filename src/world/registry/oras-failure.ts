import { codeOf, RegistryError, type RegistryErrorCode } from './error.ts'

/** The codes of the distribution spec as the CLI prints them: in lower case, without underscores. */
const said: Readonly<Record<string, RegistryErrorCode>> = {
  'manifest unknown': 'NOT_FOUND',
  'name unknown': 'NOT_FOUND',
  'blob unknown': 'NOT_FOUND',
  unauthorized: 'DENIED',
  denied: 'DENIED',
  toomanyrequests: 'RATE_LIMITED',
  unavailable: 'UNAVAILABLE',
  'blob upload invalid': 'REFUSED',
  'blob upload unknown': 'REFUSED',
  'digest invalid': 'REFUSED',
  'manifest blob unknown': 'REFUSED',
  'manifest invalid': 'REFUSED',
  'name invalid': 'REFUSED',
  'size invalid': 'REFUSED',
  unsupported: 'REFUSED',
}

/** Failures that the CLI meets itself, by the end of what Go's libraries say. */
const met: readonly [ending: RegExp, code: RegistryErrorCode][] = [
  [/: not found$/, 'NOT_FOUND'],
  [/basic credential not found$/, 'DENIED'],
  [/mismatched digest$|content digest mismatch/, 'DIGEST_MISMATCH'],
  [/(tls|x509): [^:]*(: .*)?$/, 'TLS'],
  [/(i\/o timeout|context deadline exceeded|Client\.Timeout exceeded.*)$/, 'TIMEOUT'],
  [
    /(connection (refused|reset by peer)|no such host|no route to host|EOF|HTTP response to HTTPS client|connection broken: .*)$/,
    'UNREACHABLE',
  ],
]

/** What went wrong, by the error line of the CLI: a status, else a code of the registry, else an error of the network. */
export function orasFailure(output: string, ref: string): RegistryError {
  const lines = output.trim().split('\n')
  const line = lines.find(l => l.startsWith('Error')) ?? lines[0] ?? ''
  const words = line.replace(/^Error(?: response from registry| from (?:source|destination) registry for "[^"]*")?: /, '').trim()
  const status = /response status code (\d{3})\b/.exec(words)?.[1]
  const [first = ''] = words.split(':')
  const code = (status && codeOf(Number(status))) || said[first] || met.find(([ending]) => ending.test(words))?.[1] || 'ORAS_FAILED'
  return new RegistryError(code, {
    ref,
    ...(status ? { status: Number(status) } : {}),
    message: `oras: ${words || `the command failed for '${ref}'`}`,
  })
}
