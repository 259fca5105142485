import type { FaultCase } from './case.ts'
import { outsideApplies } from './outside-applies.ts'
import { outsideCluster } from './outside-cluster.ts'
import { outsideFlux } from './outside-flux.ts'
import { outsideHard } from './outside-hard.ts'
import { outsideHealthy as healthy } from './outside-healthy.ts'
import { outsideImages } from './outside-images.ts'
import { outsideLater } from './outside-later.ts'
import { outsideLogs } from './outside-logs.ts'
import { outsideNodes } from './outside-nodes.ts'
import { outsideOthers } from './outside-others.ts'
import { outsidePlatform } from './outside-platform.ts'
import { outsidePods } from './outside-pods.ts'
import { outsideSlow } from './outside-slow.ts'
import { outsideSources } from './outside-sources.ts'
import { outsideWords } from './outside-words.ts'

/** What is not found yet, by what the row says, and why. */
const gaps: Readonly<Record<string, string>> = {
  'an object of another operator': 'that a Cluster of CloudNativePG makes the Secret <cluster>-app is not known, nor its phase of words',
}

const met: readonly FaultCase[] = [
  ...outsideImages,
  ...outsidePods,
  ...outsideNodes,
  ...outsideCluster,
  ...outsideApplies,
  ...outsideSources,
  ...outsideFlux,
  ...outsideHard,
  ...outsideOthers,
  ...outsideLater,
  ...outsideWords,
  ...outsidePlatform,
  ...outsideLogs,
]
/** Faults and well clusters as somebody outside has met them. */
export const outside: readonly FaultCase[] = met.map(row => ({ ...row, gap: gaps[row.says] }))
export const outsideHealthy = () => [...healthy(), ...outsideSlow()]
