import type { Settings } from '../engine/settings.ts'
import { UsageError } from './usage.ts'

/** Flux's feature gates, as far as they change what we do. */
const gates = {
  ObjectLevelWorkloadIdentity: 'objectLevelWorkloadIdentity',
  CancelHealthCheckOnNewRevision: 'cancelHealthCheckOnNewRevision',
  StrictPostBuildSubstitutions: 'strictSubstitution',
} as const satisfies Readonly<Record<string, keyof Settings>>
type Gate = keyof typeof gates

/** The settings that `--feature-gates Name=true,Other=false` chooses. @throws {UsageError} for another gate, or no truth value. */
export function gatedSettings(text: string | undefined): Partial<Settings> {
  const pairs = (text ?? '').split(',').filter(Boolean)
  return Object.fromEntries(
    pairs.map(pair => {
      const [name = '', value = ''] = pair.split('=').map(part => part.trim())
      if (!isGate(name)) throw new UsageError(`feature-gate '${name}' not supported: there are ${Object.keys(gates).join(', ')}`)
      if (value !== 'true' && value !== 'false') throw new UsageError(`--feature-gates ${name} is true or false`)
      return [gates[name], value === 'true']
    }),
  )
}

function isGate(name: string): name is Gate {
  return Object.hasOwn(gates, name)
}
