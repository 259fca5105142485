import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ChosenImage, markerIn, settersOf } from '../../src/images/setters.ts'
import { type UpdatedFile, withSetters } from '../../src/images/setters-file.ts'
import { updated } from '../../src/images/update.ts'
import { type BehaviourId, verifies } from '../conformance/verifies.ts'
import { fc } from '../support/laws.ts'
import { digest, marker, policies } from './policies.ts'
import { treeIn } from './tree.ts'

function run(text: string, chosen: readonly ChosenImage[] = policies): UpdatedFile | undefined {
  return withSetters(new TextEncoder().encode(text), settersOf(chosen))
}
function written(text: string, chosen?: readonly ChosenImage[]): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(run(text, chosen)?.content ?? new TextEncoder().encode(text))
}

const single: [BehaviourId, says: string, before: string, after: string][] = [
  [
    'images/S-01',
    'a whole reference is replaced, its marker stays',
    `image: image:v1.0.0 ${marker('automation-ns:policy')}`,
    `image: index.repo.fake/updated:v1.0.1 ${marker('automation-ns:policy')}`,
  ],
  [
    'images/S-02',
    'a name alone is replaced',
    `newName: replaced ${marker('automation-ns:policy:name')}`,
    `newName: index.repo.fake/updated ${marker('automation-ns:policy:name')}`,
  ],
  [
    'images/S-03',
    'a tag alone is replaced',
    `newTag: v1 ${marker('automation-ns:policy:tag')}`,
    `newTag: v1.0.1 ${marker('automation-ns:policy:tag')}`,
  ],
  [
    'images/S-04',
    'a digest alone is replaced',
    `newDigest: sha256:1234567890abcdef ${marker('automation-ns:policy-with-digest:digest')}`,
    `newDigest: ${digest} ${marker('automation-ns:policy-with-digest:digest')}`,
  ],
  [
    'images/S-05',
    'a whole reference has the digest that is reflected',
    `image: image ${marker('automation-ns:policy-with-digest')}`,
    `image: image:v1.0.0@${digest} ${marker('automation-ns:policy-with-digest')}`,
  ],
]
for (const [id, says, before, after] of single) verifies(id, says, () => assert.equal(written(`${before}\n`), `${after}\n`))

const cronJob = (image: string): string => `apiVersion: batch/v1
kind: CronJob
metadata:
  name: foo
  namespace: bar
spec:
  schedule: "*/1 * * * *"
  jobTemplate:
    spec:
      template:
        spec:
          containers:
          - name: c
            image: ${image} ${marker('automation-ns:policy')}
          - name: d
            image: image:v1.0.0 ${marker('automation-ns:unchanged')}
`

verifies('images/S-06', 'what is up to date is no change', () => {
  assert.deepEqual(
    run(cronJob('image:v1.0.0'))?.changes.map(({ setter }) => setter.name),
    ['automation-ns:policy'],
  )
})

verifies('images/S-07', 'a marker of another namespace leaves the file alone', () => {
  assert.equal(run(`image: user:v1.0.0 ${marker('other-namespace:policy')}\n`), undefined)
})

verifies('images/S-08', 'the same image without a marker leaves the file alone', () => {
  assert.equal(run('image: image:v1.0.0 # uses the same image, but is left alone\n'), undefined)
})

const patch = `patches:
  - patch: |
      - op: replace
        path: /spec/template/spec/containers/0/volumeMounts
        value:
${['configuration/appConfigMaps/WF', 'configuration/appConfigMaps/xxx_config', 'configuration/other', 'log', 'data', 'tmp'].map(path => `          - mountPath: /usr/share/application/application/standalone/with/a/path/that/is/long/${path}\n`).join('')}    target:
      kind: Deployment
`
const kustomization = (name: string, tag: string, hash: string, whole: string): string => `# no kustomization that works
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - unimportant.yaml
images:
  - name: container
    newName: ${name} ${marker('automation-ns:policy:name')}
    newTag: ${tag} ${marker('automation-ns:policy:tag')}
    newDigest: ${hash} ${marker('automation-ns:policy-with-digest:digest')}
${patch}      image: ${whole} ${marker('automation-ns:policy-with-digest')}
`
const before = kustomization('replaced', 'v1', 'sha256:1234567890abcdef', 'image')

verifies('images/S-09', 'changes are told in the order of the document', () => {
  assert.deepEqual(
    run(before)?.changes.map(({ setter, oldValue, newValue }) => [setter.name, oldValue, newValue]),
    [
      ['automation-ns:policy:name', 'replaced', 'index.repo.fake/updated'],
      ['automation-ns:policy:tag', 'v1', 'v1.0.1'],
      ['automation-ns:policy-with-digest:digest', 'sha256:1234567890abcdef', digest],
      ['automation-ns:policy-with-digest', 'image', `image:v1.0.0@${digest}`],
    ],
  )
})

verifies('images/S-10', 'an object without a name is told by its kind', () => {
  assert.deepEqual(run(before)?.changes[0]?.object, {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace: '',
    name: '',
  })
})

verifies('images/S-11', 'a block scalar beside changed fields stays as it is, long lines too', () => {
  const after = written(before)
  assert.equal(after, kustomization('index.repo.fake/updated', 'v1.0.1', digest, `image:v1.0.0@${digest}`))
  assert.ok(after.includes(patch))
})

verifies('images/S-12', 'files with a marker and a name of YAML are taken', async () => {
  const line = (setter: string): string => `image: image:v0 ${marker(setter)}\n`
  const tree = treeIn({
    'marked.yaml': line('automation-ns:policy'),
    'otherns.yaml': line('other-ns:policy'),
    'kustomization.yml': line('automation-ns:policy'),
    Kustomization: line('automation-ns:policy'),
    'unmarked.yaml': 'image: image:v0\n',
    'marked.txt': line('automation-ns:policy'),
  })
  const { files } = await updated(tree, '', settersOf(policies))
  assert.deepEqual([...files.keys()].toSorted(), ['Kustomization', 'kustomization.yml', 'marked.yaml'])
})

verifies('images/S-13', 'a list whose dashes are not indented stays so', () => {
  assert.equal(written(cronJob('image:v1.0.0')), cronJob('index.repo.fake/updated:v1.0.1'))
})

const tagged = (tag: string): readonly ChosenImage[] => [{ namespace: 'ns', name: 'p', image: { name: 'image', tag } }]

verifies('images/S-14', 'a plain text that would be a number is quoted', () => {
  assert.equal(written(`newTag: 1.2 ${marker('ns:p:tag')}`, tagged('1.0')), `newTag: "1.0" ${marker('ns:p:tag')}`)
})

verifies('images/S-15', 'a digest that is none is an empty text', () => {
  assert.equal(written(`digest: sha256:00 ${marker('automation-ns:policy:digest')}`), `digest: "" ${marker('automation-ns:policy:digest')}`)
  assert.equal(
    written(`digest: 'sha256:00' ${marker('automation-ns:policy:digest')}`),
    `digest: '' ${marker('automation-ns:policy:digest')}`,
  )
})

const odd = marker('ns:p')
const forms: [says: string, before: string, after: string][] = [
  ['a number that becomes text is plain, without a tag', `a: 6.0 ${marker('ns:p:tag')}`, `a: 6.1.0 ${marker('ns:p:tag')}`],
  ['single quotes stay', `a: 'x'  ${odd}`, `a: 'image:6.1.0'  ${odd}`],
  ['double quotes stay', `a:   "x"\t${odd}`, `a:   "image:6.1.0"\t${odd}`],
  ['several signs before a comment count as one', `a: x ## {"$imagepolicy": "ns:p"}`, `a: image:6.1.0 ## {"$imagepolicy": "ns:p"}`],
  [
    'other keys beside the marker do no harm',
    `a: x # {"other": "y", "$imagepolicy": "ns:p"}`,
    `a: image:6.1.0 # {"other": "y", "$imagepolicy": "ns:p"}`,
  ],
  ['a comment directly above an item of a list counts', `a:\n${odd}\n- x\n- y\n`, `a:\n${odd}\n- image:6.1.0\n- y\n`],
  ['a comment above a value that has a line of its own counts', `a:\n  ${odd}\n  x\n`, `a:\n  ${odd}\n  image:6.1.0\n`],
  [
    'a comment behind the comma of a flow list counts',
    `a: [x, ${odd}\n  y ${odd}\n  ]\n`,
    `a: [image:6.1.0, ${odd}\n  image:6.1.0 ${odd}\n  ]\n`,
  ],
  ['JSON with comments is YAML', `{"a": "x", ${odd}\n "b": "y"}\n`, `{"a": "image:6.1.0", ${odd}\n "b": "y"}\n`],
  ['an anchor and a tag stay before the value', `a: &x !!str y ${odd}\nb: *x ${odd}\n`, `a: &x !!str image:6.1.0 ${odd}\nb: *x ${odd}\n`],
  ['a block is written as a block', `a: | ${odd}\n    x\n\nb: y\n`, `a: |- ${odd}\n    image:6.1.0\n\nb: y\n`],
  [
    'lines that end in CR LF stay so',
    `a: x ${odd}\r\nb: | ${odd}\r\n  y\r\nc: z\r\n`,
    `a: image:6.1.0 ${odd}\r\nb: |- ${odd}\r\n  image:6.1.0\r\nc: z\r\n`,
  ],
  ['a mark of the byte order stays', `\ufeffa: x ${odd}\n`, `\ufeffa: image:6.1.0 ${odd}\n`],
  ['a value over several lines becomes one', `a: x\n  y ${odd}\nb: c\n`, `a: image:6.1.0 ${odd}\nb: c\n`],
  [
    'each item of a List is an object',
    `kind: List\nitems:\n- kind: A\n  a: x ${odd}\n`,
    `kind: List\nitems:\n- kind: A\n  a: image:6.1.0 ${odd}\n`,
  ],
]
for (const [says, text, after] of forms) test(says, () => assert.equal(written(text, tagged('6.1.0')), after))

const untouched: [says: string, text: string][] = [
  ['a comment above a key belongs to the key', `${odd}\na: x\n`],
  ['a comment behind a key belongs to the key', `a: ${odd}\n  x\n`],
  ['a comment that is apart by a blank line belongs to what is before', `a:\n- x\n${odd}\n\n- y\n`],
  ['another comment hides the one above', `a:\n${odd}\n- x # pinned\n`],
  ['an unknown suffix is no setter', `a: x ${marker('ns:p:foo')}\n`],
  ['a marker that is no object of texts is none', `a: x # {"$imagepolicy": "ns:p", "n": 1}\n`],
  ['a text that looks like a marker is a text', `a: |\n  b: x ${odd}\n`],
  ['a file that is a list is none of objects', `- a: x ${odd}\n`],
  ['a file of which one document is a list is left alone', `a: x ${odd}\n---\n- y\n`],
  ['a file that is no YAML is left alone', `a: x ${odd}\n {{ template }}: [\n`],
  ['a document on the line of its separator is left alone', `a: x ${odd}\n--- {b: c}\n`],
  ['keys are never written', `? x ${odd}\n: y\n`],
]
for (const [says, text] of untouched) test(says, () => assert.equal(run(text, tagged('6.1.0')), undefined))

test('an image that is no reference is refused', () => {
  assert.throws(() => settersOf([{ namespace: 'a', name: 'b', image: { name: 'UPPER/x y', tag: '1' } }]), {
    message: /^encountered invalid image ref "UPPER\/x y:1": /,
  })
})

test('any text is taken: what is written back reads as before but for the marked values', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.constantFrom(
          'a: ',
          'x',
          ' # ',
          '{"$imagepolicy": "ns:p"}',
          '\n',
          '- ',
          '  ',
          '"',
          "'",
          '|',
          '>',
          ', ',
          '[',
          ']',
          '{',
          '}',
          '&q ',
          '*q',
          '!!str ',
          '---\n',
          '\r\n',
          '\t',
          'é',
          '# ',
          ': ',
        ),
        { maxLength: 40 },
      ),
      parts => {
        const text = `${parts.join('')}\nz: w ${odd}\n`
        const result = run(text, tagged('6.1.0'))
        if (!result) return
        const again = withSetters(result.content, settersOf(tagged('6.1.0')))
        assert.equal(again, undefined, 'a second time nothing changes')
        const spared = text
          .split('\n')
          .filter(line => line.includes('#'))
          .map(line => line.slice(line.indexOf('#')))
        const after = new TextDecoder().decode(result.content)
        for (const comment of spared) assert.ok(after.includes(comment), comment)
      },
    ),
    { numRuns: 2000 },
  )
})

const marks = (image: string): string => `kind: A\nimage: ${image} # {"$imagepolicy": "ns:p"}\n`
const places: [path: string, files: string[]][] = [
  ['current', ['v2/x.yaml']],
  ['./now/', ['v2/x.yaml']],
  ['deep/up', ['v1/x.yaml', 'v2/x.yaml', 'x.yaml']],
  ['deep/up/../v2', ['v2/x.yaml']],
  ['current/../v1', ['v1/x.yaml']],
  ['out/v1', ['v1/x.yaml']],
  ['../../v1/x.yaml', ['v1/x.yaml']],
  ['one', ['v1/x.yaml']],
]
for (const [path, expected] of places)
  test(`the path '${path}' leads where links on it do, and not out of the repository`, async () => {
    const files = { 'x.yaml': marks('a:1'), 'v1/x.yaml': marks('a:1'), 'v2/x.yaml': marks('a:1') }
    const links = { current: 'v2', now: '/current', 'deep/up': '..', out: '../../../..', one: 'v1/x.yaml' }
    const update = await updated(treeIn(files, links), path, settersOf(tagged('6.1.0')))
    assert.deepEqual([...update.files.keys()].toSorted(), expected)
  })

test('links that lead to each other are told', () =>
  assert.rejects(updated(treeIn({}, { a: 'b/c', b: 'a' }), 'a/d', settersOf(tagged('1.0.0'))), {
    code: 'LOOP',
    message: 'failed to secure join manifest path: SecureJoin a/d: too many levels of symbolic links',
  }))

test('any comment is a marker or is none', () => {
  fc.assert(fc.property(fc.string(), text => assert.equal(markerIn(`# ${text}`), undefined)))
})
