import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { fc } from '../support/laws.ts'
import { tar, type TarEntry } from '../../src/lib/tar.ts'
import type { Tree } from '../../src/lib/tree.ts'
import { readTree, untar } from '../../src/lib/untar.ts'
import { archiveEntries, memoryTree, singleFile, sourcePatterns } from '../../src/sources/archive.ts'
import { isIgnored, parsePatterns } from '../../src/sources/ignore.ts'
import { type BehaviourId, verifies } from '../conformance/verifies.ts'
import { testKernel } from '../support/kernel.ts'
import { unending } from '../support/unending.ts'

const kernel = testKernel()
const signal = unending
const limits = { maxBytes: 1e8, maxEntries: 1000, maxEntryBytes: 1e8 }
const namespace = (name: string): string => `---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${name}\n`

async function whole(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of source) parts.push(part)
  return Buffer.concat(parts)
}
async function* bytes(content: Uint8Array): AsyncIterable<Uint8Array> {
  yield content
}
async function namesOf(entries: AsyncIterable<TarEntry>): Promise<string[]> {
  const names: string[] = []
  for await (const { path } of entries) names.push(path)
  return names
}
const hex = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')
const treeOf = (files: Record<string, string>): Tree =>
  memoryTree(new Map(Object.entries(files).map(([path, content]) => [path, { content: Buffer.from(content), mode: 0o644 }])))
const ignoreFilesOf = (files: Record<string, string>): { folder: string; text: string }[] =>
  Object.entries(files)
    .filter(([path]) => /(^|\/)\.sourceignore$/.test(path))
    .map(([path, text]) => ({ folder: path.replace(/\/?\.sourceignore$/, ''), text }))
const sourced = (files: Record<string, string>, ignore?: string): AsyncIterable<TarEntry> =>
  archiveEntries(treeOf(files), { patterns: sourcePatterns(ignoreFilesOf(files), ignore), modes: 'normalised' })
const pushed = (files: Record<string, string>, patterns: string): AsyncIterable<TarEntry> =>
  archiveEntries(treeOf(files), { patterns: parsePatterns(patterns), modes: 'kept' })

/** Names with a folder before them, as Flux writes them when it is given a relative folder. */
async function* below(prefix: string, entries: AsyncIterable<TarEntry>): AsyncIterable<TarEntry> {
  for await (const entry of entries) yield { ...entry, path: entry.path === '.' ? prefix : `${prefix}/${entry.path}` }
}

const repository = { '.sourceignore': '**.txt\n', 'foo.txt': '', 'manifest.yaml': namespace('dummy') }
const withSubdirs = {
  '.sourceignore': '/*\n!/apps/\n!/clusters/\n',
  'apps/manifest.yaml': namespace('apps'),
  'clusters/manifest.yaml': namespace('clusters'),
  'foo.txt': '',
}
const golden: [id: BehaviourId, prefix: string, files: Record<string, string>, ignore: string | undefined, tar: string, tgz: string][] = [
  [
    'sources/31',
    'testdata/oci/repository',
    { 'foo.txt': '' },
    undefined,
    'b9e34c92c080298e9144df72209b82d3eb14bafb131faf2fb051e814aeda9d08',
    '6a5bd135a816ec0ad246c41cfdd87629e40ef6520001aeb2d0118a703abe9e7a',
  ],
  [
    'sources/32',
    'testdata/oci/repository',
    { 'foo.txt': '' },
    'foo.txt',
    '87047305c9c4476d353d3012b9b60f3bfaa8ca9b67b4e928581c7fe3eb7559c1',
    '9102e9c8626e48821a91a4963436f1673cd85f8fb3deb843c992f85b995c38ea',
  ],
  [
    'sources/81',
    'testdata/git/repository',
    repository,
    undefined,
    '66f69dfe96f98efbd7059561bf056deea852962bbe8c61567f90dedd79f806ce',
    '34d9af1a2fcfaef3ee9487d67dc2d642bc7babdb9444a5f60d1f32df32e4de7d',
  ],
  [
    'sources/82',
    'testdata/git/repository',
    repository,
    '!**.txt',
    '906aab85d1c01736a96ec041022c790e1bbdf54a475cc9f3f25464795ec65ac1',
    'a17037f96f541a47bdadcd12ab40b943c50a9ffd25dc8a30a5e9af52971fd94f',
  ],
  [
    'sources/83.1',
    'testdata/git/repowithsubdirs',
    withSubdirs,
    undefined,
    '99deea3fc092dc1b63854949f8c50b4035e476ac7cfca0ee192c263957f75007',
    'ad9943d761b30e943e2a770ea9083a40fc03f09846efd61f6c442cc48fefad11',
  ],
]
for (const [id, prefix, files, ignore, plain, packed] of golden) {
  verifies(id, `${prefix} ${ignore ?? ''} has Flux's digests`, async () => {
    assert.equal(hex(await whole(tar(below(prefix, sourced(files, ignore))))), plain)
    assert.equal(hex(await whole(kernel.gzip(tar(below(prefix, sourced(files, ignore))), signal))), packed)
  })
}

const names: [id: BehaviourId, says: string, entries: () => AsyncIterable<TarEntry>, names: string[]][] = [
  [
    'sources/83.2',
    'only two folders are re-included',
    () => sourced(withSubdirs),
    ['.', 'apps', 'apps/manifest.yaml', 'clusters', 'clusters/manifest.yaml'],
  ],
  [
    'sources/84',
    'without patterns all is archived',
    () => pushed({ '.git/config': 'x', 'a.yaml': 'y' }, ''),
    ['.', '.git', '.git/config', 'a.yaml'],
  ],
  ['sources/85', 'version control is dropped by default', () => sourced({ '.git/config': 'x', 'a.yaml': 'y' }), ['.', 'a.yaml']],
  [
    'sources/86',
    'an own pattern replaces the defaults',
    () => sourced({ 'horse.jpg': 'x', custom: 'y', '.git/config': 'x' }, 'custom'),
    ['.', 'horse.jpg'],
  ],
  [
    'sources/98.3',
    'a file is kept though its folder is dropped',
    () => pushed({ 'a/b.yaml': 'x', 'a/c.txt': 'x' }, '*\n!*.yaml'),
    ['.', 'a/b.yaml'],
  ],
  [
    'sources/100',
    'patterns of the CLI',
    () =>
      pushed(
        {
          'ignore.txt': '',
          'ignore-dir/deployment.yaml': '',
          'deploy/repo.yaml': '',
          'somedir/git/repo.yaml': '',
          'somedir/repo.yaml': '',
        },
        'ignore.txt\nignore-dir/\n!/deploy\nsomedir/git',
      ),
    ['.', 'deploy', 'deploy/repo.yaml', 'somedir', 'somedir/repo.yaml'],
  ],
  [
    'sources/101',
    'only one folder remains',
    () => pushed({ 'go.mod': '', 'cmd/main.go': '', 'internal/x/a.go': '' }, '/*\n!/internal'),
    ['.', 'internal', 'internal/x', 'internal/x/a.go'],
  ],
  [
    'sources/102',
    'one file has its base name and no root',
    () => singleFile({ name: 'deployment.yaml', mode: 0o644, size: 1 }, bytes(Buffer.from('x'))),
    ['deployment.yaml'],
  ],
  [
    'sources/157',
    'spec.ignore comes after .sourceignore',
    () => sourced({ 'apps/.sourceignore': 'secret.yaml', 'apps/secret.yaml': '', 'apps/a.yaml': '', 'b.yaml': '' }, '/*\n!/apps'),
    ['.', 'apps', 'apps/.sourceignore', 'apps/a.yaml', 'apps/secret.yaml'],
  ],
]
for (const [id, says, entries, expected] of names) verifies(id, says, async () => assert.deepEqual(await namesOf(entries()), expected))

verifies('sources/87', 'a source normalises modes, the CLI keeps them', async () => {
  const tree = memoryTree(
    new Map([
      ['a', { content: Buffer.from('x'), mode: 0o666 }],
      ['d/b', { content: Buffer.from('x'), mode: 0o777 }],
    ]),
    new Map([
      ['d', 0o700],
      ['empty/e', 0o711],
    ]),
  )
  const modes = async (kind: 'kept' | 'normalised'): Promise<[string, number][]> => {
    const found: [string, number][] = []
    for await (const { path, mode } of archiveEntries(tree, { patterns: [], modes: kind })) found.push([path, mode])
    return found
  }
  assert.deepEqual(await modes('normalised'), [
    ['.', 0o750],
    ['a', 0o600],
    ['d', 0o750],
    ['d/b', 0o700],
    ['empty', 0o750],
    ['empty/e', 0o750],
  ])
  assert.deepEqual(await modes('kept'), [
    ['.', 0o755],
    ['a', 0o666],
    ['d', 0o700],
    ['d/b', 0o777],
    ['empty', 0o750],
    ['empty/e', 0o711],
  ])
})

verifies('sources/96', '.sourceignore files count from their folders, in the order of the walk; .git is not searched', () => {
  const patterns = sourcePatterns(
    [
      { folder: 'z', text: 'z' },
      { folder: '.git', text: '!config' },
      { folder: 'a-b', text: 'ab' },
      { folder: 'a/b', text: 'b' },
      { folder: '', text: 'root' },
    ],
    'last',
  )
  assert.deepEqual(
    patterns.slice(4).map(({ domain, segments }) => [domain.join('/'), segments.join('/')]),
    [
      ['', 'root'],
      ['a/b', 'b'],
      ['a-b', 'ab'],
      ['z', 'z'],
      ['', 'last'],
    ],
  )
})
test('comments alone leave the defaults', () =>
  assert.deepEqual(sourcePatterns([{ folder: '', text: '# none\n\n' }], ' \n#'), sourcePatterns([], undefined)))

test("links and others are dropped, and the walk is in byte order whatever the reader's", async () => {
  const entries = {
    '': [
      ['b', 'file'],
      ['link', 'link'],
      ['\u{1f600}', 'file'],
      ['\uff01', 'file'],
      ['a', 'folder'],
      ['pipe', 'other'],
      ['a.b', 'file'],
      ['B', 'file'],
    ],
    a: [['c', 'file']],
  } as const
  const tree: Tree = {
    list: async folder => (folder === 'a' ? entries.a : entries['']).map(([name, type]) => ({ name, type, mode: 0o644, size: 0 })),
    read: () => bytes(new Uint8Array()),
    rootMode: async () => 0o755,
  }
  assert.deepEqual(await namesOf(archiveEntries(tree, { patterns: [], modes: 'kept' })), [
    '.',
    'B',
    'a',
    'a/c',
    'a.b',
    'b',
    '\uff01',
    '\u{1f600}',
  ])
})

test('what was packed by the kernel is unpacked, names of any length and script', async () => {
  const files = Object.fromEntries(
    ['a.yaml', `${'d'.repeat(90)}/${'e'.repeat(90)}.yaml`, 'ünïcödé/日本.yaml', `${'x'.repeat(120)}.yaml`].map((path, i) => [
      path,
      `content ${i}`,
    ]),
  )
  const tree = await readTree(kernel.gzip(tar(sourced(files)), signal), limits)
  assert.deepEqual(Object.fromEntries([...tree].map(([path, content]) => [path, Buffer.from(content).toString()])), files)
})

const part = fc.stringMatching(/^[a-c.-]{1,3}$/).filter(text => !/\.\.$|^\.$/.test(text))
const files = fc
  .uniqueArray(
    fc.array(part, { minLength: 1, maxLength: 3 }).map(parts => parts.join('/')),
    { maxLength: 10 },
  )
  .map(list => list.filter(path => !list.some(other => other.startsWith(`${path}/`))))
test('law: an archive has the files that no pattern ignores, each once', () =>
  fc.assert(
    fc.asyncProperty(files, fc.array(fc.stringMatching(/^!?\/?[abc*?/-]{1,4}$/)), async (list, lines) => {
      const patterns = parsePatterns(lines.join('\n'))
      const found: string[] = []
      for await (const { path, type } of archiveEntries(treeOf(Object.fromEntries(list.map(path => [path, path]))), {
        patterns,
        modes: 'kept',
      }))
        if (type === 'file') found.push(path)
      assert.deepEqual(found.toSorted(), list.filter(path => !isIgnored(patterns, path, false)).toSorted())
    }),
    { numRuns: 200 },
  ))
test('law: an archive of an unpacked archive is the same', () =>
  fc.assert(
    fc.asyncProperty(files, async list => {
      const first = await whole(tar(sourced(Object.fromEntries(list.map(path => [path, `of ${path}`])), '# none')))
      const again = new Map<string, { content: Uint8Array; mode: number }>()
      const folders = new Map<string, number>()
      for await (const { path, type, content, mode } of untar(kernel.gzip(bytes(first), signal), limits)) {
        if (type === 'file') again.set(path, { content, mode })
        else if (path !== '.') folders.set(path, mode)
      }
      assert.deepEqual(await whole(tar(archiveEntries(memoryTree(again, folders), { patterns: [], modes: 'normalised' }))), first)
    }),
    { numRuns: 25 },
  ))
