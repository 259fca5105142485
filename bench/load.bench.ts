import { findProgram } from '../scripts/refs/cache.ts'
import { dataFolder } from '../test/support/data.ts'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fluxSide, ourSide, type Round, type Side } from './load.ts'

/** How many Kustomizations: `LOAD=100,500,1000`. */
const counts = (process.env.LOAD ?? '100').split(',').map(Number)
/** Which sides run: `LOAD_SIDES=ours,flux`. */
const wanted = (process.env.LOAD_SIDES ?? 'ours,flux').split(',')

/**
 * Kustomizations with an OCIRepository and four objects each, on the real API server: from creation until all are Ready, a round with a new
 * revision, and one with nothing new. Beside Flux's own controllers, each on an API server that starts empty.
 */
export async function bench(): Promise<readonly [string, string][]> {
  if (!findProgram('kube-apiserver') || !findProgram('etcd')) return [['the real API server', 'not built: npm run build:refs']]
  const isFluxThere = findProgram('source-controller') && findProgram('kustomize-controller') && existsSync(join(dataFolder, 'flux-crds'))
  const rows: [string, string][] = isFluxThere ? [] : [["Flux's controllers", 'not built: npm run build:refs -- --all']]
  for (const count of counts) {
    const ours = wanted.includes('ours') ? await ourSide(count) : undefined
    const flux = isFluxThere && wanted.includes('flux') ? await fluxSide(count) : undefined
    for (const round of ['created', 'new revision', 'nothing new'] as const)
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

function told(name: string, side: Side | undefined, { round, count }: { round: keyof Side['rounds']; count: number }): string | undefined {
  if (!side) return undefined
  const { seconds, cpu, apiCpu, benchCpu, requests } = side.rounds[round]
  return `${name} ${seconds.toFixed(1)} s, CPU ${cpu.toFixed(1)} s + API server ${apiCpu.toFixed(1)} s + bench ${benchCpu.toFixed(1)} s, ${(requests / count).toFixed(1)} requests each`
}

function ratio(ours: Side | undefined, flux: Side | undefined, round: keyof Side['rounds']): string | undefined {
  const seconds = (side: Side): Round['seconds'] => side.rounds[round].seconds
  return ours && flux && `${(seconds(flux) / seconds(ours)).toFixed(1)} times faster`
}
