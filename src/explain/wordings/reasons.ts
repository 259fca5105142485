/** What Flux's own reasons say where no message tells more: reason, what it means, what to do. */
const said: Readonly<Record<string, readonly [what: string, fix: string, cause?: string]>> = {
  AccessDenied: [
    'it names an object of another namespace, which this controller does not allow',
    'keep what it names in its own namespace, or start the controller without --no-cross-namespace-refs',
  ],
  ArtifactFailed: [
    'the artifact of its source cannot be fetched or read',
    'look at the source and at source-controller (its pods, its Service, network policies)',
  ],
  AuthenticationFailed: [
    'it cannot make up the credentials for the host',
    'correct the Secret in spec.secretRef, spec.provider, or the identity of spec.serviceAccountName',
    'LoginRefused',
  ],
  BuildFailed: ['the manifests or the chart cannot be built', 'correct in the source what the message names'],
  BucketOperationFailed: ['the bucket cannot be read', 'correct what the message names: endpoint, bucket, region, credentials'],
  ChartPackageFailed: ['the chart cannot be packaged', 'correct the chart as the message says'],
  ChartPullFailed: ['the chart cannot be fetched', 'correct what the message names: name, version, repository, credentials'],
  DependencyNotReady: [
    'what spec.dependsOn names is not ready, or not of this revision yet',
    'make that object ready, or correct spec.dependsOn (readyExpr too)',
  ],
  DriftDetected: [
    'the cluster has drifted from the release, and the drift cannot be corrected',
    'correct what the message names, or leave it out by spec.driftDetection.ignore',
  ],
  FeatureGateDisabled: [
    'it uses a feature that is not turned on in the controller',
    'start the controller with that feature gate (--feature-gates), or do without',
  ],
  GetLastReleaseFailed: ['the storage of Helm cannot be read', 'correct what the message names: rights on Secrets, spec.storageNamespace'],
  GitOperationFailed: ['the Git repository cannot be read or written', 'correct what the message names: URL, reference, credentials'],
  IndexationFailed: [
    'what spec.url serves is no index of a Helm repository',
    'look at what URL/index.yaml serves (a login page, an error), and correct spec.url',
  ],
  InstallFailed: ['Helm cannot install the chart', 'correct what the message names in the chart, its values or the cluster'],
  InvalidCELExpression: ['an expression (CEL) cannot be read', 'correct the expression that the message quotes'],
  InvalidPath: ['a path is none that may be used', 'correct the path in the spec'],
  InvalidProviderConfiguration: [
    'spec.provider does not fit the Secret or the other fields',
    'correct spec.provider, or give the Secret the fields that this provider needs',
  ],
  InvalidSTSConfiguration: ['spec.sts does not fit the provider of the bucket', 'correct spec.sts'],
  MissingRollbackTarget: [
    'the release failed, and there is no earlier good release to go back to',
    'correct why the release failed (its history and events tell), or uninstall it and let it be installed anew',
  ],
  OCIArtifactPullFailed: ['the artifact cannot be fetched from the registry', 'correct what the message names: URL, tag, credentials'],
  OCIArtifactLayerOperationFailed: ['the layer of the artifact cannot be read', 'push it again, or correct spec.layerSelector'],
  PruneFailed: ['what is no longer in the source cannot be deleted', 'correct what the message names: rights, finalizers, webhooks'],
  ReconciliationFailed: ['the API server or the controller refuses what is applied', 'correct what the message names'],
  RetriesExceeded: [
    'it failed as often as it may, and is not tried again',
    'correct why it failed (its events and history tell), then reconcile with reset=true',
  ],
  RollbackFailed: ['Helm cannot go back to the earlier release', 'correct what the message names'],
  StorageOperationFailed: ['source-controller cannot write its storage', 'look at its volume: room, rights, whether it is read-only'],
  TestFailed: ['a test of the chart failed', 'look at the pod of the test (get_logs), or leave spec.test out'],
  UninstallFailed: ['Helm cannot uninstall the release', 'correct what the message names'],
  UpgradeFailed: ['Helm cannot upgrade the release', 'correct what the message names in the chart, its values or the cluster'],
  URLInvalid: ['spec.url is no address that this kind of source takes', 'correct spec.url', 'UrlInvalid'],
  ValidationFailed: ['the spec is invalid', 'correct the field that the message names'],
  ValuesError: ['the values of the release cannot be put together', 'correct spec.values and spec.valuesFrom'],
  VerificationError: [
    'the content is not signed by whom spec.verify trusts, or that cannot be checked',
    'sign it with the trusted key or identity, or correct spec.verify',
    'VerificationFailed',
  ],
}

/** A cause that Flux's reason itself names; `undefined` for reasons of others. */
export function causeOfReason(reason: string): { readonly name: string; readonly what: string; readonly fix: string } | undefined {
  const found = Object.hasOwn(said, reason) ? said[reason] : undefined
  return found && { name: found[2] ?? reason, what: found[0], fix: found[1] }
}

/** What the reasons that the Gateway API itself defines ask for. */
const routed: Readonly<Record<string, string>> = {
  AddressNotAssigned:
    'let something give the Service of the gateway an address (a load balancer of the cloud, or a pool of MetalLB with a free one), or set spec.addresses to one that can be had',
  BackendNotFound: 'create the Service that its backendRefs name, or correct name, namespace and port there',
  InvalidKind: 'name in backendRefs (or allowedRoutes) a kind that this gateway implementation takes, such as Service',
  InvalidCertificateRef:
    'create the Secret of type kubernetes.io/tls that tls.certificateRefs of the listener names, or correct the reference',
  NoMatchingListenerHostname: 'give the route hostnames that the hostname of a listener covers, or correct the listener',
  NoMatchingParent: 'correct parentRefs of the route (name, sectionName, port), or add that listener to the Gateway',
  NotAllowedByListeners: 'let the listener take this route (spec.listeners[].allowedRoutes: namespaces, kinds), or move the route',
  RefNotPermitted: 'add a ReferenceGrant in the namespace of what is named, or keep it in the namespace of the route',
  UnsupportedProtocol: 'give the listener a protocol that this gateway implementation serves',
  UnsupportedValue: 'take out the field that the message names, or use an implementation that knows it',
}
/** What to do about a reason of the Gateway API; `undefined` for others. */
export function fixOfRoute(group: string, reason: string): string | undefined {
  return group === 'gateway.networking.k8s.io' && Object.hasOwn(routed, reason) ? routed[reason] : undefined
}
