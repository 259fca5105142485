import { malformed } from './error.ts'
import { Branch, type Entry, List, type Node } from './tree.ts'

/** A place in a tree while it is put together. */
class Place {
  value: Node | undefined
  readonly keys = new Map<string, Place>()
  readonly indexes = new Map<number, Place>()

  step(token: string | number): Place {
    const next = (typeof token === 'number' ? this.indexes.get(token) : this.keys.get(token)) ?? new Place()
    if (typeof token === 'number') this.indexes.set(token, next)
    else this.keys.set(token, next)
    return next
  }

  node(): Node {
    if (this.value !== undefined) {
      if (this.keys.size + this.indexes.size > 0) throw wrong('Type mismatch')
      return this.value
    }
    if (this.keys.size > 0 && this.indexes.size > 0) throw wrong('Type mismatch')
    if (this.indexes.size === 0) return new Branch([...this.keys].map(([key, place]) => ({ key, value: place.node() })))
    return new List(
      Array.from({ length: this.indexes.size }, (_, i) => {
        const item = this.indexes.get(i)
        if (!item) throw wrong('Incomplete list')
        return item.node()
      }),
    )
  }
}

function wrong(why: string): Error {
  return malformed(`Error while unflattening: ${why}`)
}

const mostSteps = 8

/** A tree whose keys were paths: `a__list_0__map_b`. @throws {SopsError} MALFORMED. Spec: kustomization 6.5. */
export function unflattened(entries: readonly Entry[]): Branch {
  const root = new Place()
  for (const { key, value } of entries) {
    const tokens = tokensOf(key)
    if (tokens.length > mostSteps) throw wrong('a key has too many steps')
    const place = tokens.reduce((at: Place, token) => at.step(token), root)
    if (place.value !== undefined) throw wrong('Duplicate value')
    place.value = value
  }
  return root.node() as Branch
}

function tokensOf(key: string): (string | number)[] {
  const [first = '', ...rest] = key.split(/(?=__map_|__list_)/)
  return [...(/^__(?:map|list)_/.test(first) ? ['', tokenOf(first)] : [first]), ...rest.map(tokenOf)]
}

function tokenOf(part: string): string | number {
  return part.startsWith('__map_') ? part.slice(6) : Number.parseInt(part.slice(7), 10) || 0
}
