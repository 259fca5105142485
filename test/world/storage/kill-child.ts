// Stores, links and collects in a folder, and kills itself at one call of the file system. Arguments: folder, which call, 'before' or 'after' it.
import * as promises from 'node:fs/promises'
import { realClock } from '../../../src/world/clock/real.ts'
import { diskArtifacts } from '../../../src/world/storage/disk.ts'
import type { Files } from '../../../src/world/storage/durable.ts'
import { killedWork } from './killed-work.ts'

const [folder = '', at = '0', when = 'before'] = process.argv.slice(2)
let calls = 0
async function counted<T>(work: () => Promise<T>): Promise<T> {
  const mine = ++calls === Number(at)
  if (mine && when === 'before') process.kill(process.pid, 'SIGKILL')
  const done = await work()
  if (mine) process.kill(process.pid, 'SIGKILL')
  return done
}

const open: Files['open'] = async (path, flags, mode) => {
  const handle = await counted(() => promises.open(path, flags, mode))
  const [write, sync] = [handle.writeFile.bind(handle), handle.sync.bind(handle)]
  return Object.assign(handle, { writeFile: (data: Uint8Array) => counted(() => write(data)), sync: () => counted(sync) })
}
const files: Files = {
  ...promises,
  open,
  rename: (from, to) => counted(() => promises.rename(from, to)),
  rm: (path, options) => counted(() => promises.rm(path, options)),
  symlink: (target, path, type) => counted(() => promises.symlink(target, path, type)),
}
await killedWork(diskArtifacts({ folder, advertised: 'storage.test', clock: realClock, files }))
process.stdout.write(`${calls}\n`)
