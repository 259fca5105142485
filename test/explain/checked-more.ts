import { breaks, chartless, releases, refuses, three, unfetched, unsourced, waits, work } from './checked.ts'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { bucket, type Condition, conditions, crashing, git, helmChart, helmRepository, object, oci, release, waiting } from './objects.ts'
import { failing, fleet, printing, within } from './whole.ts'

const broken = <K extends typeof git>(make: K, name: string, [spec, reason, message]: readonly [object, string, string]) =>
  make(name, spec as never, undefined, unfetched(reason, message))
const as = (kind: string, apiVersion: string, name: string, rest: object): KubeObject => object(apiVersion, kind, name, rest as never)

const parents = (...list: readonly Condition[]) => ({
  parents: [
    {
      parentRef: { name: 'public', namespace: 'apps' },
      controllerName: 'gateway.envoyproxy.io/gatewayclass-controller',
      conditions: conditions(...list),
    },
  ],
})
const route = (name: string, status: object) =>
  as('HTTPRoute', 'gateway.networking.k8s.io/v1', name, {
    spec: { parentRefs: [{ name: 'public' }], hostnames: ['shop.acme.io'], rules: [{ backendRefs: [{ name: 'wbe', port: 80 }] }] },
    status,
  })
const gateway = (listeners: object[], ready = true) =>
  as('Gateway', 'gateway.networking.k8s.io/v1', 'public', {
    spec: {
      gatewayClassName: 'eg',
      listeners: [{ name: 'https', port: 443, protocol: 'HTTPS', tls: { certificateRefs: [{ name: 'public-tls' }] } }],
    },
    status: {
      conditions: conditions(
        ['Accepted', 'True', 'Accepted', 'The Gateway has been scheduled'],
        ['Programmed', ready ? 'True' : 'False', ready ? 'Programmed' : 'Invalid', ready ? '' : 'Some listeners are not valid'],
      ),
      listeners,
    },
  })
const routes = three('gateway and its routes', [
  [
    'a Service that is not there',
    [
      route(
        'shop',
        parents(
          ['Accepted', 'True', 'Accepted', 'Route is accepted'],
          ['ResolvedRefs', 'False', 'BackendNotFound', 'Failed to process route rule 0 backendRef 0: service apps/wbe not found.'],
        ),
      ),
      gateway([]),
    ],
    { at: /^(?:HTTPRoute\/apps\/shop|Service\/apps\/wbe)/, proof: /apps\/wbe not found/, fix: /service|backend/i },
  ],
  [
    'a listener whose certificate is not there',
    [
      gateway(
        [
          {
            name: 'https',
            attachedRoutes: 0,
            supportedKinds: [],
            conditions: conditions(
              ['ResolvedRefs', 'False', 'InvalidCertificateRef', 'Secret apps/public-tls does not exist'],
              ['Programmed', 'False', 'Invalid', 'Listener is invalid, see other Conditions for details.'],
            ),
          },
        ],
        false,
      ),
    ],
    { at: /^(?:Gateway\/apps\/public|Secret\/apps\/public-tls)/, proof: /public-tls does not exist/, fix: /secret|certificate/i },
  ],
  [
    'a route that no listener takes',
    [
      route(
        'shop',
        parents(
          ['Accepted', 'False', 'NotAllowedByListeners', 'No listeners included by this parent ref allowed this attachment.'],
          ['ResolvedRefs', 'True', 'ResolvedRefs', ''],
        ),
      ),
      gateway([]),
      object('v1', 'Service', 'wbe', { spec: { ports: [{ port: 80 }] } }),
    ],
    { at: /^(?:HTTPRoute\/apps\/shop|Gateway\/apps\/public)/, proof: /allowed this attachment/, fix: /allowedRoutes|listener|namespace/i },
  ],
])

const cert = (name: string) =>
  as('Certificate', 'cert-manager.io/v1', name, {
    spec: { secretName: name, dnsNames: ['shop.acme.io'], issuerRef: { kind: 'ClusterIssuer', name: 'letsencrypt' } },
    status: {
      conditions: conditions(
        ['Issuing', 'True', 'DoesNotExist', 'Issuing certificate as Secret does not exist'],
        ['Ready', 'False', 'DoesNotExist', 'Issuing certificate as Secret does not exist'],
      ),
    },
  })
const own = (made: KubeObject, by: KubeObject): KubeObject => ({
  ...made,
  metadata: {
    ...made.metadata,
    ownerReferences: [
      { apiVersion: by.apiVersion, kind: by.kind, name: by.metadata.name, uid: by.metadata.uid ?? '', controller: true },
    ] as never,
  },
})
const issued = (name: string, [request, order, challenge]: readonly [string, string | undefined, object?]) => {
  const top = cert(name)
  const req = own(
    as('CertificateRequest', 'cert-manager.io/v1', `${name}-1`, {
      metadata: { annotations: { 'cert-manager.io/certificate-name': name } },
      spec: { issuerRef: { kind: 'ClusterIssuer', name: 'letsencrypt' } },
      status: {
        conditions: conditions(
          ['Approved', 'True', 'cert-manager.io', 'Certificate request has been approved by cert-manager.io'],
          ['Ready', 'False', 'Pending', request],
        ),
      },
    }),
    top,
  )
  const ord = order
    ? [
        own(
          as('Order', 'acme.cert-manager.io/v1', `${name}-1-99`, {
            spec: { issuerRef: { kind: 'ClusterIssuer', name: 'letsencrypt' }, dnsNames: ['shop.acme.io'] },
            status: JSON.parse(order) as object,
          }),
          req,
        ),
      ]
    : []
  const cha =
    challenge && ord[0]
      ? [
          own(
            as('Challenge', 'acme.cert-manager.io/v1', `${name}-1-99-1`, {
              spec: { dnsName: 'shop.acme.io', type: 'HTTP-01', solver: { http01: { ingress: {} } } },
              status: challenge,
            }),
            ord[0],
          ),
        ]
      : []
  return [top, req, ...ord, ...cha]
}
const certificates = three('certificate', [
  [
    'a challenge that gets 404, below a Kustomization',
    waits(
      issued('shop-tls', [
        'Waiting on certificate issuance from order apps/shop-tls-1-99: "pending"',
        '{"state":"pending"}',
        {
          processing: true,
          presented: true,
          state: 'pending',
          reason: "Waiting for HTTP-01 challenge propagation: wrong status code '404', expected '200'",
        },
      ]),
    ),
    { at: /^Challenge\/apps\/shop-tls/, proof: /wrong status code '404'/, fix: /challenge|ingress|DNS|reach|http/i },
  ],
  [
    'an issuer that is not there',
    issued('web-tls', ['Referenced "ClusterIssuer" not found: clusterissuer.cert-manager.io "letsencrypt" not found', undefined]),
    { at: /^(?:Certificate(?:Request)?\/apps\/web-tls|ClusterIssuer\/)/, proof: /"letsencrypt" not found/, fix: /issuer/i },
  ],
  [
    'too many of them this week',
    issued('web-tls', [
      'Failed to wait for order resource "web-tls-1-99" to become ready: order is in "errored" state',
      '{"state":"errored","reason":"Failed to create Order: 429 urn:ietf:params:acme:error:rateLimited: too many certificates (5) already issued for this exact set of identifiers in the last 168h0m0s, retry after 2026-01-03 06:14:01 UTC"}',
    ]),
    { at: /^(?:Order|CertificateRequest|Certificate)\/apps\/web-tls/, proof: /rateLimited/, fix: /rate|limit|wait|staging/i },
  ],
])

const es = (name: string, message: string, store = 'SecretStore') =>
  as('ExternalSecret', 'external-secrets.io/v1', name, {
    spec: {
      refreshInterval: '1h',
      secretStoreRef: { kind: store, name: 'vault' },
      target: { name },
      data: [{ secretKey: 'password', remoteRef: { key: 'apps/db', property: 'password' } }],
    },
    status: { conditions: conditions(['Ready', 'False', 'SecretSyncedError', message]), refreshTime: null },
  })
const store = (ok: boolean, message: string) =>
  as('SecretStore', 'external-secrets.io/v1', 'vault', {
    spec: { provider: { vault: { server: 'https://vault.acme.io', path: 'secret' } } },
    status: { conditions: conditions(['Ready', ok ? 'True' : 'False', ok ? 'Valid' : 'InvalidProviderConfig', message]) },
  })
const external = three('external secret', [
  [
    'a pod that waits for what the store cannot give',
    [
      ...waits(
        work('Deployment', 'web', [
          { container: waiting('CreateContainerConfigError', 'secret "db" not found') },
          [['Failed', 'Error: secret "db" not found']],
        ]),
        [es('db', 'could not get secret data from provider')],
      ),
      store(
        false,
        'unable to log in with Kubernetes auth: Error making API request.\n\nURL: PUT https://vault.acme.io/v1/auth/kubernetes/login\nCode: 403. Errors:\n\n* permission denied',
      ),
    ],
    {
      at: /^(?:SecretStore\/apps\/vault|ExternalSecret\/apps\/db)/,
      proof: /permission denied|could not get secret data/,
      fix: /store|vault|role|credential|auth/i,
    },
  ],
  [
    'AWS that denies it',
    [
      es(
        'db',
        'error processing spec.data[0] (key: apps/db), err: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, RequestID: 0b, api error AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/eso/1 is not authorized to perform: secretsmanager:GetSecretValue on resource: apps/db because no identity-based policy allows the secretsmanager:GetSecretValue action',
      ),
      store(true, 'store validated'),
    ],
    { at: /^ExternalSecret\/apps\/db/, proof: /AccessDeniedException/, fix: /role|IAM|polic|permission|allow|access|right/i },
  ],
  [
    'a key that the vault does not have',
    [es('db', 'error processing spec.data[0] (key: apps/db), err: Secret does not exist'), store(true, 'store validated')],
    { at: /^ExternalSecret\/apps\/db/, proof: /Secret does not exist/, fix: /key|remoteRef|secret/i },
  ],
])

const lock = three('state of a release', [
  [
    'an upgrade that was cut off',
    [
      ...releases('web', [
        'UpgradeFailed',
        'Helm upgrade failed for release apps/web with chart web@1.2.3: another operation (install/upgrade/rollback) is in progress',
      ]),
      object('v1', 'Secret', 'sh.helm.release.v1.web.v7', {
        metadata: { labels: { owner: 'helm', name: 'web', status: 'pending-upgrade', version: '7' } },
        type: 'helm.sh/release.v1',
        data: {},
      }),
    ],
    { at: /HelmRelease\/apps\/web|Secret\/apps\/sh\.helm/, proof: /another operation/, fix: /roll ?back|pending|delete|history/i },
  ],
  [
    'no release that ever worked',
    releases('web', ['UpgradeFailed', 'Helm upgrade failed for release apps/web with chart web@1.2.3: "web" has no deployed releases']),
    { at: /HelmRelease\/apps\/web/, proof: /has no deployed releases/, fix: /uninstall|delete|install/i },
  ],
  [
    'objects that another one owns',
    releases('web', [
      'InstallFailed',
      'Helm install failed for release apps/web with chart web@1.2.3: Unable to continue with install: ConfigMap "web" in namespace "apps" exists and cannot be imported into the current release: invalid ownership metadata; annotation validation error: key "meta.helm.sh/release-name" must equal "web": current value is "old-web"',
    ]),
    { at: /HelmRelease\/apps\/web|ConfigMap\/apps\/web/, proof: /invalid ownership metadata/, fix: /annotat|label|delete|adopt|own/i },
  ],
])

const values = three('values of a chart', [
  [
    'a schema that they break',
    releases('web', [
      'InstallFailed',
      "Helm install failed for release apps/web with chart web@1.2.3: values don't meet the specifications of the schema(s) in the following chart(s):\nweb:\n- replicaCount: Invalid type. Expected: integer, given: string\n",
    ]),
    { at: /HelmRelease\/apps\/web/, proof: /replicaCount: Invalid type/, fix: /value|replicaCount/i },
  ],
  [
    'one that the template requires',
    releases('web', [
      'InstallFailed',
      'Helm install failed for release apps/web with chart web@1.2.3: execution error at (web/templates/deployment.yaml:31:20): image.repository is required',
    ]),
    { at: /HelmRelease\/apps\/web/, proof: /image\.repository is required/, fix: /value|image\.repository/i },
  ],
  [
    'a template that stumbles over nothing',
    releases('web', [
      'UpgradeFailed',
      'Helm upgrade failed for release apps/web with chart web@1.2.3: template: web/templates/ingress.yaml:14:32: executing "web/templates/ingress.yaml" at <.Values.ingress.tls.secretName>: nil pointer evaluating interface {}.secretName',
    ]),
    { at: /HelmRelease\/apps\/web/, proof: /nil pointer evaluating/, fix: /value|ingress/i },
  ],
])

const network = three('source out of reach', [
  [
    'a name that does not resolve',
    chartless('web', ['NoSourceArtifact', "no artifact available for HelmRepository source 'charts'"], helmChart('apps-web', {}), [
      broken(helmRepository, 'charts', [
        { url: 'https://charts.acme.internal' },
        'Failed',
        'failed to fetch Helm repository index: failed to cache index to temporary file: Get "https://charts.acme.internal/index.yaml": dial tcp: lookup charts.acme.internal on 10.96.0.10:53: no such host',
      ]),
    ]),
    { at: /^HelmRepository\/apps\/charts/, proof: /no such host/, fix: /DNS|name|host|URL/i },
  ],
  [
    'a port that nobody answers',
    unsourced(
      broken(git, 'app', [
        { url: 'ssh://git@git.acme.io:2222/acme/app.git' },
        'GitOperationFailed',
        "failed to checkout and determine revision: unable to clone 'ssh://git@git.acme.io:2222/acme/app.git': dial tcp 203.0.113.9:2222: i/o timeout",
      ]),
    ),
    { at: /^GitRepository\/flux-system\/app/, proof: /i\/o timeout/, fix: /network|reach|firewall|port|egress|host/i },
  ],
  [
    'a certificate of a company',
    unsourced(
      broken(bucket as never, 'manifests', [
        { endpoint: 'minio.acme.internal' },
        'BucketOperationFailed',
        `failed to confirm existence of 'manifests' bucket: Get "https://minio.acme.internal/manifests/?location=": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
      ]),
    ),
    { at: /^Bucket\/flux-system\/manifests/, proof: /x509: certificate signed by unknown authority/, fix: /CA|certSecretRef|certificate/i },
  ],
])

const ssh = three('git over SSH', [
  [
    'a host key that changed',
    unsourced(
      broken(git, 'app', [
        { url: 'ssh://git@github.com/acme/app', secretRef: { name: 'deploy' } },
        'GitOperationFailed',
        "failed to checkout and determine revision: unable to list remote for 'ssh://git@github.com/acme/app': ssh: handshake failed: knownhosts: key mismatch",
      ]),
    ),
    { at: /^GitRepository\/flux-system\/app/, proof: /knownhosts: key mismatch/, fix: /known_hosts|host key/i },
  ],
  [
    'a deploy key that was removed',
    unsourced(
      broken(git, 'app', [
        { url: 'ssh://git@github.com/acme/app', secretRef: { name: 'deploy' } },
        'GitOperationFailed',
        "failed to checkout and determine revision: unable to clone 'ssh://git@github.com/acme/app': ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain",
      ]),
    ),
    { at: /^GitRepository\/flux-system\/app/, proof: /unable to authenticate/, fix: /key|identity/i },
  ],
  [
    'an automation that may not push',
    [
      object('image.toolkit.fluxcd.io/v1', 'ImageUpdateAutomation', 'fleet', {
        spec: { interval: '5m', sourceRef: { kind: 'GitRepository', name: 'fleet' }, git: { commit: { author: { email: 'f@acme.io' } } } },
        status: {
          conditions: conditions([
            'Ready',
            'False',
            'GitOperationFailed',
            'failed to push to remote: command error on refs/heads/main: protected branch hook declined',
          ]),
        },
      }),
      within('apps', fleet()),
    ],
    { at: /^ImageUpdateAutomation\/apps\/fleet/, proof: /protected branch hook declined/, fix: /branch|push|protect/i },
  ],
])

const ref = three('git ref', [
  [
    'a branch that was renamed',
    unsourced(
      broken(git, 'app', [
        { url: 'https://github.com/acme/app', ref: { branch: 'master' } },
        'GitOperationFailed',
        `failed to checkout and determine revision: unable to clone 'https://github.com/acme/app': couldn't find remote ref "refs/heads/master"`,
      ]),
    ),
    { at: /^GitRepository\/flux-system\/app/, proof: /refs\/heads\/master/, fix: /branch|ref/i },
  ],
  [
    'a tag that is not there',
    unsourced(
      broken(git, 'app', [
        { url: 'https://github.com/acme/app', ref: { tag: 'v9' } },
        'GitOperationFailed',
        `failed to checkout and determine revision: unable to resolve commit object for tag 'v9': couldn't find remote ref "refs/tags/v9"`,
      ]),
    ),
    { at: /^GitRepository\/flux-system\/app/, proof: /refs\/tags\/v9/, fix: /tag|ref/i },
  ],
  [
    'a repository that is not there',
    unsourced(
      broken(git, 'app', [
        { url: 'https://gitea.acme.io/acme/ap.git' },
        'GitOperationFailed',
        `failed to checkout and determine revision: unable to clone 'https://gitea.acme.io/acme/ap.git': repository not found: Not found.`,
      ]),
    ),
    { at: /^GitRepository\/flux-system\/app/, proof: /repository not found/, fix: /url|credential|access|repository/i },
  ],
])

const webhookDown = three('webhook that does not answer', [
  [
    'an ingress controller without a pod',
    [
      ...refuses(
        'shop',
        'Ingress/apps/web dry-run failed (InternalError): Internal error occurred: failed calling webhook "validate.nginx.ingress.kubernetes.io": failed to call webhook: Post "https://ingress-nginx-controller-admission.ingress-nginx.svc:443/networking/v1/ingresses?timeout=10s": no endpoints available for service "ingress-nginx-controller-admission"',
      ),
      within(
        'ingress-nginx',
        object('v1', 'Service', 'ingress-nginx-controller-admission', {
          spec: { selector: { app: 'ingress-nginx' }, ports: [{ port: 443, targetPort: 8443 }] },
        }),
      ),
    ],
    { at: /./, proof: /no endpoints available for service "ingress-nginx-controller-admission"/, fix: /webhook|service|pod|controller/i },
  ],
  [
    'one whose certificate is not trusted',
    releases('web', [
      'InstallFailed',
      'Helm install failed for release apps/web with chart web@1.2.3: 1 error occurred:\n\t* Internal error occurred: failed calling webhook "webhook.cert-manager.io": failed to call webhook: Post "https://cert-manager-webhook.cert-manager.svc:443/validate?timeout=30s": tls: failed to verify certificate: x509: certificate signed by unknown authority\n\n',
    ]),
    { at: /./, proof: /failed calling webhook "webhook\.cert-manager\.io"/, fix: /webhook|CA|certificate|cainjector/i },
  ],
  [
    'one that refuses the connection',
    refuses(
      'shop',
      'Deployment/apps/web dry-run failed (InternalError): Internal error occurred: failed calling webhook "mutate.kyverno.svc-fail": failed to call webhook: Post "https://kyverno-svc.kyverno.svc:443/mutate/fail?timeout=10s": dial tcp 10.96.41.7:443: connect: connection refused',
    ),
    { at: /./, proof: /connection refused/, fix: /webhook|kyverno|pod|service/i },
  ],
])

const invalid = three('manifest that is not valid', [
  [
    'a field that a Service does not have',
    refuses(
      'shop',
      'Service/apps/web dry-run failed: failed to create typed patch object (apps/web; /v1, Kind=Service): .spec.port: field not declared in schema',
    ),
    { proof: /\.spec\.port: field not declared/, fix: /field|\.?spec\.port/i },
  ],
  [
    'a number for a label of a Deployment',
    refuses(
      'shop',
      'Deployment/apps/web dry-run failed (BadRequest): Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal number into Go struct field ObjectMeta.spec.template.metadata.labels of type string',
    ),
    { proof: /cannot unmarshal number/, fix: /quot|string|type/i },
  ],
  [
    'a limit below its request',
    refuses(
      'shop',
      'StatefulSet/apps/db dry-run failed (Invalid): StatefulSet.apps "db" is invalid: spec.template.spec.containers[0].resources.requests: Invalid value: "2Gi": must be less than or equal to memory limit of 1Gi',
    ),
    { proof: /less than or equal to memory limit/, fix: /request|limit/i },
  ],
])

const verify = three('signature', [
  [
    'an artifact that nobody signed',
    unsourced(
      broken(oci, 'bundle', [
        { url: 'oci://ghcr.io/acme/bundle', verify: { provider: 'cosign' } },
        'VerificationError',
        "failed to verify the signature using provider 'cosign keyless': no matching signatures were found for 'ghcr.io/acme/bundle@sha256:00'",
      ]),
    ),
    { at: /^OCIRepository\/flux-system\/bundle/, proof: /no matching signatures/, fix: /sign|verify|identity|key/i },
  ],
  [
    'a commit of another key',
    unsourced(
      broken(git, 'app', [
        { url: 'https://github.com/acme/app', verify: { mode: 'HEAD', secretRef: { name: 'pgp' } } },
        'InvalidCommitSignature',
        "signature verification of commit '11aa22bb' failed: unable to verify payload with any of the given key rings",
      ]),
    ),
    { at: /^GitRepository\/flux-system\/app/, proof: /unable to verify payload/, fix: /key|sign/i },
  ],
  [
    'a chart that nobody signed',
    chartless(
      'web',
      ['ChartVerificationError', 'chart verification error: failed to verify oci://ghcr.io/acme/charts/web:1.2.3: no signatures found'],
      helmChart('apps-web', { verify: { provider: 'cosign' } }),
      [helmRepository('charts', { type: 'oci', url: 'oci://ghcr.io/acme/charts' })],
    ),
    { at: /^Helm(?:Chart|Release)\/apps\//, proof: /no signatures found/, fix: /sign|verify/i },
  ],
])

const dependent = three('a dependency that fails', [
  [
    'a release whose database does not start',
    (() => {
      const below = releases(
        'db',
        ['InstallFailed', 'Helm install failed for release apps/db with chart db@1.2.3: context deadline exceeded'],
        work('StatefulSet', 'db', [
          { phase: 'Running', container: crashing(1) },
          [['BackOff', 'Back-off restarting failed container app in pod db-0_apps(1)']],
        ]).map(o =>
          o.kind === 'Pod'
            ? printing(
                o,
                'Error: Database is uninitialized and superuser password is not specified.\nYou must specify POSTGRES_PASSWORD to a non-empty value for the superuser.',
              )
            : o,
        ),
      )
      return [
        release('web', { dependsOn: [{ name: 'db' }] }, ['False', 'DependencyNotReady', "dependency 'apps/db' is not ready"]),
        ...below,
      ]
    })(),
    { at: /^Pod\/apps\/db-0/, proof: /POSTGRES_PASSWORD|superuser password/, fix: /./ },
  ],
  [
    'one that is not there',
    [
      failing(
        'shop',
        ['DependencyNotReady', 'dependency \'flux-system/infra\' not found: kustomizations.kustomize.toolkit.fluxcd.io "infra" not found'],
        { spec: { dependsOn: [{ name: 'infra' }] } },
      ),
      fleet(),
    ],
    { at: /Kustomization\/flux-system\/(?:shop|infra)/, proof: /"?infra"? not found/, fix: /dependsOn|infra/i },
  ],
  [
    'two steps down to an apply',
    [
      failing('site', ['DependencyNotReady', "dependency 'flux-system/platform' is not ready"], {
        spec: { dependsOn: [{ name: 'platform' }] },
      }),
      failing('platform', ['DependencyNotReady', "dependency 'flux-system/crds' is not ready"], {
        spec: { dependsOn: [{ name: 'crds' }] },
      }),
      failing('crds', [
        'ReconciliationFailed',
        'CustomResourceDefinition/widgets.acme.io dry-run failed (Invalid): CustomResourceDefinition.apiextensions.k8s.io "widgets.acme.io" is invalid: status.storedVersions[0]: Invalid value: "v1alpha1": missing from spec.versions; v1alpha1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1alpha1 and removes v1alpha1 from status.storedVersions',
      ]),
      fleet(),
    ],
    { at: /Kustomization\/flux-system\/crds|CustomResourceDefinition/, proof: /missing from spec\.versions/, fix: /version/i },
  ],
])

const build = three('kustomize build', [
  [
    'the same object twice',
    breaks(
      'shop',
      "kustomize build failed: accumulating resources: accumulation err='merging resources from 'web/ingress.yaml': may not add resource with an already registered id: Ingress.v1.networking.k8s.io/web.apps': must build at directory: '/tmp/kustomization-1/web/ingress.yaml': file is not directory",
    ),
    { proof: /already registered id: Ingress/, fix: /one of them|twice|duplicate|once|remove/i },
  ],
  [
    'YAML that is none',
    breaks(
      'shop',
      "kustomize build failed: accumulating resources: accumulation err='accumulating resources from 'deployment.yaml': MalformedYAMLError: yaml: line 12: mapping values are not allowed in this context in File: deployment.yaml': got file 'deployment.yaml', but '/tmp/kustomization-1/deployment.yaml' must be a directory to be a root",
    ),
    { proof: /line 12: mapping values/, fix: /YAML|line|indent|deployment\.yaml/i },
  ],
  [
    'a patch without its target',
    breaks(
      'shop',
      'kustomize build failed: no matches for Id Deployment.v1.apps/webb.[noNs]; failed to find unique target for patch Deployment.v1.apps/webb.[noNs]',
    ),
    { proof: /failed to find unique target for patch/, fix: /patch|target/i },
  ],
])
export const checkedMore = [
  ...routes,
  ...certificates,
  ...external,
  ...lock,
  ...values,
  ...network,
  ...ssh,
  ...ref,
  ...webhookDown,
  ...invalid,
  ...verify,
  ...dependent,
  ...build,
]
