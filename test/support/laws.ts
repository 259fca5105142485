import * as fc from 'fast-check'

/** Laws are tried on the same values in every run, so that the gate judges the change and not the draw; `FLUXPILOT_SEED` draws others. */
fc.configureGlobal({ seed: Number(process.env.FLUXPILOT_SEED ?? 20_261_125) })

export { fc }
