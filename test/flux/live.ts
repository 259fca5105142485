import { fluxControllers } from '../refs/flux-controllers.ts'

const { FLUXPILOT_FLUX: asked } = process.env

/**
 * `undefined`: reconcilers are compared with vectors, that is what Flux's controllers left when they were written.
 * Else with the controllers themselves (`npm run compare:flux`), and what they leave is kept as the vectors when `record` says so.
 */
export const live = asked === 'live' || asked === 'record' ? { record: asked === 'record' } : undefined

/** The programs that a comparison needs. */
export const compared: readonly string[] = ['etcd', 'kube-apiserver', ...(live ? fluxControllers : [])]
