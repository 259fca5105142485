import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { Json, JsonObject } from '../../src/lib/json.ts'
import { fault, type FaultCase } from './case.ts'
import {
  chain,
  type Condition,
  conditions,
  event,
  goodGit,
  inventory,
  ks,
  notHealthy,
  object,
  ownedBy,
  restartedOnce,
  waiting,
} from './objects.ts'

type Expect = FaultCase['expect']

/** A pod that lacks Secret db, and who should make that. */
function lacking(says: string, [makers, expect]: readonly [readonly KubeObject[], Expect]): FaultCase {
  const { ks: top, all } = chain({
    container: waiting('CreateContainerConfigError', 'secret "db" not found'),
    spec: { containers: [{ name: 'app', image: 'x', envFrom: [{ secretRef: { name: 'db' } }] }] },
  })
  return fault('missing Secret', says, [top, ...all, ...makers, restartedOnce()], expect)
}
const sealed = (message: string): KubeObject =>
  object('bitnami.com/v1alpha1', 'SealedSecret', 'db', {
    spec: { encryptedData: { password: 'AgB' } },
    status: { observedGeneration: 1, conditions: conditions(['Synced', 'False', '', message]) },
  })
const external = (store: JsonObject): KubeObject =>
  object('external-secrets.io/v1', 'ExternalSecret', 'db', {
    spec: { secretStoreRef: store, target: { name: 'db' } },
    status: { conditions: conditions(['Ready', 'False', 'SecretSyncedError', 'could not get secret data from provider']) },
  })
const store = (condition: Condition): KubeObject =>
  object('external-secrets.io/v1', 'SecretStore', 'vault', {
    spec: { provider: { vault: {} } },
    status: { conditions: conditions(condition) },
  })

const group = 'cert-manager.io/v1'
const acme = 'acme.cert-manager.io/v1'
interface Issuing {
  readonly order: Json
  readonly challenge?: Json
  readonly said?: readonly [of: 'Order' | 'Challenge', reason: string, message: string]
}
/** A Certificate on its way through ACME, and who waits for it. */
function issuing(says: string, [{ order: state, challenge, said }, expect]: readonly [Issuing, Expect]): FaultCase {
  const issuerRef = { name: 'letsencrypt', kind: 'ClusterIssuer' }
  const certificate = object(group, 'Certificate', 'shop', {
    spec: { secretName: 'shop-tls', issuerRef },
    status: {
      conditions: conditions(
        ['Ready', 'False', 'DoesNotExist', 'Issuing certificate as Secret does not exist'],
        ['Issuing', 'True', 'DoesNotExist', 'Issuing certificate as Secret does not exist'],
      ),
    },
  })
  const asked = object(group, 'CertificateRequest', 'shop-1', {
    metadata: ownedBy(certificate),
    status: {
      conditions: conditions(
        ['Approved', 'True', 'cert-manager.io', 'Certificate request has been approved by cert-manager.io'],
        ['Ready', 'False', 'Pending', 'Waiting on certificate issuance from order apps/shop-1-17: "pending"'],
      ),
    },
  })
  const order = object(acme, 'Order', 'shop-1-17', { metadata: ownedBy(asked), spec: { dnsNames: ['shop.example.com'] }, status: state })
  const one = object(acme, 'Challenge', 'shop-1-17-2', {
    metadata: ownedBy(order),
    spec: { dnsName: 'shop.example.com', type: 'HTTP-01' },
    status: challenge ?? {},
  })
  const about = said?.[0] === 'Order' ? order : one
  const events = said ? [event(about, said[1], said[2])] : []
  const top = ks('shop', { wait: true }, notHealthy('Certificate/apps/shop'), inventory(certificate))
  const all = [top, goodGit(), certificate, asked, order, ...(challenge ? [one] : []), ...events, restartedOnce()] as const
  return fault('certificate', says, all, expect)
}

/** Faults of objects that widely used operators run. */
export const operatorVariants: readonly FaultCase[] = [
  lacking('it was sealed for another controller', [
    [sealed('no key could decrypt secret (password)')],
    { cause: ['UnsealFailed', 'SecretNotMade'], at: /SealedSecret\/apps\/db/, proof: /no key could decrypt/, fix: /seal/ },
  ]),
  (() => {
    const one = sealed('Resource "db" already exists and is not managed by SealedSecret')
    const said = event(one, 'ErrUpdateFailed', 'Resource "db" already exists and is not managed by SealedSecret')
    return fault('sealed Secret', 'one of that name is there', [one, said, restartedOnce()], {
      cause: 'SecretNotOwned',
      at: /SealedSecret\/apps\/db/,
      proof: /not managed by/,
      fix: /sealedsecrets\.bitnami\.com\/managed|delete/,
    })
  })(),
  (() => {
    const vault = store(['Ready', 'False', 'InvalidProviderConfig', 'unable to create client'])
    const one = external({ name: 'vault', kind: 'SecretStore' })
    const said = [
      event(
        vault,
        'InvalidProviderConfig',
        'cannot get Kubernetes secret "vault-token" from namespace "apps": secrets "vault-token" not found',
      ),
      event(one, 'UpdateFailed', 'error retrieving secret at .data[0], key: prod/db, err: SecretStore "vault" is not ready'),
    ]
    return lacking('its store has no credentials', [
      [one, vault, ...said],
      { cause: 'SecretMissing', at: /Secret\/apps\/vault-token|SecretStore\/apps\/vault/, proof: /vault-token/, fix: /create/ },
    ])
  })(),
  (() => {
    const { metadata, ...rest } = store([
      'Ready',
      'False',
      'InvalidProviderConfig',
      'unable to validate store: unable to log in to auth method: unable to log in with Kubernetes auth: Error making API request.\n\nURL: PUT http://vault.vault:8200/v1/auth/kubernetes/login\nCode: 403. Errors:\n\n* permission denied',
    ])
    const { namespace, ...global } = metadata
    const vault = { ...rest, kind: 'ClusterSecretStore', metadata: global } as KubeObject
    return lacking(`Vault lets nobody of ${namespace} in`, [
      [external({ name: 'vault', kind: 'ClusterSecretStore' }), vault],
      { cause: 'ProviderDenied', at: /ClusterSecretStore\/vault/, proof: /permission denied/, fix: /role|right/ },
    ])
  })(),
  lacking('its store is not there', [
    [external({ name: 'vault', kind: 'SecretStore' })],
    { cause: 'IssuerMissing', at: /SecretStore\/apps\/vault/, proof: /not found/, fix: /create|correct/ },
  ]),
  (() => {
    const one = external({ name: 'vault', kind: 'SecretStore' })
    const said = event(one, 'UpdateFailed', 'error processing spec.data[0] (key: prod/db), err: Secret does not exist')
    return lacking('the provider has no such key', [
      [one, store(['Ready', 'True', 'Valid', 'store validated']), said],
      { cause: ['ExternalKeyMissing', 'SecretNotMade'], at: /ExternalSecret\/apps\/db/, proof: /prod\/db/, fix: /key/ },
    ])
  })(),
  issuing('the solver is not reached', [
    {
      order: { state: 'pending' },
      challenge: {
        state: 'pending',
        presented: true,
        processing: true,
        reason: "Waiting for HTTP-01 challenge propagation: wrong status code '404', expected '200'",
      },
    },
    { cause: 'ChallengeFailed', at: /Challenge\/apps\/shop-1-17-2/, proof: /'404'/, fix: /acme-challenge/ },
  ]),
  issuing('the name is not in the DNS', [
    {
      order: { state: 'invalid', reason: 'Failed to finalize Order' },
      challenge: {
        state: 'invalid',
        reason:
          'Error accepting authorization: acme: authorization error for shop.example.com: 400 urn:ietf:params:acme:error:dns: DNS problem: NXDOMAIN looking up A for shop.example.com - check that a DNS record exists for this domain',
      },
    },
    { cause: ['ChallengeFailed', 'DnsFailure'], at: /Challenge/, proof: /NXDOMAIN/, fix: /DNS/ },
  ]),
  issuing('the DNS provider refuses the record', [
    {
      order: { state: 'pending' },
      challenge: { state: 'pending', processing: true, reason: '' },
      said: [
        'Challenge',
        'PresentError',
        'Error presenting challenge: failed to change Route 53 record set: operation error Route 53: ChangeResourceRecordSets, https response error StatusCode: 403, AccessDenied: User: arn:aws:sts::1:assumed-role/x is not authorized to perform: route53:ChangeResourceRecordSets',
      ],
    },
    { cause: 'ChallengeFailed', at: /Challenge/, proof: /route53:Change/, fix: /solver|credential|right/ },
  ]),
  issuing('too many certificates', [
    {
      order: {
        state: 'errored',
        reason:
          'Failed to create Order: 429 urn:ietf:params:acme:error:rateLimited: too many certificates (5) already issued for this exact set of identifiers in the last 168h0m0s, retry after 2026-01-03 10:00:00 UTC',
      },
    },
    { cause: 'RateLimited', at: /Order\/apps\/shop-1-17/, proof: /168h/, fix: /wait|retry|staging/ },
  ]),
  issuing('no solver fits', [
    {
      order: { state: 'pending' },
      said: [
        'Order',
        'Solver',
        'Failed to determine a valid solver configuration for the set of domains on the Order: no configured challenge solvers can be used for this challenge',
      ],
    },
    { cause: 'SolverMissing', at: /Order/, proof: /no configured challenge solvers/, fix: /solvers/ },
  ]),
  (() => {
    const db = object('postgresql.cnpg.io/v1', 'Cluster', 'db', { status: { phase: 'Upgrading', readyInstances: 2 } })
    const check = {
      apiVersion: 'postgresql.cnpg.io/v1',
      kind: 'Cluster',
      inProgress: "status.phase == 'Upgrading'",
      current: 'status.readyInstances == 3',
    }
    const top = ks('apps', { wait: true, healthCheckExprs: [check] }, notHealthy('Cluster/apps/db'), inventory(db))
    return fault('health expression', 'in progress for too long', [top, goodGit(), db, restartedOnce()], {
      cause: 'HealthExpressionFailed',
      at: /Cluster\/apps\/db/,
      proof: /Upgrading[\s\S]*phase: Upgrading/,
      fix: /healthCheckExprs/,
    })
  })(),
]
