import type { Ended, Plan } from './program.ts'

/** What the starter is asked; programs have numbers. */
export type Asked = { readonly type: 'start'; readonly id: number; readonly plan: Plan } | { readonly type: 'end'; readonly id: number }

/** What it tells: once that it is there, then that a program runs, that it ended or could not be started, or that its streams could not be opened. */
export type Told = { readonly type: 'here' } | ToldOf

/** What it tells of a program. */
export type ToldOf =
  | { readonly type: 'runs'; readonly id: number; readonly pid: number }
  | { readonly type: 'ended'; readonly id: number; readonly how: Ended }
  | { readonly type: 'failed'; readonly id: number }

/** The first bytes of each stream that the starter opens: the number of the program, and that of the stream as file descriptors are counted. */
export const headBytes = 5

export function headOf(id: number, stream: number): Buffer {
  const head = Buffer.alloc(headBytes)
  head.writeUInt32BE(id)
  head.writeUInt8(stream, 4)
  return head
}

export function readHead(head: Buffer): { readonly id: number; readonly stream: number } {
  return { id: head.readUInt32BE(), stream: head.readUInt8(4) }
}
