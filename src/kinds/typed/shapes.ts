import shapes from './shapes.json' with { type: 'json' }

/** What a Go struct's schema does not say of it. Made from Kubernetes' own types by scripts/kernel/shapes.ts. */
export interface Shape {
  /** Fields left out when they are zero. */
  readonly dropped?: readonly string[]
  /** Fields written also when they are zero or absent. */
  readonly always?: readonly string[]
  /** Go's names of named scalar types. */
  readonly types?: Readonly<Record<string, string>>
  /** Fields by their number in protobuf; `+` before a definition for a struct that is inlined in JSON. */
  readonly proto?: Readonly<Record<string, string>>
}

/** The shape of a definition; empty when there is nothing to say. */
export function shapeOf(definition: string): Shape {
  return (shapes as Readonly<Record<string, Shape>>)[definition] ?? {}
}
