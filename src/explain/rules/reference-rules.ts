import { objectAt } from '../../lib/json.ts'
import { below, fieldEvidence, type Finding, type Found, isYoung, type Rule, textAt } from '../facts.ts'
import { referencesOf } from '../references.ts'
import { setups } from '../wordings/setups.ts'
import { heard } from '../wordings/wording.ts'

/** A key that a pod cannot start without, and that the Secret or ConfigMap does not have. */
export const absentKeyRule: Rule = (pod, facts) => {
  if (pod.ref.kind !== 'Pod' || textAt(pod, 'status', 'phase') !== 'Pending') return []
  const held = [...below(pod, facts, 'secret'), ...below(pod, facts, 'config')]
  return referencesOf(pod.object)
    .flatMap(({ kind, name, key, at }) => {
      const found = held.find(f => f.ref.kind === kind && f.ref.name === name)
      return found?.object && key !== undefined && !keysOf(found).includes(key) ? [keyAbsent(pod, found, { key, at })] : []
    })
    .slice(0, 1)
}

function keysOf({ object }: Found): string[] {
  return [...Object.keys(objectAt(object, 'data')), ...Object.keys(objectAt(object, 'binaryData'))]
}

const nameLike = /^[\w.-]{1,100}$/

function keyAbsent(pod: Found, found: Found, { key, at }: { key: string; at: string }): Finding {
  const { kind, name } = found.ref
  const said = nameLike.test(key) ? key : 'that is needed'
  return {
    name: `${kind}KeyMissing`,
    what: `the pod cannot start: ${kind} ${name} has no key ${said}`,
    fix: `add key ${said} to ${kind} ${name}, or correct the key in the pod template`,
    subject: found.ref,
    evidence: [fieldEvidence(pod, at, `key: ${key}`), fieldEvidence(found, 'data', keysOf(found).slice(0, 8).join(', ') || '(no keys)')],
    strength: 0.9,
  }
}

const detachMs = 60_000

/** Whether the volume of a pod may still be on its way from the node of the pod before. */
export function isDetaching(pod: Found, now: number): boolean {
  return isYoung(pod, now, detachMs)
}

/** A volume that does not get to the node of its pod: the attachment says why, or there is one to another node. */
export const attachmentRule: Rule = (found, facts) => {
  const claim = found.parent
  const node = claim?.parent && textAt(claim.parent, 'spec', 'nodeName')
  if (found.ref.kind !== 'VolumeAttachment' || !found.object || !claim || node === undefined) return []
  const there = textAt(found, 'spec', 'nodeName')
  if (there !== node) {
    const mayGo = claim.parent !== undefined && isDetaching(claim.parent, facts.now)
    return mayGo || isShared(claim) || found.object.status?.attached !== true ? [] : [heldBy(found, there ?? '')]
  }
  const message = textAt(found, 'status', 'attachError', 'message')
  if (message === undefined || found.object.status?.attached === true) return []
  const words = heard(setups, message, undefined)
  return [
    {
      name: words?.name ?? 'VolumeAttachFailed',
      what: words?.what ?? 'the volume of the pod cannot be attached to its node',
      fix: words?.fix ?? 'correct what the message names at the provider (node, volume, rights of the storage driver)',
      evidence: [{ ...fieldEvidence(found, 'status.attachError.message', message), focus: words?.focus }],
      strength: 0.9,
    },
  ]
}

/** Whether several nodes may have the volume of a claim at a time. */
function isShared({ object }: Found): boolean {
  const modes = object?.spec?.accessModes
  return Array.isArray(modes) && modes.some(mode => String(mode).endsWith('Many'))
}

function heldBy(found: Found, node: string): Finding {
  return {
    name: 'VolumeInUse',
    what: 'the volume is still attached to another node',
    fix: 'stop the pod that uses it there (strategy Recreate for ReadWriteOnce volumes), or wait until it is detached',
    evidence: [fieldEvidence(found, 'spec.nodeName', `${node}, status.attached: true`)],
    strength: 0.8,
  }
}
