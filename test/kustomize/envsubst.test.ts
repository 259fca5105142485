import assert from 'node:assert/strict'
import { fc } from '../support/laws.ts'
import { test } from 'node:test'
import { substring } from '../../src/kustomize/envsubst-functions.ts'
import { Budget, envsubst, SubstitutionError } from '../../src/kustomize/envsubst.ts'
import { type BehaviourId, verifies } from '../conformance/verifies.ts'

type Vars = Readonly<Record<string, string>>
const lax = (text: string, vars: Vars = {}): string => envsubst(text, new Map(Object.entries(vars)), { strict: false })
const strict = (text: string, vars: Vars = {}): string => envsubst(text, new Map(Object.entries(vars)), { strict: true })

const mixed = { var01: 'abcdEFGH28ij' }
const path = { path_name: '/home/bozo/ideas/thoughts.for.today' }
const z = { stringZ: 'abcABC123ABCabc' }
const bash = { filename: 'bash.string.txt' }
const file = { filename: '/path/to/file' }
const hello = { v: 'Hello World' }
const dots = { f: 'a.b.c' }

const table: [BehaviourId, input: string, vars: Vars, expected: string][] = [
  ['kustomization/E1', 'abcdEFGH28ij', {}, 'abcdEFGH28ij'],
  ['kustomization/E2', '${#var01}', mixed, '12'],
  ['kustomization/E3', '${var01^}', mixed, 'AbcdEFGH28ij'],
  ['kustomization/E4', '${var01^^}', mixed, 'ABCDEFGH28IJ'],
  ['kustomization/E5.1', '${var01,}', { var01: 'ABCDEFGH28IJ' }, 'aBCDEFGH28IJ'],
  ['kustomization/E5.2', '${var01,,}', { var01: 'ABCDEFGH28IJ' }, 'abcdefgh28ij'],
  ['kustomization/E6', '${path_name:11}', path, 'ideas/thoughts.for.today'],
  ['kustomization/E7', '${path_name:11:5}', path, 'ideas'],
  ['kustomization/E8', '${var=xyz}', { var: 'abc' }, 'abc'],
  ['kustomization/E9.1', '${var=xyz}', {}, 'xyz'],
  ['kustomization/E9.2', '${var:=xyz}', {}, 'xyz'],
  ['kustomization/E10', 'foo: ${var=prefix${default_var}-suffix}', { default_var: 'foo1' }, 'foo: prefixfoo1-suffix'],
  ['kustomization/E11', '${stringZ/%abc/XYZ}', z, 'abcABC123ABCXYZ'],
  ['kustomization/E12', '${stringZ/#abc/XYZ}', z, 'XYZABC123ABCabc'],
  ['kustomization/E13', '${stringZ//abc/xyz}', z, 'xyzABC123ABCxyz'],
  ['kustomization/E14', '${stringZ/abc/xyz}', z, 'xyzABC123ABCabc'],
  ['kustomization/E15.1', '${filename#*.}', bash, 'string.txt'],
  ['kustomization/E15.2', '${filename##*.}', bash, 'txt'],
  ['kustomization/E16.1', '${filename%.*}', bash, 'bash.string'],
  ['kustomization/E16.2', '${filename%%.*}', bash, 'bash'],
  ['kustomization/E17.1', '${filename#*/}', file, 'path/to/file'],
  ['kustomization/E17.2', '${filename##*/}', file, 'file'],
  ['kustomization/E18', '${var=${var01^^}}', mixed, 'ABCDEFGH28IJ'],
  ['kustomization/E19', '$${var01}', mixed, '${var01}'],
  ['kustomization/E20', 'some text ${var01}$${var$${var01}$var01${var01}', mixed, 'some text abcdEFGH28ij${var${var01}$var01abcdEFGH28ij'],
  ['kustomization/E21', 'something $${var=${default_var}}', { default_var: 'foo' }, 'something ${var=foo}'],
  ['kustomization/E22', '${stringZ//\\//-}', { stringZ: 'foo/bar/baz' }, 'foo-bar-baz'],
  ['kustomization/E23', '${stringZ/./}', { stringZ: 'foo.bar' }, 'foobar'],
  ['kustomization/E24', '\\\\something ${var=${default_var}}', { default_var: 'foo' }, '\\\\something foo'],
  ['kustomization/E25.1', '$$string', {}, '$string'],
  ['kustomization/E25.2', '\\\\.\\pipe\\pipename', {}, '\\\\.\\pipe\\pipename'],
  ['kustomization/E28.1', '${v:?err}', hello, 'Hello World'],
  ['kustomization/E28.2', '${v:+alt}', hello, 'Hello World'],
  ['kustomization/E29.1', '${m:?err}', {}, 'err'],
  ['kustomization/E29.2', '${m:+alt}', {}, 'alt'],
  ['kustomization/E34.1', '${f/#a/}', dots, 'a.b.c'],
  ['kustomization/E34.2', '${f/%c/}', dots, 'a.b.c'],
  ['kustomization/E35', '${f/*/-}', dots, 'a.b.c'],
  ['kustomization/E36', '${m:=a}b}', {}, 'ab}'],
  ['kustomization/E37', '${m:=$$v}', {}, '$$v'],
  ['kustomization/E38', '${m:=$${v}}', hello, '$Hello World'],
  ['kustomization/E39.1', '$$$${v}', hello, '$${v}'],
  ['kustomization/E39.2', '$$${v}', hello, '$Hello World'],
  ['kustomization/E40', '${x}', { x: '${v}', v: 'no' }, '${v}'],
  ['kustomization/E41.1', '${#u}', { u: 'héllo' }, '6'],
  ['kustomization/E41.2', '${u^^}', { u: 'héllo' }, 'HÉLLO'],
  ['kustomization/E42.1', '${v:-3}', hello, 'Hello World'],
  ['kustomization/E42.2', '${v: -3}', hello, 'Hello World'],
  ['kustomization/E42.3', '${v:abc}', hello, 'Hello World'],
  ['kustomization/E42.4', '${v:1:z}', hello, 'Hello World'],
  ['kustomization/E44', '${v/World/a/b}', hello, 'Hello a/b'],
  ['kustomization/E45', '${v:0:${n}}', { ...hello, n: '5' }, 'Hello'],
  ['kustomization/E46', '${m==d}', {}, '=d'],
  ['kustomization/E47.1', '100$', {}, '100$'],
  ['kustomization/E47.2', 'a $ b', {}, 'a $ b'],
  ['kustomization/E47.3', 'a}b', {}, 'a}b'],
  ['kustomization/E47.4', '$v', {}, '$v'],
  ['kustomization/E48.1', '${e:-d}', { e: '' }, 'd'],
  ['kustomization/E48.2', '${e=d}', { e: '' }, 'd'],
]
for (const [id, input, vars, expected] of table) verifies(id, `${input} is ${expected}`, () => assert.equal(lax(input, vars), expected))

const wrong: [BehaviourId, string, string][] = [
  ['kustomization/E30.1', '${m-d}', 'missing closing brace'],
  ['kustomization/E30.2', '${v+alt}', 'missing closing brace'],
  ['kustomization/E30.3', '${v.x}', 'missing closing brace'],
  ['kustomization/E30.4', '${a-b}', 'missing closing brace'],
  ['kustomization/E30.5', '${v }', 'missing closing brace'],
  ['kustomization/E31.1', '${', 'unable to parse variable name'],
  ['kustomization/E31.2', '${}', 'unable to parse variable name'],
  ['kustomization/E31.3', '${ v}', 'unable to parse variable name'],
  ['kustomization/E31.4', '${!v}', 'unable to parse variable name'],
  ['kustomization/E32.1', '${f#}', 'unable to parse substitution within function'],
  ['kustomization/E32.2', '${v:}', 'unable to parse substitution within function'],
  ['kustomization/E32.3', '${v::3}', 'unable to parse substitution within function'],
  ['kustomization/E32.4', '${m:=d', 'unable to parse substitution within function'],
  ['kustomization/E33.1', '${multi/b}', 'bad substitution'],
  ['kustomization/E33.2', '${v^^^}', 'bad substitution'],
  ['kustomization/E33.3', '${#}', 'bad substitution'],
  ['kustomization/E33.4', '${#v:1}', 'bad substitution'],
  ['kustomization/E43', '${v:3:-2}', 'bad substitution'],
]
for (const [id, input, message] of wrong)
  verifies(id, `${input} fails: ${message}`, () =>
    assert.throws(() => lax(input, { ...hello, multi: 'a/b/c' }), { name: 'SubstitutionError', message }),
  )

const cuts: [BehaviourId, from: string, count: string | undefined, expected: string][] = [
  ['kustomization/E26.1', '0', '8', '12345678'],
  ['kustomization/E26.2', '9', undefined, '123456789'],
  ['kustomization/E26.3', '9', '50', '123456789'],
  ['kustomization/E26.4', '-3', '2', '78'],
  ['kustomization/E26.5', '-300', '3', '123'],
]
for (const [id, from, count, expected] of cuts)
  verifies(id, `from ${from}, ${count ?? 'all'}`, () => assert.equal(substring('123456789123456789', from, count), expected))
verifies('kustomization/E27', 'a start behind the end gives nothing', () => assert.equal(substring('12345678', '9', '1'), ''))

verifies('kustomization/S1', 'strict takes an empty variable', () => assert.equal(strict('${foo}', { foo: '' }), ''))
verifies('kustomization/S2', 'strict refuses an unknown one', () =>
  assert.throws(() => strict('${missing}'), /variable not set \(strict mode\)/),
)
verifies('kustomization/S3', 'strict takes a default', () => assert.equal(strict('${missing:=default}'), 'default'))
verifies('kustomization/S4', 'an operator on an unknown variable passes in 2.6', () => assert.equal(strict('${missing^^}'), ''))

const bytes: [input: string, vars: Vars, expected: string][] = [
  ['${v^^}', { v: 'straße' }, 'STRAßE'],
  ['${v,,}', { v: 'İΣ' }, 'iσ'],
  ['${v^}', { v: 'ǆx' }, 'Ǆx'],
  ['${v^^}', { v: 'ᾳ' }, 'ᾼ'],
  ['${v:3}', { v: '日本' }, '本'],
  ['${v:0:2}', { v: 'éa' }, 'é'],
  ['${v//${m}/-}', { v: 'aé' }, '-a-é-'],
  ['${v/#a/${m}}', { v: 'ab' }, 'b'],
  ['${v/a//b}', { v: 'xa' }, 'xb'],
  ['${v:1::2}', { v: 'abcd' }, 'bc'],
  ['${v,^}', { v: 'aB' }, 'aB'],
  ['${v#[a-c]}', { v: 'bx' }, 'x'],
  ['${v#[^a-c]}', { v: 'bx' }, 'bx'],
  ['${v#[}', { v: '[x' }, '[x'],
  ['${v#\\*}', { v: '*x' }, 'x'],
  ['${v##*/}', { v: 'a/日/c' }, 'c'],
  ['${v%?}', { v: 'aé' }, 'a\ufffd'],
  ['${v%é}', { v: 'aé' }, 'a'],
  ['${v:99999999999999999999}', { v: 'ab' }, 'ab'],
  ['${é}', { é: 'x' }, 'x'],
]
for (const [input, vars, expected] of bytes)
  test(`${input} of ${JSON.stringify(vars)} is ${expected}`, () => assert.equal(lax(input, vars), expected))

const codes: [input: string, code: string, message: RegExp][] = [
  ['${missing} ${', 'SYNTAX', /variable name/],
  ['${missing}', 'MISSING_VARIABLE', /^variable not set \(strict mode\): "missing"$/],
  ['${u:1}', 'ENCODING', /UTF-8/],
  ['${u#?${m}}', 'SYNTAX', /^bad substitution$/],
  ['${u///x}', 'SYNTAX', /within function$/],
  ['${u:é}', 'SYNTAX', /^bad substitution$/],
  ['${a:='.repeat(5000), 'SYNTAX', /nested deeper/],
]
for (const [input, code, message] of codes)
  test(`${input.slice(0, 30)} fails: ${code}`, () => assert.throws(() => strict(input, { u: 'é' }), { code, message }))

test('garbage fails only as documented', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('$', '${', '{', '}', '#', '/', ':', '=', '-', 'a', 'é', '1', '\\', '%', '^', '*', '[', ']') }),
      text => {
        try {
          lax(text, { a: 'x.y/z' })
        } catch (thrown) {
          assert.ok(thrown instanceof SubstitutionError, String(thrown))
        }
      },
    ),
  )
})

const long = 'x'.repeat(1_000_000)
const expensive: [what: string, text: string][] = [
  ['a long value many times', '${l}'.repeat(1000)],
  ['a long value put between the characters of another', '${l//${e}/${l}}'],
  ['replacements within replacements', '${l//x/${l//x/${l}}}'],
  ['a pattern that is not found in a long value', '${l#*b}'],
  ['a suffix that is not found in a long value', '${l%%b*}'],
  ['long values that nobody sees', '${l/b/${l}}'.repeat(1000)],
]
for (const [what, text] of expensive)
  test(`${what} is refused before it costs too much`, () =>
    assert.throws(() => lax(text, { l: long }), { code: 'TOO_LARGE', message: /256 MiB/ }))

test('one budget serves many texts', () => {
  const budget = new Budget()
  const expand = (): string => envsubst('${l}', new Map([['l', long]]), { strict: false, budget })
  assert.throws(
    () => {
      for (let i = 0; i < 200; i++) expand()
    },
    { code: 'TOO_LARGE' },
  )
})
