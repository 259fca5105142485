import { readFileSync } from 'node:fs'
import { UsageError } from './usage.ts'
import type { Settings } from '../engine/settings.ts'
import { isObject, jsonIn } from '../lib/json.ts'
import { messageOf } from '../lib/coded-error.ts'

/** The setting of `--sigstore-trusted-root`; empty without the flag. @throws {UsageError} for a file that cannot be read, or that is no JSON object. */
export function trustedRootOf(file: string | undefined): Pick<Settings, 'sigstoreTrustedRoot'> {
  if (file === undefined) return {}
  const text = read(file)
  if (!isObject(jsonIn(text))) throw new UsageError(`--sigstore-trusted-root '${file}' is no JSON object: give a trusted_root.json`)
  return { sigstoreTrustedRoot: text }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new UsageError(`--sigstore-trusted-root '${file}' cannot be read: ${messageOf(cause)}`, { cause })
  }
}
