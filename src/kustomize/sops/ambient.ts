import type { AmbientKeys } from '../../kinds/master-key.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { type AgeIdentity, ageIdentities } from './age.ts'
import { sshIdentity } from './age-ssh.ts'

/** The age identities that this process has, and why others cannot be used. Spec: kustomization 6.1. */
export async function ambientIdentities({
  age,
  ssh,
  problems,
}: AmbientKeys): Promise<{ readonly identities: readonly AgeIdentity[]; readonly problems: readonly string[] }> {
  const wrong = [...problems]
  const identities: AgeIdentity[] = []
  const take = async (from: string, read: () => AgeIdentity[] | Promise<AgeIdentity[]>): Promise<void> => {
    try {
      identities.push(...(await read()))
    } catch (thrown) {
      wrong.push(`failed to parse '${from}' age identities: ${messageOf(thrown)}`)
    }
  }
  for (const { from, text } of ssh) await take(from, () => [sshIdentity(text)])
  for (const { from, text } of age) await take(from, () => ageIdentities(text, { manyALine: from === 'SOPS_AGE_KEY' }))
  return { identities, problems: wrong }
}
