import { bucketRules } from './bucket.ts'
import { imagePolicyRules } from './image-policy.ts'
import { kubeConfigRules } from './kustomization.ts'
import type { Rule } from './rule.ts'

const rules = new Map([...bucketRules, ...imagePolicyRules, ...kubeConfigRules].map(rule => [rule.rule, rule]))

/** The rule of a kind of ours that a CEL expression is; `undefined` for any other expression. */
export function ruleOf(cel: string): Rule | undefined {
  return rules.get(cel)
}
