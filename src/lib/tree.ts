/** A folder of files, wherever it is: paths are relative to it with `/`, and `''` is the folder itself. Links are not followed. */
export interface Tree {
  /** What a folder holds, in any order; nothing for one that is not there. */
  list(folder: string): Promise<readonly TreeEntry[]>
  read(path: string): AsyncIterable<Uint8Array>
  /** Permission bits of the root. */
  rootMode(): Promise<number>
}

export interface TreeEntry {
  readonly name: string
  readonly type: 'folder' | 'file' | 'link' | 'other'
  /** Permission bits. */
  readonly mode: number
  /** Bytes. */
  readonly size: number
}
