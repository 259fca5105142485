import type * as z from 'zod'
import { isObject, type JsonObject } from '../lib/json.ts'

/** A rule of an API type: as CEL for the API server, and as what it means for everybody else. */
export interface Rule {
  readonly rule: string
  readonly message: string
  /** `self` has its defaults. */
  holds(self: JsonObject): boolean
}

/** A schema with rules: the CRD has them as CEL, and parsing judges by them. */
export function ruled<T extends z.ZodObject>(schema: T, rules: readonly Rule[]): T {
  return schema
    .superRefine((self, context) => {
      for (const { message } of brokenIn(rules, self)) context.addIssue({ code: 'custom', message })
    })
    .meta({ 'x-kubernetes-validations': rules.map(({ rule, message }) => ({ rule, message })) })
}

/** The rules that a value breaks; what is no object breaks none. */
export function brokenIn(rules: readonly Rule[], self: unknown): readonly Rule[] {
  return isObject(self) ? rules.filter(({ holds }) => !holds(self)) : []
}
