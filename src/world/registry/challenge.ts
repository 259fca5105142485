/** One authentication challenge: `scheme` in lower case, parameter names in lower case. */
export interface Challenge {
  readonly scheme: string
  readonly parameters: Readonly<Record<string, string>>
}

/** Reads WWW-Authenticate: several challenges, quoted strings with escapes, commas inside quotes. Spec: RFC 9110 11.6.1. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = []
  const token = /\s*,?\s*([A-Za-z0-9!#$%&'*+.^_`|~-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/gy
  for (let match = token.exec(header); match; match = token.exec(header)) {
    const [, name = '', quoted, plain] = match
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? plain
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: {} })
    else {
      const current = challenges.at(-1)
      if (current) current.parameters[name.toLowerCase()] = value
    }
  }
  return challenges
}

/** The challenge to answer: bearer before basic. `undefined` when there is neither. */
export function chosen(header: string | undefined): Challenge | undefined {
  const all = parseChallenges(header ?? '')
  return all.find(c => c.scheme === 'bearer') ?? all.find(c => c.scheme === 'basic')
}
