// Writes scans over and over until it is killed, and says each that is written. Argument: the file.
import { sqliteTags } from '../../../src/world/tags/sqlite.ts'
import { image, owner } from './owner.ts'

const tags = sqliteTags({ file: process.argv[2] ?? '' })
const [before = '0-'] = await tags.read(owner, image)
for (let round = Number(before.split('-')[0]) + 1; ; round++) {
  await tags.write(
    owner,
    image,
    Array.from({ length: 5000 }, (_, i) => `${round}-${i}`),
  )
  process.stdout.write(`${round}\n`)
}
