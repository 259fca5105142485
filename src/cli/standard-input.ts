import type { JsonObject } from '../lib/json.ts'
import { UsageError } from './usage.ts'

/** The word for standard input where a path is asked for. */
export const dash = '-'
const mostBytes = 64 * 1024 * 1024
/** One name always, so that the same input has the same digest. */
const fileName = 'stdin.yaml'

/** Standard input as the one file of an artifact, without the line ends at its end. Spec: sources 10.3. @throws {UsageError} */
export async function fileFromInput(
  input: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<{ path: string; content: string; encoding: 'base64' }> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of input) {
    signal.throwIfAborted()
    size += part.length
    if (size > mostBytes) throw new UsageError(`--path -: standard input has more than ${mostBytes} bytes`)
    parts.push(part)
  }
  const bytes = Buffer.concat(parts)
  let end = bytes.length
  while (end > 0 && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d)) end--
  if (end === 0) throw new UsageError('--path -: standard input is empty')
  return { path: fileName, content: bytes.subarray(0, end).toString('base64'), encoding: 'base64' }
}

/** Arguments whose path is `-` have the file of standard input instead. */
export async function withInput(
  { options, given }: { options: JsonObject; given: JsonObject },
  { input, signal }: { input(): AsyncIterable<Uint8Array>; signal: AbortSignal },
): Promise<{ options: JsonObject; given: JsonObject }> {
  if ((given.path ?? options.path) !== dash) return { options, given }
  const without = (args: JsonObject): JsonObject => Object.fromEntries(Object.entries(args).filter(([name]) => name !== 'path'))
  return { options: without(options), given: { ...without(given), files: [{ ...(await fileFromInput(input(), signal)) }] } }
}
