import { CodedError } from '../lib/coded-error.ts'

/** Why an object cannot be built, by the Ready reason it ends in. Messages are Flux's. */
export class BuildError extends CodedError<'BuildFailed' | 'ArtifactFailed'> {
  override readonly name = 'BuildError'
}
