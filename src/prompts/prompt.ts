import * as z from 'zod'
import type { Complete } from '../tools/objects/completions.ts'
import type { Asked, Call, RawResult } from '../tools/tool.ts'

/** A prompt as the registry holds it: it names tools and an order, and carries no data of the cluster. */
export interface Prompt {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly args: z.ZodObject
  readonly complete?: Readonly<Record<string, Complete>> | undefined
  /** A result that no product prompt makes: only the fixtures of the conformance suite do. */
  raw?(args: Readonly<Record<string, string>>, call: Call): Asked | RawResult
  body(args: Readonly<Record<string, string>>): string
}

/** Keeps the shape while checking it. */
export function prompt(definition: Prompt): Prompt {
  return definition
}

/** An argument as text in a prompt: names only, nothing that could be read as an order. */
export function named(value: string | undefined): string {
  return (value ?? '').replaceAll(/[^A-Za-z0-9._/:-]/g, '').slice(0, 253)
}
