import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { after } from 'node:test'
import type { Kernel } from '../../src/world/kernel/kernel.ts'
import { openKernel } from '../../src/world/kernel/pool.ts'

const root = join(import.meta.dirname, '../..')

/** The real kernel, closed when the test file ends. */
export function testKernel(options: { deadlineMs?: number; buildDeadlineMs?: number } = {}): Kernel {
  const kernel = openKernel({
    modules: join(root, 'kernel/modules'),
    definitions: join(root, 'kernel/k8s/builtin.json'),
    worker: pathToFileURL(join(root, 'src/world/kernel/worker.ts')),
    ...options,
  })
  after(() => kernel.close())
  return kernel
}
