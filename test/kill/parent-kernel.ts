import type { ChildProcess } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import type { Kernel } from '../../src/world/kernel/kernel.ts'

const calls = ['kustomizeBuild', 'kustomizeObjects', 'kustomizationFile', 'checkManifests'] as const

interface Ask {
  readonly id: number
  readonly call: (typeof calls)[number]
  readonly input: never
}
interface Answer {
  readonly id: number
  readonly output?: unknown
  readonly failure?: string
}

/** Builds for a child that has {@link parentKernel}. The child is spawned with an IPC channel of advanced serialisation. */
export function serveKernel(child: ChildProcess, kernel: Kernel): void {
  const { signal } = new AbortController()
  const tell = (answer: Answer): void => void (child.connected && child.send(answer, () => undefined))
  child.on('message', ({ id, call, input }: Ask) => {
    kernel[call](input, signal).then(
      output => tell({ id, output }),
      (thrown: Error) => tell({ id, failure: thrown.message }),
    )
  })
}

/** A kernel whose builds are made by the parent's: a process that lives for a second does not spend it on compiling modules. */
export function parentKernel(own: Kernel): Kernel {
  const waiting = new Map<number, PromiseWithResolvers<never>>()
  let ids = 0
  process.on('message', ({ id, output, failure }: Answer) => {
    const waits = waiting.get(id)
    waiting.delete(id)
    if (failure === undefined) waits?.resolve(output as never)
    else waits?.reject(new Error(failure))
  })
  const ask = (call: Ask['call'], input: unknown): Promise<never> => {
    const waits = Promise.withResolvers<never>()
    waiting.set(++ids, waits)
    process.send?.({ id: ids, call, input })
    return waits.promise
  }
  return {
    ...own,
    kustomizeBuild: input => ask('kustomizeBuild', input),
    kustomizeObjects: input => ask('kustomizeObjects', input),
    kustomizationFile: content => ask('kustomizationFile', content),
    checkManifests: files => ask('checkManifests', files),
    gzip: async function* (source) {
      yield gzipSync(Buffer.concat(await Array.fromAsync(source)))
    },
  }
}
