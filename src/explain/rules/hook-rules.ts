import { conditionOf } from '../../kinds/manifest.ts'
import { fieldEvidence, reachedFrom, type Rule } from '../facts.ts'
import { statementsOf } from '../statements.ts'
import { containersOf } from './container-rules.ts'
import { isHook, logEvidence } from './endings.ts'

const failedHook = /failed (?:pre|post)-(?:install|upgrade|rollback|delete)|hooks? failed/

/** A hook of a release that Helm gave up to wait for, though its pod still runs: its log says what it waits for. */
export const hookRule: Rule = (job, facts) => {
  const [statement] = job.parent?.ref.kind === 'HelmRelease' ? statementsOf(job.parent) : []
  if (job.ref.kind !== 'Job' || !isHook(job) || !statement || !failedHook.test(statement.message)) return []
  if (['Complete', 'Failed', 'FailureTarget'].some(type => conditionOf(job.object, type)?.status === 'True')) return []
  const pods = reachedFrom(job, facts).filter(f => f.ref.kind === 'Pod')
  const hook = job.object?.metadata.annotations?.['helm.sh/hook'] ?? ''
  return [
    {
      name: 'HookFailed',
      what: `Job ${job.ref.name}, a hook of the chart, had not ended when the time of the release was over`,
      fix: `make what the Job waits for ready (its log says what), or raise spec.timeout of the HelmRelease when it is only slow`,
      evidence: [
        statement.evidence,
        ...pods.flatMap(pod => containersOf(pod).flatMap(({ name }) => logEvidence(pod, name))).slice(0, 1),
        fieldEvidence(job, 'metadata.annotations[helm.sh/hook]', hook),
      ],
      strength: 1,
    },
  ]
}
