// Gives files one content and then another, over and over until it is killed. Arguments: folder, how many files.
import { join } from 'node:path'
import { workspaceFiles } from '../../../src/world/files/disk.ts'

const [folder = '', count = '1'] = process.argv.slice(2)
const files = workspaceFiles([folder])
process.stdout.write('begun\n')
for (let round = 0; ; round++)
  await files.replace(
    new Map(Array.from({ length: Number(count) }, (_, i) => [join(folder, String(i)), Buffer.alloc(50_000, round % 2 === 0 ? 'a' : 'b')])),
  )
