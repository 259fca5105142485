import { Option } from 'commander'
import type { Settings } from '../engine/settings.ts'
import { type JsonObject, stringAt } from '../lib/json.ts'
import { UsageError } from './usage.ts'

/** What keeps tenants of one cluster apart, named as Flux's controllers name it. Our own engine heeds them in every command. */
export function tenancyOptions(): Option[] {
  return [
    new Option('--default-service-account <name>', 'whom Kustomizations act as that name no service account'),
    new Option('--no-cross-namespace-refs', 'sources must be in the namespace of the Kustomization'),
    new Option('--insecure-kubeconfig-exec', 'kubeconfigs in Secrets may run programs on this machine'),
    new Option('--insecure-kubeconfig-tls', 'kubeconfigs in Secrets may leave certificates unverified'),
  ]
}

/** The settings that these options choose. @throws {UsageError} for a name that no service account can have. */
export function tenancyOf(options: JsonObject): Partial<Settings> {
  const account = stringAt(options, 'defaultServiceAccount')
  if (account !== undefined && !/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(account))
    throw new UsageError(`--default-service-account '${account}' is no name of a service account`)
  return {
    ...(account === undefined ? {} : { defaultServiceAccount: account }),
    noCrossNamespaceRefs: options.crossNamespaceRefs === false,
    insecureKubeconfigExec: options.insecureKubeconfigExec === true,
    insecureKubeconfigTls: options.insecureKubeconfigTls === true,
  }
}
