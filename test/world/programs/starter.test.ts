import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { suite, test } from 'node:test'
import { startHere, type StartProgram } from '../../../src/world/programs/program.ts'
import { programStarter } from '../../../src/world/programs/starter.ts'
import { toTheEnd } from '../../support/to-the-end.ts'

const env = { PATH: process.env.PATH ?? '', GREETING: 'hello' }
const shell = (script: string, ...args: string[]) => ({ program: '/bin/sh', args: ['-c', script, 'sh', ...args], env, cwd: '/' })

/** One that starts from a small process already. */
async function warm(): Promise<StartProgram> {
  const start = programStarter()
  for (let i = 0; i < 4; i++) assert.equal((await (await start(shell('exit 3'))).ended).code, 3)
  return start
}

const isThere = (pid: string): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

for (const [name, opened] of [
  ['here', async () => startHere],
  ['from a small process', warm],
] as const)
  suite(`programs that are started ${name}`, () => {
    test('streams, arguments, environment, folder and code are its own', async () => {
      const start = await opened()
      const said = await toTheEnd(start, { ...shell('cat; echo "$GREETING $1 $(pwd)" >&2; exit 7', 'a b'), cwd: '/usr' }, 'given')
      assert.deepEqual({ ...said, killer: undefined }, { out: 'given', err: 'hello a b /usr\n', code: 7, killer: undefined })
    })

    test('what is large comes whole, both ways', async () => {
      const start = await opened()
      const given = 'x'.repeat(8 * 1024 * 1024)
      assert.equal((await toTheEnd(start, shell('cat'), given)).out.length, given.length)
    })

    test('what does not read its input ends all the same', async () => {
      const start = await opened()
      assert.equal((await toTheEnd(start, shell('exit 0'), 'y'.repeat(4 * 1024 * 1024))).code, 0)
    })

    test('many at once have each their own', async () => {
      const start = await opened()
      const all = await Promise.all(Array.from({ length: 40 }, (_, i) => toTheEnd(start, shell('cat; exit "$1"', String(i)), `input ${i}`)))
      assert.deepEqual(
        all.map(({ out, code }) => [out, code]),
        Array.from({ length: 40 }, (_, i) => [`input ${i}`, i]),
      )
    })

    test('a program that is not there, and a folder that is not', async () => {
      const start = await opened()
      assert.deepEqual(await toTheEnd(start, { ...shell(''), program: '/nonexistent/program' }), { out: '', err: '', code: 127 })
      assert.deepEqual(await toTheEnd(start, { ...shell('true'), cwd: '/nonexistent' }), { out: '', err: '', code: 127 })
    })

    test('one that is ended takes with it what it started', async () => {
      const start = await opened()
      const { stdout, stderr, ended, end } = await start(shell('sleep 1000 & echo $!; wait'))
      stderr.resume()
      const [line] = (await once(createInterface(stdout), 'line')) as [string]
      end()
      stdout.resume()
      assert.deepEqual(await ended, { code: 1, killer: 'SIGKILL' })
      assert.ok(!isThere(line))
      end()
    })

    test('one whose output nobody wants any more ends', async () => {
      const start = await opened()
      const { stdout, stderr, ended } = await start(shell('while echo more; do :; done'))
      stderr.resume()
      await once(stdout, 'readable')
      stdout.destroy()
      await ended
    })
  })

suite('the small process', () => {
  test('its end is that of what it ran; another starts what comes next', async () => {
    const start = await warm()
    const { stdout, stderr, ended } = await start(shell('echo $PPID $$; sleep 1000'))
    stderr.resume()
    const [line] = (await once(createInterface(stdout), 'line')) as [string]
    const [starter = '', program = ''] = line.split(' ')
    process.kill(Number(starter), 'SIGKILL')
    assert.equal((await ended).code, 127)
    assert.ok(!isThere(program))
    assert.equal((await toTheEnd(start, shell('echo "$PPID"'))).code, 0)
  })

  const script = `
    import { programStarter } from ${JSON.stringify(join(import.meta.dirname, '../../../src/world/programs/starter.ts'))}
    const [, , pipe, from] = process.argv
    const start = programStarter(from && new URL(from))
    const plan = script => ({ program: '/bin/sh', args: ['-c', script], env: process.env, cwd: '/' })
    for (let i = 0; i < 5; i++) await (await start(plan('exit 0'))).ended
    if (pipe) await (await start(plan('exec sleep 1000 > ' + pipe))).ended`

  const child = (...args: string[]): ChildProcess =>
    spawn(process.execPath, ['--input-type=module', '-e', script, 'script', ...args], { stdio: ['ignore', 'ignore', 'inherit'] })

  test('it holds no process that has nothing to run', async () => {
    assert.equal((await once(child(), 'exit'))[0], 0)
  })

  test('where it cannot be, programs are started all the same, and nothing is held', async () => {
    const absent = new URL('./absent.ts', import.meta.url)
    const start = programStarter(absent)
    for (let i = 0; i < 7; i++) assert.equal((await toTheEnd(start, shell('cat'), `${i}`)).out, `${i}`)
    assert.equal((await once(child('', absent.href), 'exit'))[0], 0)
  })

  test('what runs ends with the process that it is for, however that ends', async t => {
    const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-programs-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    const parent = child(pipe)
    const held = await open(pipe)
    parent.kill('SIGKILL')
    assert.equal(await text(held.createReadStream()), '')
  })
})
