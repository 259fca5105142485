import { clusters } from './clusters.ts'
import { docsSection, docsTopic } from './docs.ts'
import { object, objectView } from './object.ts'
import { overview } from './overview.ts'
import type { Resource } from './resource.ts'

/** The resources of a server, in their fixed order. */
export const resources: readonly Resource[] = [clusters, overview, object, objectView, docsTopic, docsSection]
