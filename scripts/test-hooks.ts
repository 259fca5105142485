// Loaded before tests. `node:test` follows every promise with async hooks, to know which test an error or a nested test is of;
// that takes a tenth of what suites with many requests take. An AsyncLocalStorage knows it too, and costs nothing.
import hooks, { AsyncLocalStorage } from 'node:async_hooks'

const { createHook, executionAsyncId, AsyncResource } = hooks
const running = new AsyncLocalStorage<number>()
let told: NonNullable<Parameters<typeof createHook>[0]['init']> | undefined

hooks.createHook = callbacks => {
  if (told || !callbacks.init || !callbacks.destroy) return createHook(callbacks)
  told = callbacks.init
  const nothing = { enable: () => nothing, disable: () => nothing }
  return nothing
}
hooks.executionAsyncId = () => running.getStore() ?? executionAsyncId()
hooks.AsyncResource = class extends AsyncResource {
  constructor(...args: ConstructorParameters<typeof AsyncResource>) {
    super(...args)
    if (args[0] === 'Test') told?.(this.asyncId(), 'Test', this.triggerAsyncId(), this)
  }

  override runInAsyncScope<This, Result>(run: (this: This, ...args: unknown[]) => Result, self?: This, ...args: unknown[]): Result {
    return super.runInAsyncScope(() => running.run(this.asyncId(), () => run.apply(self as This, args)))
  }
}
