import { type KubeObject, printRef, refOf } from '../../kinds/manifest.ts'
import { stepError } from '../frame/error.ts'

/** Takes steps of an object's pass. @throws {ToolError} for one that fails, which names the object. */
export async function stepsOf<T>(object: KubeObject, steps: () => Promise<T>): Promise<T> {
  try {
    return await steps()
  } catch (thrown) {
    throw stepError(thrown, printRef(refOf(object)))
  }
}
