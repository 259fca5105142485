import { programStarter } from '../world/programs/starter.ts'
import { assets } from './assets.ts'

/** Starts the programs of this process. */
export const startProgram = programStarter(assets.starter)
