import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram } from '../scripts/refs/cache.ts'
import { startDockerRegistry } from '../test/refs/registries.ts'

const root = join(import.meta.dirname, '..')
const [megabyte, files] = [1024 * 1024, 20]

/** A 200 MB artifact up and down as whole processes, beside oras doing the same: seconds, and the most memory that the process had. */
export async function bench(): Promise<readonly [string, string][]> {
  const oras = findProgram('oras')
  if (!findProgram('docker-registry') || !oras)
    return [['push and pull of an artifact', 'docker-registry or oras is missing: npm run build:refs']]
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-bench-'))
  const server = await startDockerRegistry()
  const content = join(folder, 'content')
  mkdirSync(content)
  for (let i = 0; i < files; i++) writeFileSync(join(content, `${i}.bin`), randomBytes((200 / files) * megabyte))
  try {
    return await compared({ folder, content, address: server.address, oras })
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function compared(of: { folder: string; content: string; address: string; oras: string }): Promise<[string, string][]> {
  const { folder, content, address, oras } = of
  const fluxpilot = (...args: string[]): Promise<Ran> =>
    ran(process.execPath, [join(root, 'dist/cli.js'), '--oras', 'off', '--workspace', folder, ...args], folder)
  const [ours, theirs] = [join(folder, 'ours'), join(folder, 'theirs')]
  for (const place of [ours, theirs]) mkdirSync(place)
  const pushed = await fluxpilot(
    'push',
    'artifact',
    `oci://${address}/ours:v1`,
    '--path',
    content,
    '--source',
    'bench',
    '--revision',
    'bench',
  )
  const orasPushed = await ran(
    oras,
    ['push', '--plain-http', `${address}/theirs:v1`, 'content:application/vnd.oci.image.layer.v1.tar+gzip'],
    folder,
  )
  const pulled = await fluxpilot('pull', 'artifact', `oci://${address}/ours:v1`, '--output', ours)
  const orasPulled = await ran(oras, ['pull', '--plain-http', '-o', theirs, `${address}/theirs:v1`], folder)
  return [
    ['push a 200 MB artifact', shown(pushed)],
    ['the same by oras push', shown(orasPushed)],
    ['ratio of times', (pushed.seconds / orasPushed.seconds).toFixed(2)],
    ['pull it', shown(pulled)],
    ['the same by oras pull', shown(orasPulled)],
    ['ratio of times', (pulled.seconds / orasPulled.seconds).toFixed(2)],
  ]
}

interface Ran {
  readonly seconds: number
  readonly peakMegabytes: number
}

const shown = ({ seconds, peakMegabytes }: Ran): string => `${seconds.toFixed(1)} s, ${peakMegabytes} MB at most`

async function ran(program: string, args: readonly string[], cwd: string): Promise<Ran> {
  const began = performance.now()
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] })
  let [said, peak] = ['', 0]
  child.stderr.on('data', chunk => {
    said += String(chunk)
  })
  const timer = setInterval(() => {
    peak = Math.max(peak, peakOf(child.pid))
  }, 20)
  const [code] = (await once(child, 'exit')) as [number | null]
  clearInterval(timer)
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${said}`)
  return { seconds: (performance.now() - began) / 1000, peakMegabytes: Math.round(peak) }
}

/** The most memory that a process had, in megabytes; 0 when it has ended. */
function peakOf(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}
