import assert from 'node:assert/strict'
import { defaultPatterns, isIgnored, parsePatterns } from '../../src/sources/ignore.ts'
import { type BehaviourId, verifies } from '../conformance/verifies.ts'

const table: [BehaviourId, patterns: string, domain: string[], path: string, isFolder: boolean, ignored: boolean][] = [
  ['sources/91.1', 'ignore-dir/*\n!ignore-dir/include', [], 'ignore-dir/file.yaml', false, true], ['sources/91.2', 'ignore-dir/*\n!ignore-dir/include', [], 'ignore-dir/include', false, false],
  ['sources/92', 'ignore-dir/*\n# !ignore-dir/include', [], 'ignore-dir/include', false, true],
  ['sources/93.1', 'ignore-dir/*', ['domain', 'scoped'], 'domain/scoped/ignore-dir/file.yaml', false, true], ['sources/93.2', 'ignore-dir/*', ['domain', 'scoped'], 'ignore-dir/file.yaml', false, false],
  ['sources/94.1', defaultPatterns.source, [], 'image.jpg', false, true], ['sources/94.2', defaultPatterns.source, [], 'archive.tar.gz', false, true], ['sources/94.3', defaultPatterns.source, [], '.github/workflows/workflow.yaml', false, true],
  ['sources/94.4', defaultPatterns.source, [], 'subdir/.flux.yaml', false, true], ['sources/94.5', defaultPatterns.source, [], 'subdir2/.sops.yaml', false, true], ['sources/94.6', defaultPatterns.source, [], 'workload.yaml', false, false], ['sources/94.7', defaultPatterns.source, [], 'simple.txt', false, false],
  ['sources/95', `${defaultPatterns.source}\n!*.jpg`, [], 'image.jpg', false, false], ['sources/97', '[!a].txt', [], 'b.txt', false, false],
  ['sources/98.1', '*\n!*.yaml', [], 'a/b.yaml', false, false], ['sources/98.2', '*\n!*.yaml', [], 'a', true, true],
]
for (const [id, patterns, domain, path, isFolder, ignored] of table)
  verifies(id, `${path} is ${ignored ? 'left out' : 'kept'}`, () => assert.equal(isIgnored(parsePatterns(patterns, domain), path, isFolder), ignored))
