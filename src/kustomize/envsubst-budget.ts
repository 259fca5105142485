import { SubstitutionError } from './envsubst-parse.ts'

const mebibytes = 256

/** What expanding may cost, in bytes made and looked at. One budget may serve many texts. */
export class Budget {
  #left = mebibytes * 1024 * 1024

  /** @throws {SubstitutionError} TOO_LARGE when nothing is left. */
  spend(bytes: number): void {
    this.#left -= bytes
    if (this.#left < 0)
      throw new SubstitutionError(
        'TOO_LARGE',
        `expanding takes more than ${mebibytes} MiB: use fewer or shorter variables, and no patterns on long ones`,
      )
  }
}
