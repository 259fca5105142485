import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { StepError } from '../../src/engine/outcome.ts'
import { ArchiveError, type ArchiveErrorCode } from '../../src/lib/archive-error.ts'
import type { CodedError } from '../../src/lib/coded-error.ts'
import { ReferenceError } from '../../src/lib/reference.ts'
import { VersionError } from '../../src/lib/semver.ts'
import { fallbackAdvice, stepError, toolCodes, ToolError, type ToolErrorCode, toolErrorOf } from '../../src/tools/frame/error.ts'
import { AuthError, type AuthErrorCode } from '../../src/world/auth/error.ts'
import { ClusterError } from '../../src/world/cluster/error.ts'
import { CommitError, type CommitErrorCode, FilesError, type FilesErrorCode } from '../../src/world/files/error.ts'
import { RegistryError, type RegistryErrorCode } from '../../src/world/registry/error.ts'

/** One row a code: a new one does not compile until somebody says what it is to a caller. */
const registry: Readonly<Record<RegistryErrorCode, [code: ToolErrorCode, retryable: boolean]>> = {
  NOT_FOUND: ['NotFound', false],
  DENIED: ['Unauthenticated', false],
  UNREACHABLE: ['Unreachable', true],
  TLS: ['Unreachable', true],
  TIMEOUT: ['Timeout', true],
  RATE_LIMITED: ['RateLimited', true],
  UNAVAILABLE: ['Unreachable', true],
  DIGEST_MISMATCH: ['VerificationFailed', false],
  SIZE_MISMATCH: ['VerificationFailed', false],
  TOO_LARGE: ['TooLarge', false],
  BAD_ANSWER: ['Unreachable', true],
  REFUSED: ['ApplyFailed', false],
  ORAS_MISSING: ['Unsupported', false],
  ORAS_TOO_OLD: ['Unsupported', false],
  ORAS_FAILED: ['Unreachable', true],
}
const auth: Readonly<Record<AuthErrorCode, [code: ToolErrorCode, retryable: boolean]>> = {
  GATE_DISABLED: ['Unsupported', false],
  WRONG_INPUT: ['InvalidArgument', false],
  NO_IDENTITY: ['Unauthenticated', false],
  NO_ACCOUNT: ['NotFound', false],
  DENIED: ['Unauthenticated', false],
  UNREACHABLE: ['Unreachable', true],
  UNAVAILABLE: ['Unreachable', true],
  BAD_ANSWER: ['Unreachable', true],
}
const files: Readonly<Record<FilesErrorCode, ToolErrorCode>> = {
  OUTSIDE_WORKSPACE: 'Forbidden',
  NOT_FOUND: 'NotFound',
  NOT_ALLOWED: 'Forbidden',
  IN_THE_WAY: 'Conflict',
  DISK_FULL: 'Internal',
  FILE_LIMIT: 'Internal',
}
const commits: Readonly<Record<CommitErrorCode, ToolErrorCode>> = {
  NO_CHECKOUT: 'InvalidArgument',
  NO_AUTHOR: 'InvalidArgument',
  REFUSED: 'ApplyFailed',
}
const archives: Readonly<Partial<Record<ArchiveErrorCode, ToolErrorCode>>> = {
  NOT_GZIP: 'VerificationFailed',
  NOT_TAR: 'VerificationFailed',
  TRUNCATED: 'VerificationFailed',
  ESCAPES: 'VerificationFailed',
  LINK: 'VerificationFailed',
  CLASH: 'VerificationFailed',
  TOO_LARGE: 'TooLarge',
  TOO_MANY: 'TooLarge',
  UNSUPPORTED: 'Unsupported',
}
const keys = <K extends string>(record: Readonly<Partial<Record<K, unknown>>>): K[] => Object.keys(record) as K[]
const rows: [from: string, thrown: CodedError, code: ToolErrorCode, retryable: boolean][] = [
  ...keys(registry).map((code): (typeof rows)[number] => ['registry', new RegistryError(code, { ref: 'r' }), ...registry[code]]),
  ...keys(auth).map((code): (typeof rows)[number] => ['auth', new AuthError(code, 'm'), ...auth[code]]),
  ...keys(files).map((code): (typeof rows)[number] => ['files', new FilesError(code, 'p'), files[code], code === 'IN_THE_WAY']),
  ...keys(commits).map((code): (typeof rows)[number] => ['commits', new CommitError(code, 'm'), commits[code], false]),
  ...keys(archives).map((code): (typeof rows)[number] => ['archives', new ArchiveError(code, 'm'), archives[code] ?? 'Internal', false]),
  ['references', new ReferenceError('INVALID_URL', 'm'), 'InvalidArgument', false],
  ['references', new ReferenceError('INVALID_REFERENCE', 'm'), 'InvalidArgument', false],
  ['versions', new VersionError('BAD_RANGE', 'm'), 'InvalidArgument', false],
  ['versions', new VersionError('NO_VERSION', 'm'), 'NotFound', false],
  ['versions', new VersionError('BAD_FILTER', 'm'), 'InvalidArgument', false],
]
for (const [from, thrown, code, retryable] of rows)
  test(`${thrown.code} of ${from} is told as ${code}`, () => {
    const told = toolErrorOf(thrown, 'report-1')
    assert.equal(told.code, code)
    assert.equal(told.retryable, retryable)
    assert.ok(told.told.next.length > 5)
  })

const step = (code: string, cause?: unknown): StepError => new StepError(code, 'the step failed', { cause })
const forbidden = new ClusterError('FORBIDDEN', { cluster: 'c', what: 'secrets', message: 'secrets is forbidden' })
const steps: [says: string, thrown: StepError, code: ToolErrorCode, next: RegExp][] = [
  [
    'what a hand said behind it',
    step('AuthenticationFailed', new Error('no options', { cause: forbidden })),
    'Forbidden',
    /right named in/,
  ],
  ['its reason where no hand said anything', step('AuthenticationFailed'), 'Unauthenticated', /credentials that the message names/],
  ['what is to be corrected where its reason says nothing', step('SourceManagerFailed', new Error('x')), 'NotReady', /create or correct/],
]
for (const [says, thrown, code, next] of steps)
  test(`a failed step is told as ${says}`, () => {
    const told = toolErrorOf(thrown, 'report-1')
    assert.deepEqual([told.code, told.message], [code, 'the step failed'])
    assert.match(told.told.next, next)
    const named = stepError(thrown, 'A/n/x')
    assert.ok(named instanceof ToolError)
    assert.deepEqual(
      [named.code, named.message, named.told.object, named.told.next],
      [code, 'A/n/x: the step failed', 'A/n/x', told.told.next],
    )
  })

test('for every code there is something to do', () => {
  const without = new Set(Object.values(toolCodes).filter(code => code && !(code in fallbackAdvice)))
  // Clusters and tools give these, each with its own advice.
  assert.deepEqual([...without].toSorted(), ['AmbiguousCluster', 'CursorExpired', 'Internal', 'NoMatch'])
})

test('what is known of a step counts where no hand said anything', () => {
  const known = { code: 'BuildFailed', next: 'correct it' } as const
  const codeOf = (thrown: unknown): unknown => (thrown instanceof ToolError ? thrown.code : thrown)
  assert.equal(codeOf(stepError(step('UpdateFailed'), 'x', known)), 'BuildFailed')
  assert.equal(codeOf(stepError(step('UpdateFailed', forbidden), 'x', known)), 'Forbidden')
  assert.equal(codeOf(stepError(forbidden, 'x')), 'Forbidden')
  const unforeseen = new Error('x')
  assert.equal(stepError(unforeseen, 'x'), unforeseen)
})

/** Codes that a tool never meets: those of the kernel's merging, and of what serves or keeps the process itself. */
const elsewhere = new Set([
  'CHART_INVALID',
  'CRASHED',
  'EXPRESSION_INVALID',
  'FAILED',
  'INPUT_TOO_LARGE',
  'NO_SCHEMA',
  'STATUS',
  'TEMPLATE_INVALID',
])
test('every code of a hand is told in the words of tools', () => {
  const world = join(import.meta.dirname, '../../src/world')
  const files = readdirSync(world, { recursive: true, encoding: 'utf8' }).filter(path => path.endsWith('/error.ts'))
  const found = files.flatMap(path => {
    const text = readFileSync(join(world, path), 'utf8')
    return [...text.matchAll(/^ {2}([A-Z][A-Z_]+): |^ {2}\| '([A-Z_]+)'/gm)].map(([, a, b]) => a ?? b ?? '')
  })
  assert.ok(found.length > 60, String(found.length))
  assert.deepEqual(
    found.filter(code => !(code in toolCodes) && !elsewhere.has(code) && !/^(?:E[A-Z]+|UND_.*)$/.test(code)),
    [],
  )
})

test('what nobody foresaw keeps its words out and carries a report id', () => {
  const told = toolErrorOf(new Error('secret words'), 'report-1')
  assert.equal(told.code, 'Internal')
  assert.match(told.message, /report-1/)
  assert.doesNotMatch(told.message, /secret/)
})
