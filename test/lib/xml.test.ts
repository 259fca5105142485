import assert from 'node:assert/strict'
import { test } from 'node:test'
import { elements, parseXml, textAt, type XmlElement } from '../../src/lib/xml.ts'
import { fc } from '../support/laws.ts'

test('an answer of a service is read: elements, prefixes, attributes, text, CDATA, comments', () => {
  const root = parseXml(`\uFEFF<?xml version="1.0"?>
    <!-- said first --><s3:Result xmlns:s3="http://example.com/">
      <Key a='1' b="&lt;">a&amp;b&#x41;&#66;</Key><Key><![CDATA[<raw&amp;>]]></Key><Empty/><In><Deep>x</Deep></In>
    </s3:Result>`)
  assert.equal(root.name, 'Result')
  assert.deepEqual(
    elements(root, 'Key').map(e => [e.text, e.attributes]),
    [
      ['a&bAB', { a: '1', b: '<' }],
      ['<raw&amp;>', {}],
    ],
  )
  assert.deepEqual(
    [textAt(root, 'In', 'Deep'), textAt(root, 'Empty'), textAt(root, 'In', 'None'), textAt(undefined, 'a')],
    ['x', '', undefined, undefined],
  )
})

const refused: [string, string, RegExp][] = [
  ['nothing', '', /no element/],
  ['text alone', 'hello', /outside its root/],
  ['a document type', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', /document type/],
  ['an entity of its own', '<a>&x;</a>', /none of XML's own/],
  ['a bare ampersand', '<a>a & b</a>', /none of XML's own/],
  ['a character beyond Unicode', '<a>&#x110000;</a>', /none of XML's own/],
  ['a name of every object', '<a>&constructor;</a>', /none of XML's own/],
  ['an end that is missing', '<a><b></b>', /ends within <a>/],
  ['an end of another element', '<a></b>', /closes nothing/],
  ['an end too many', '<a/></a>', /closes nothing/],
  ['two roots', '<a/><b/>', /more than one root/],
  ['a tag that does not end', '<a b="1"', /malformed/],
  ['a comment that does not end', '<a><!-- x</a>', /ends before/],
  ['a tag without a name', '<a>< b/></a>', /malformed/],
  ['depth without end', '<a>'.repeat(100_000), /deeper than 32/],
  ['a million elements', `<a>${'<b/>'.repeat(1_000_000)}</a>`, /more than 100000/],
  ['a million blanks in a tag', `<a${' '.repeat(1_000_000)}<`, /malformed/],
]
for (const [name, text, message] of refused)
  test(`refused: ${name}`, () => assert.throws(() => parseXml(text), { name: 'SyntaxError', message }))

test('what was written is read again, and what is not XML fails as said', () => {
  const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_-]{0,8}$/)
  const node = (children: fc.Arbitrary<XmlElement[]>): fc.Arbitrary<XmlElement> =>
    fc.record(
      {
        name,
        attributes: fc.dictionary(name, fc.string({ maxLength: 8 })).map(d => ({ ...d })),
        text: fc.string({ maxLength: 12 }),
        children,
      },
      { noNullPrototype: true },
    )
  const below = (depth: number): fc.Arbitrary<XmlElement[]> =>
    depth === 0 ? fc.constant([]) : fc.array(node(below(depth - 1)), { maxLength: 3 })
  const tree = node(below(3))
  const escape = (text: string): string => text.replace(/[&<>"']/g, c => `&#${c.charCodeAt(0)};`)
  const print = (e: XmlElement): string =>
    `<${e.name}${Object.entries(e.attributes)
      .map(([key, value]) => ` ${key}="${escape(value)}"`)
      .join('')}>${escape(e.text)}${e.children.map(print).join('')}</${e.name}>`
  fc.assert(fc.property(tree, e => assert.deepEqual(parseXml(print(e)), e)))
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('<', '>', '/', 'a', ' ', '=', '"', '&', ';', '!', '-', '?', '[', ']') }), text => {
      try {
        parseXml(text)
      } catch (thrown) {
        assert.ok(thrown instanceof SyntaxError)
      }
    }),
  )
})
