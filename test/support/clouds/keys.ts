/** What a played key service made of a data key: it can be read, so that the service can tell whether it is asked for the right one. */
export interface Sealed {
  /** Of the key. */
  readonly name: string
  readonly context?: Readonly<Record<string, string>>
  /** Standard base64. */
  readonly plaintext: string
}

export function sealedBy({ name, context }: Pick<Sealed, 'name' | 'context'>, dataKey: Uint8Array): Buffer {
  return Buffer.from(JSON.stringify({ name, context, plaintext: Buffer.from(dataKey).toString('base64') }))
}

export function unsealed(bytes: Buffer): Sealed | undefined {
  try {
    return JSON.parse(bytes.toString('utf8')) as Sealed
  } catch {
    return undefined
  }
}
