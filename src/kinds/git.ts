/** A commit or a tag as Git stores it. */
export interface GitObject {
  /** 40 hexadecimal digits. */
  readonly hash: string
  /** The object as it was signed: without its signature. */
  readonly payload: Uint8Array
  /** Armoured, as the object carries it; `undefined` when it is not signed. */
  readonly signature?: string | undefined
}

export interface GitCommit extends GitObject {
  readonly message: string
  /** The committer's time, in milliseconds since the epoch. */
  readonly committedAt: number
}

/** An annotated tag. */
export interface GitTag extends GitObject {
  /** The name that the object itself gives. */
  readonly name: string
}
