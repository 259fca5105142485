import type { Rule } from '../facts.ts'
import { budgetRule, drainRule } from './budget-rules.ts'
import { containerRule } from './container-rules.ts'
import { controllerRule } from './controller-rules.ts'
import { finalizerRule, namespaceRule, stuckPodRule } from './deletion-rules.ts'
import { echoRule, healthTimeoutRule, loopRule, statementRule, suspendedRule } from './flux-rules.ts'
import { healthExpressionRule, healthTargetRule, makerRule, unhandledMakerRule } from './health-rules.ts'
import { hookRule } from './hook-rules.ts'
import { missingRule } from './missing-rules.ts'
import { notifyRule } from './notify-rule.ts'
import { ownWordsRule } from './own-words-rule.ts'
import { endedPodRule, nodeRule, schedulingRule, setupRule, silentPodRule } from './pod-rules.ts'
import { probeRule } from './probe-rules.ts'
import { absentKeyRule, attachmentRule } from './reference-rules.ts'
import { apiServiceRule, backendPortRule, balancerRule, ingressRule, serviceRule } from './service-rules.ts'
import { claimRule, provisionerRule, resizeRule, silentClaimRule, unusedClaimRule } from './storage-rules.ts'
import { forbiddenRule, silentWorkloadRule } from './template-rules.ts'
import {
  creationRule,
  cronRule,
  heldRule,
  jobRule,
  pausedRule,
  scalerRule,
  stuckRolloutRule,
  unhandledWorkloadRule,
  warningRule,
} from './workload-rules.ts'

/** All rules that prove a cause. */
export const rules: readonly Rule[] = [
  statementRule,
  suspendedRule,
  loopRule,
  controllerRule,
  notifyRule,
  missingRule,
  healthExpressionRule,
  healthTargetRule,
  makerRule,
  unhandledMakerRule,
  finalizerRule,
  namespaceRule,
  containerRule,
  schedulingRule,
  setupRule,
  probeRule,
  endedPodRule,
  nodeRule,
  stuckPodRule,
  budgetRule,
  drainRule,
  creationRule,
  forbiddenRule,
  absentKeyRule,
  attachmentRule,
  jobRule,
  hookRule,
  cronRule,
  heldRule,
  pausedRule,
  scalerRule,
  claimRule,
  provisionerRule,
  resizeRule,
  serviceRule,
  backendPortRule,
  balancerRule,
  ingressRule,
  apiServiceRule,
  unhandledWorkloadRule,
]

/** Rules that tell what is left, asked in this order only where no cause was found at or below an object. */
export const lastResorts: readonly Rule[] = [
  silentPodRule,
  silentClaimRule,
  unusedClaimRule,
  silentWorkloadRule,
  healthTimeoutRule,
  stuckRolloutRule,
  warningRule,
  echoRule,
  ownWordsRule,
]
