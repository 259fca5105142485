import { diagnose } from './diagnose.ts'
import { incidentReport } from './incident_report.ts'
import type { Prompt } from './prompt.ts'

/** The prompts of a server, in their fixed order. */
export const prompts: readonly Prompt[] = [diagnose, incidentReport]
