import { gzipSync } from 'node:zlib'

/** What an entry's header says, true or not; `size` defaults to that of the content. */
export interface Said {
  readonly flag?: string
  readonly content?: string | Buffer
  readonly link?: string
  readonly size?: number
  /** Eight bytes, as they are. */
  readonly mode?: string
}

/** Blocks of one entry of a tar, whatever they say. */
export function entry(
  name: string,
  { flag = '0', content = '', link = '', size = Buffer.byteLength(content), mode = '0000644\0' }: Said = {},
): Buffer {
  const head = Buffer.alloc(512)
  head.write(name, 0)
  head.write(mode, 100, 'latin1')
  head.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  head.write(flag, 156)
  head.write(link, 157)
  head.write('ustar\u000000', 257)
  head.fill(0x20, 148, 156)
  const sum = head.reduce((total, byte) => total + byte, 0)
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  const body = Buffer.from(content)
  return Buffer.concat([head, body, Buffer.alloc((512 - (body.length % 512)) % 512)])
}

/** The end of a tar. */
export const end = Buffer.alloc(1024)

/** A gzipped tar of entries. */
export function archive(...entries: Buffer[]): Buffer {
  return gzipSync(Buffer.concat([...entries, end]))
}

/** A record of an extended header. */
export function record(key: string, value: string): string {
  const length = Buffer.byteLength(` ${key}=${value}\n`)
  const digits = String(length + String(length).length).length
  return `${length + digits} ${key}=${value}\n`
}
