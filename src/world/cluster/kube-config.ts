/** The one thing taken from the library, so that a bundle leaves the rest out. */
export { KubeConfig } from '@kubernetes/client-node'
