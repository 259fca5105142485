import { resource } from './resource.ts'

export const clusters = resource({
  name: 'clusters',
  uri: 'flux://clusters',
  title: 'Clusters',
  description: 'The configured clusters: names and servers.',
  read: async (_vars, world) => ({ clusters: world.clusters.names.map(name => ({ name, server: world.clusters.named(name).server })) }),
})
