/** Content that was put aside. */
export interface Kept {
  /** In bytes. */
  readonly size: number
  read(): AsyncIterable<Uint8Array>
}

/** A place for as long as work takes. */
export interface Room {
  /** Puts content aside; what is large is written down without holding it. What `content` throws passes as it is. @throws {StorageError} NO_FOLDER, DISK_FULL, WRITE_FAILED */
  keep(content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Kept>
}

/** Where to put what is too large for memory. */
export interface Scratch {
  /** Work with a room that is empty, and gone when the work has ended. */
  during<T>(work: (room: Room) => Promise<T>): Promise<T>
}
