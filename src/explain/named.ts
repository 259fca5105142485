/** An object as messages name it: `Kind/namespace/name`, or `Kind/name`. */
export interface Named {
  readonly text: string
  readonly kind: string
  readonly namespace: string | undefined
  readonly name: string
}

const printed = /(?<![\w./-])([A-Z][A-Za-z0-9]*)\/((?:[a-z0-9][a-z0-9.-]*\/)?[a-z0-9][a-z0-9.:-]*)/g

/** The objects that a message names in Flux's way, each once. */
export function namedIn(message: string, most: number): Named[] {
  const found = new Map<string, Named>()
  for (const [text, kind = '', rest = ''] of message.matchAll(printed)) {
    const [first = '', second] = rest.split('/', 2)
    found.set(text, { text, kind, namespace: second === undefined ? undefined : first, name: second ?? first })
  }
  return [...found.values()].slice(0, most)
}

/** Whether a message speaks of an object: as `Kind/ns/name`, `'ns/name'` or by a quoted name. */
export function speaksOf(
  message: string,
  { kind, namespace, name }: { kind: string; namespace?: string | undefined; name: string },
): boolean {
  return [`${kind}/${namespace ?? ''}/${name}`, `${kind}/${name}`, `'${namespace ?? ''}/${name}'`, `'${name}'`, `"${name}"`].some(form =>
    message.includes(form),
  )
}
