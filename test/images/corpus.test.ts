import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isScalar, parseAllDocuments, visit } from 'yaml'
import { settersOf } from '../../src/images/setters.ts'
import { withSetters } from '../../src/images/setters-file.ts'
import { isObject, type Json } from '../../src/lib/json.ts'
import { parseAll, YamlError } from '../../src/lib/yaml.ts'
import { dataFolder, treeOf, withData } from '../support/data.ts'
import { seeded } from '../support/random.ts'
import { digest, marker } from './policies.ts'

const image = { name: 'ghcr.io/corpus/app', tag: '1.0', digest }
const setters = settersOf([{ namespace: 'ns', name: 'p', image }])
const values: Readonly<Record<string, string>> = {
  'ns:p': `ghcr.io/corpus/app:1.0@${digest}`,
  'ns:p:name': image.name,
  'ns:p:tag': '1.0',
  'ns:p:digest': digest,
}
const names = Object.keys(values)

/** A text before and after, as pieces: a pair is a scalar that is marked. */
type Pieces = readonly (string | readonly [before: string, after: string])[]

function made(seed: number): Pieces {
  const next = seeded(seed)
  for (let i = 0; i < 9; i++) next()
  const pick = <T>(list: readonly [T, ...T[]]): T => list[Math.floor(next() * list.length)] ?? list[0]
  const eol = pick(['\n', '\n', '\r\n'])
  const gap = (): string => pick([' ', '  ', '\t', ' \t '])
  const indent = pick([1, 2, 3, 4, 7])
  const compact = pick([true, false])
  const scalar = (setter: string): readonly [string, string] => {
    const value = values[setter] ?? ''
    const style = pick(['plain', 'single', 'double', 'number'])
    if (style === 'single') return [`'it''s old'`, `'${value}'`]
    if (style === 'double') return [String.raw`"old \u00e9 # no comment"`, `"${value}"`]
    return [
      style === 'number' ? pick(['6.0', '0x1f', '1e3', '2024-01-01', 'yes', '~']) : 'old:v1#x',
      setter === 'ns:p:tag' ? `"${value}"` : value,
    ]
  }
  const marked = (): Pieces => {
    const setter = pick(names as [string, ...string[]])
    return [pick(['', '', '&anchor ', '!!str ']), scalar(setter), gap(), pick(['', '#', '##']) + marker(setter), pick(['', ' ', '\t']), eol]
  }
  const noise = (pad: string): string =>
    pick([
      '',
      eol,
      `${eol}${eol}`,
      `${pad}# a comment:   with {braces} and "quotes"${eol}`,
      `${pad}k${Math.floor(next() * 1e9)}:   'odd   spaces'   # why${eol}`,
      `${pad}b${Math.floor(next() * 1e9)}: |+${eol}${pad}  line # ${marker('ns:p')}${eol}${eol}${pad}   deeper${eol}${eol}`,
      `${pad}f${Math.floor(next() * 1e9)}: >-${eol}${pad}  ${'a long line that is folded nowhere '.repeat(6)}${eol}`,
      `${pad}j${Math.floor(next() * 1e9)}: {"a":[1,2 , 3],b: "x"}   ${eol}`,
      `${pad}u${Math.floor(next() * 1e9)}: "ünïcode ☃ \u{1f680}"${eol}`,
    ])
  const document = (number: number): Pieces => {
    const pad = ' '.repeat(indent)
    const item = compact ? '' : pad
    return [
      pick(['', `# head${eol}${eol}`]),
      `apiVersion:  v1${eol}`,
      `kind:   Thing   # of document ${number}${eol}`,
      noise(''),
      `spec:${eol}`,
      noise(pad),
      `${pad}first:${gap()}`,
      ...marked(),
      noise(pad),
      `${pad}nested:${eol}${pad}${pad}"second" :${gap()}`,
      ...marked(),
      `list:${pick(['', '   # of items'])}${eol}`,
      `${item}-${gap().replaceAll('\t', ' ')}x:${gap()}`,
      ...marked(),
      `${item}- plain${eol}`,
      `${item}${marker('ns:p:name')}${eol}${item}- `,
      ['old', image.name] as const,
      eol,
      noise(''),
      `flow: [ a , `,
      scalar('ns:p:name'),
      `, ${marker('ns:p:name')}${eol}${pad}  b ]${eol}`,
      noise(''),
    ]
  }
  const count = pick([1, 1, 2, 3])
  const documents = Array.from({ length: count }, (_, i) => [...(i > 0 ? [`---${pick(['', ' ', ' # next'])}${eol}`] : []), ...document(i)])
  return [pick(['', '', `---${eol}`, '\ufeff']), ...documents.flat(), pick(['', eol, `# end`])]
}

const whole = (pieces: Pieces, at: 0 | 1): string => pieces.map(piece => (typeof piece === 'string' ? piece : piece[at])).join('')

/** Where two values differ, with what the second has there. */
function differences(a: Json | undefined, b: Json | undefined): Json[] {
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) return a.flatMap((item, i) => differences(item, b[i]))
  if (isObject(a) && isObject(b) && Object.keys(a).join('\0') === Object.keys(b).join('\0'))
    return Object.keys(a).flatMap(key => differences(a[key], b[key]))
  return JSON.stringify(a) === JSON.stringify(b) ? [] : [b ?? null]
}

function check(before: string, expected: string): number {
  const result = withSetters(new TextEncoder().encode(before), setters)
  assert.ok(result, 'something changes')
  assert.deepEqual(Buffer.from(result.content), Buffer.from(expected), 'outside the marked scalars no byte differs')
  const [old, now] = [parseAll(before), parseAll(expected)]
  assert.equal(old.length, now.length)
  const known = new Set(Object.values(values))
  const changed = differences(old, now)
  assert.deepEqual(
    changed.filter(value => typeof value !== 'string' || !known.has(value)),
    [],
    'only marked values differ',
  )
  return result.changes.length
}

const count = 320

test(`${count} files of odd layout: only marked scalars change, and no byte beside them`, () => {
  let changes = 0
  for (let seed = 1; seed <= count; seed++) {
    const pieces = made(seed * 7919)
    changes += check(whole(pieces, 0), whole(pieces, 1))
  }
  assert.ok(changes > count * 4, String(changes))
})

/** Scalars of a real file that can be marked: those that end their line. */
function placesIn(text: string): { from: number; to: number; value: string }[] {
  const places: { from: number; to: number; value: string }[] = []
  for (const document of parseAllDocuments(text, { keepSourceTokens: true, uniqueKeys: false }))
    visit(document, {
      Scalar(key, node) {
        const token = node.srcToken
        if (key === 'key' || !isScalar(node) || !token || !('source' in token) || token.type === 'block-scalar' || token.source === '')
          return
        const to = token.offset + token.source.length
        if (!token.source.includes('\n') && /^\r?\n/.test(text.slice(to)))
          places.push({ from: token.offset, to, value: String(node.value) })
      },
    })
  return places
}

function holdsObjects(text: string): boolean {
  try {
    return parseAll(text).every(value => isObject(value))
  } catch (thrown) {
    if (thrown instanceof YamlError) return false
    throw thrown
  }
}

withData({ name: 'setters in real files', tests: 1 }, () => {
  test('in real files every value that ends its line can be marked, and nothing else changes', () => {
    const files = Object.keys(treeOf(dataFolder)).filter(path => /\.ya?ml$/.test(path))
    let marked = 0
    for (const path of files) {
      const text = readFileSync(join(dataFolder, path), 'utf8')
      const places = placesIn(text)
        .filter((_, i) => i % 5 === 0)
        .slice(0, 200)
      if (places.length === 0 || !holdsObjects(text) || /^kind: List$/m.test(text)) continue
      let [before, after, at] = ['', '', 0]
      for (const { from, to } of places) {
        const quote = /^['"]/.exec(text.slice(from))?.[0] ?? ''
        const comment = ` ${marker('ns:p:name')}`
        before += text.slice(at, to) + comment
        after += `${text.slice(at, from)}${quote}${image.name}${quote}${comment}`
        at = to
      }
      marked += check(before + text.slice(at), after + text.slice(at))
    }
    assert.ok(marked > 500, String(marked))
  })
})
