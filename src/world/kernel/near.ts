import { type Instance, instantiate, verdictOn } from './instance.ts'
import type { LoadedModule } from './modules.ts'

/**
 * A module in this thread: for calls that end soon whatever they are given, as nothing can interrupt them. A worker costs some 25 MiB.
 * An instance that breaks is replaced at the next call.
 */
export class Near {
  readonly #load: () => Promise<LoadedModule>
  #instance: Promise<Instance> | undefined

  constructor(load: () => Promise<LoadedModule>) {
    this.#load = load
  }

  /** @throws {KernelError} */
  async call(operation: string, input: Uint8Array): Promise<Uint8Array> {
    const begun = (this.#instance ??= this.#begin())
    const forget = (): void => {
      if (this.#instance === begun) this.#instance = undefined
    }
    const instance = await begun.catch((thrown: unknown) => {
      forget()
      throw thrown
    })
    try {
      return instance.call(operation, input)
    } catch (thrown) {
      const { error, broken } = verdictOn(thrown, instance.printed())
      if (broken) forget()
      throw error
    }
  }

  close(): void {
    this.#instance = undefined
  }

  async #begin(): Promise<Instance> {
    const { module, image } = await this.#load()
    return instantiate(module, { image: await image() })
  }
}
