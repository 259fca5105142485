import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../support/program.ts'

const lines = readFileSync(join(root, 'deploy/Dockerfile'), 'utf8').split('\n')

test('the image is built from what its first stage copies, which is all that the context holds', t => {
  const copied = lines
    .filter(line => line.startsWith('COPY ') && !line.includes('--from'))
    .flatMap(line => line.split(' ').slice(1, -1))
    .filter((path, i, all) => all.indexOf(path) === i)
  const context = readFileSync(join(root, '.dockerignore'), 'utf8').trim().split('\n')
  assert.deepEqual(context.toSorted(), ['*', ...copied.map(path => `!${path}`)].toSorted())
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-image-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const path of copied) cpSync(join(root, path), join(folder, path), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  execFileSync(process.execPath, [join(folder, 'scripts/build.ts')], { cwd: folder })
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  assert.equal(execFileSync(process.execPath, [join(folder, 'dist/cli.js'), '--version'], { encoding: 'utf8' }).trim(), version)
})

test('it runs as a user that ssh can look up, on the Node of development, with what sources need', () => {
  const text = lines.join('\n')
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { devDependencies: { node: string } }
  assert.deepEqual(
    [...text.matchAll(/^FROM node:(\S+?)-/gm)].map(m => m[1]),
    [devDependencies.node, devDependencies.node],
  )
  assert.match(text, /^USER 1000:1000$/m)
  assert.match(text, / git openssh-client/)
})
