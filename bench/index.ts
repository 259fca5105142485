// Figures of the program, beside a peer where there is one. Nothing here fails by a clock.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

for (const name of readdirSync(import.meta.dirname)
  .filter(n => n.endsWith('.bench.ts'))
  .toSorted()) {
  const { bench } = (await import(join(import.meta.dirname, name))) as { bench(): Promise<readonly [what: string, figure: string][]> }
  process.stdout.write(`${name.replace('.bench.ts', '')}\n`)
  for (const [what, figure] of await bench()) process.stdout.write(`  ${what.padEnd(52)} ${figure}\n`)
}
process.exit(0)
