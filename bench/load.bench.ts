import { findProgram } from '../scripts/refs/cache.ts'
import { dataFolder } from '../test/support/data.ts'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fluxSide, ourSide, type Round, type Side } from './load.ts'

/** How many Kustomizations: `LOAD=100,500,1000`. */
const counts = (process.env.LOAD ?? '100').split(',').map(Number)
/** Which sides run: `LOAD_SIDES=ours,flux`. */
const wanted = (process.env.LOAD_SIDES ?? 'ours,flux').split(',')
/** How often each side runs, of which the middle is told: the speed of a machine that others use changes between two runs. `LOAD_RUNS=3`; few Kustomizations take no time. */
const runsOf = (count: number): number => Number(process.env.LOAD_RUNS ?? (count > 100 ? 1 : 3))
const rounds = ['created', 'new revision', 'nothing new'] as const

/**
 * Kustomizations with an OCIRepository and four objects each, on the real API server: from creation until all are Ready, a round with a new
 * revision, and one with nothing new. Beside Flux's own controllers, in turns, each on an API server that starts empty.
 */
export async function bench(): Promise<readonly [string, string][]> {
  if (!findProgram('kube-apiserver') || !findProgram('etcd')) return [['the real API server', 'not built: npm run build:refs']]
  const isFluxThere = findProgram('source-controller') && findProgram('kustomize-controller') && existsSync(join(dataFolder, 'flux-crds'))
  const rows: [string, string][] = isFluxThere ? [] : [["Flux's controllers", 'not built: npm run build:refs -- --all']]
  for (const count of counts) {
    const [ours, flux] = await inTurns(count, [
      wanted.includes('ours') ? ourSide : undefined,
      isFluxThere && wanted.includes('flux') ? fluxSide : undefined,
    ])
    for (const round of rounds)
      rows.push([
        `${count}: ${round}`,
        [told('ours', ours, { round, count }), told('Flux', flux, { round, count }), ratio(ours, flux, round)].filter(Boolean).join(' · '),
      ])
    rows.push([
      `${count}: memory at most`,
      [ours && `ours ${ours.peakMiB} MiB`, flux && `Flux ${flux.peakMiB} MiB`].filter(Boolean).join(' · '),
    ])
  }
  return rows
}

/** Each side as the middle of its runs; who goes first changes with each. */
async function inTurns(count: number, sides: readonly (((count: number) => Promise<Side>) | undefined)[]): Promise<(Side | undefined)[]> {
  const ran = sides.map((): Side[] => [])
  for (let run = 0; run < runsOf(count); run++)
    for (const i of run % 2 === 0 ? [0, 1] : [1, 0]) {
      const side = await sides[i]?.(count)
      if (side) ran[i]?.push(side)
    }
  return ran.map(all => (all.length > 0 ? middleOf(all) : undefined))
}

function middleOf(all: readonly Side[]): Side {
  const middle = (round: keyof Side['rounds']): Round => {
    const one = all.map(side => side.rounds[round]).toSorted((a, b) => a.seconds - b.seconds)[Math.floor(all.length / 2)]
    if (!one) throw new RangeError('there is no run')
    return one
  }
  return {
    rounds: { created: middle('created'), 'new revision': middle('new revision'), 'nothing new': middle('nothing new') },
    peakMiB: Math.max(...all.map(side => side.peakMiB)),
  }
}

function told(name: string, side: Side | undefined, { round, count }: { round: keyof Side['rounds']; count: number }): string | undefined {
  if (!side) return undefined
  const { seconds, cpu, apiCpu, benchCpu, requests } = side.rounds[round]
  return `${name} ${seconds.toFixed(1)} s, CPU ${cpu.toFixed(1)} s + API server ${apiCpu.toFixed(1)} s + bench ${benchCpu.toFixed(1)} s, ${(requests / count).toFixed(1)} requests each`
}

function ratio(ours: Side | undefined, flux: Side | undefined, round: keyof Side['rounds']): string | undefined {
  const seconds = (side: Side): Round['seconds'] => side.rounds[round].seconds
  return ours && flux && `${(seconds(flux) / seconds(ours)).toFixed(1)} times faster`
}
