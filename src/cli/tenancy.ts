import { Option } from 'commander'
import type { Settings } from '../engine/settings.ts'
import { type JsonObject, stringAt } from '../lib/json.ts'
import { UsageError } from './usage.ts'

/** What keeps tenants of one cluster apart, named as Flux's controllers name it. Our own engine heeds them in every command. */
export function tenancyOptions(): Option[] {
  return [
    new Option('--default-service-account <name>', 'whom Kustomizations act as that name no service account'),
    new Option('--no-cross-namespace-refs', 'sources must be in the namespace of the Kustomization'),
    new Option('--default-kubeconfig-service-account <name>', 'who signs in to another cluster where its ConfigMap names nobody'),
    new Option('--insecure-kubeconfig-exec', 'kubeconfigs in Secrets may run programs on this machine'),
    new Option('--insecure-kubeconfig-tls', 'kubeconfigs in Secrets may leave certificates unverified'),
  ]
}

/** The settings that these options choose. @throws {UsageError} for a name that no service account can have. */
export function tenancyOf(options: JsonObject): Partial<Settings> {
  return {
    ...accountOf(options, 'defaultServiceAccount', '--default-service-account'),
    ...accountOf(options, 'defaultKubeconfigServiceAccount', '--default-kubeconfig-service-account'),
    noCrossNamespaceRefs: options.crossNamespaceRefs === false,
    insecureKubeconfigExec: options.insecureKubeconfigExec === true,
    insecureKubeconfigTls: options.insecureKubeconfigTls === true,
  }
}

function accountOf(
  options: JsonObject,
  name: 'defaultServiceAccount' | 'defaultKubeconfigServiceAccount',
  flag: string,
): Partial<Settings> {
  const account = stringAt(options, name)
  if (account === undefined) return {}
  if (/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(account)) return { [name]: account }
  throw new UsageError(`${flag} '${account}' is no name of a service account`)
}
