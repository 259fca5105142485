/** A file that grows at its end. A write may be short; `FileHandle` of `node:fs/promises` is one. */
export interface LogFile {
  write(bytes: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesWritten: number }>
  truncate(length: number): Promise<void>
  datasync(): Promise<void>
  close(): Promise<void>
}

/**
 * Appends lines to a file: a line is on disk when its promise resolves. Lines that come while one batch is on its way go with the next.
 * A batch that fails, as on a full disk, is cut off again, so that what follows does not stand behind half a line.
 */
export class Appender {
  readonly #file: LogFile
  #length: number
  #waiting: string[] = []
  #last: Promise<void> = Promise.resolve()
  #next: Promise<void> | undefined

  /** @param length Of the file as it is, in bytes. */
  constructor(file: LogFile, length: number) {
    this.#file = file
    this.#length = length
  }

  append(line: string): Promise<void> {
    this.#waiting.push(line)
    this.#next ??= this.#afterLast()
    return this.#next
  }

  async #afterLast(): Promise<void> {
    await this.#last.catch(() => undefined)
    const batch = Buffer.from(this.#waiting.join(''))
    this.#waiting = []
    this.#next = undefined
    this.#last = this.#flush(batch)
    await this.#last
  }

  async #flush(batch: Uint8Array): Promise<void> {
    try {
      for (let done = 0; done < batch.length;)
        done += (await this.#file.write(batch, done, batch.length - done, this.#length + done)).bytesWritten
      await this.#file.datasync()
    } catch (thrown) {
      await this.#file.truncate(this.#length)
      throw thrown
    }
    this.#length += batch.length
  }

  async close(): Promise<void> {
    await this.#next?.catch(() => undefined)
    await this.#last.catch(() => undefined)
    await this.#file.close()
  }
}
