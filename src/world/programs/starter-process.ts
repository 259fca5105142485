// The small process that starts programs for a large one: see starter.ts.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Socket } from 'node:net'
import { type Asked, headOf, type Told } from './messages.ts'
import { type Ended, endGroup, notStarted, type Plan } from './program.ts'

const door = process.argv[2] ?? ''
const running = new Map<number, ChildProcess>()
const tell = (told: Told): void => void process.send?.(told, () => {})

/** A stream to the large process, of which nothing is read here. */
async function streamOf(id: number, stream: number): Promise<Socket> {
  const socket = new Socket({ allowHalfOpen: true })
  // A failure is told by the connection or the write.
  socket.on('error', () => {})
  socket.pause()
  socket.connect(door)
  await once(socket, 'connect')
  await new Promise<void>((done, fail) => socket.write(headOf(id, stream), thrown => (thrown ? fail(thrown) : done())))
  return socket
}

async function start(id: number, { program, args, env, cwd }: Plan): Promise<void> {
  const opened = await Promise.allSettled([0, 1, 2].map(stream => streamOf(id, stream)))
  const streams = opened.flatMap(o => (o.status === 'fulfilled' ? [o.value] : []))
  try {
    if (streams.length < opened.length) return tell({ type: 'failed', id })
    const child = spawn(program, args, { cwd, env: { ...env }, stdio: streams, detached: true })
    running.set(id, child)
    const ended = (how: Ended): void => {
      running.delete(id)
      tell({ type: 'ended', id, how })
    }
    child.once('error', () => ended(notStarted))
    child.once('exit', (code, killer) => ended({ code: code ?? 1, killer: killer ?? undefined }))
    if (child.pid !== undefined) tell({ type: 'runs', id, pid: child.pid })
  } finally {
    for (const stream of streams) stream.destroy()
  }
}

process.on('message', (asked: Asked) => {
  if (asked.type === 'start') return void start(asked.id, asked.plan).catch(() => tell({ type: 'ended', id: asked.id, how: notStarted }))
  const child = running.get(asked.id)
  if (child) endGroup(child)
})
tell({ type: 'here' })
process.once('disconnect', () => {
  for (const child of running.values()) endGroup(child)
  process.exit()
})
