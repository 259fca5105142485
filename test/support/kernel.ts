import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { after } from 'node:test'
import type { Kernel } from '../../src/world/kernel/kernel.ts'
import { openKernel } from '../../src/world/kernel/pool.ts'
import { users } from './shared.ts'

const root = join(import.meta.dirname, '../..')

interface Deadlines {
  readonly deadlineMs?: number
  readonly buildDeadlineMs?: number
}

const open = (options: Deadlines): Kernel =>
  openKernel({
    modules: join(root, 'kernel/modules'),
    definitions: join(root, 'kernel/k8s/builtin.json'),
    worker: pathToFileURL(join(root, 'src/world/kernel/worker.ts')),
    ...options,
  })

let common: Kernel | undefined
const useCommon = users(async () => {
  const kernel = common
  common = undefined
  await kernel?.close()
})

/** The real kernel, closed when the test file ends; one with the usual deadlines is that of every file in the process. */
export function testKernel(options?: Deadlines): Kernel {
  if (options) {
    const own = open(options)
    after(() => own.close())
    return own
  }
  useCommon()
  return (common ??= open({}))
}
