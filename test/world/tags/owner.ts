import type { TagOwner } from '../../../src/world/tags/tags.ts'

/** Whose tags the tests keep. */
export const owner: TagOwner = { cluster: 'https://a.test', namespace: 'images', name: 'app' }
export const image = 'ghcr.io/example/app'
