import type { KubeObject } from '../../src/kinds/manifest.ts'
import { applied, fault, type FaultCase } from './case.ts'
import {
  conditions,
  deployment,
  event,
  git,
  global,
  goodGit,
  inventory,
  ks,
  notHealthy,
  object,
  ownedBy,
  pod,
  replicaFailure,
  restartedOnce,
  stuck,
} from './objects.ts'

/** More faults in the words of programs that the rules were not written for. */
export const moreFieldVariants: readonly FaultCase[] = [
  applied('invalid object', 'a port twice', [
    'Deployment/apps/web dry-run failed: failed to create manager for existing fields: failed to convert new object (apps/web; apps/v1, Kind=Deployment) to smd typed: .spec.template.spec.containers[name="app"].ports: duplicate entries for key [containerPort=80,protocol="TCP"]',
    { cause: 'InvalidObject', proof: /duplicate entries/, fix: /ports|duplicate|correct/ },
  ]),
  fault(
    'Git over SSH',
    'no algorithm in common',
    [
      git('repo', { url: 'ssh://git@git.corp.test/org/repo' }, [
        'False',
        'GitOperationFailed',
        "failed to checkout and determine revision: unable to list remote for 'ssh://git@git.corp.test/org/repo': ssh: handshake failed: ssh: no common algorithm for host key; client offered: [ssh-ed25519], server offered: [ssh-rsa]",
      ]),
      restartedOnce(),
    ],
    { cause: ['SshHostKey', 'SshAlgorithms'], proof: /no common algorithm/, fix: /algorithm|host key/ },
  ),
  (() => {
    const certificate = object('cert-manager.io/v1', 'Certificate', 'shop', {
      spec: { secretName: 'shop-tls', issuerRef: { name: 'ca', kind: 'ClusterIssuer' } },
      status: {
        conditions: conditions(
          ['Ready', 'False', 'DoesNotExist', 'Issuing certificate as Secret does not exist'],
          [
            'Issuing',
            'False',
            'Denied',
            'The certificate request has failed to complete and will be retried: The CertificateRequest was denied by an approval controller',
          ],
        ),
      },
    })
    const request = object('cert-manager.io/v1', 'CertificateRequest', 'shop-1', {
      metadata: ownedBy(certificate),
      status: {
        conditions: conditions(
          [
            'Denied',
            'True',
            'policy.cert-manager.io',
            'No policy approved this request: [web: spec.allowed.dnsNames.values: Invalid value: []string{"shop.example.com"}]',
          ],
          ['Ready', 'False', 'Denied', 'The CertificateRequest was denied by an approval controller'],
        ),
      },
    })
    return fault('certificate', 'an approver denies it', [certificate, request, restartedOnce()], {
      cause: 'RequestDenied',
      at: /CertificateRequest/,
      proof: /denied|No policy/,
      fix: /polic/,
    })
  })(),
  ...(
    [
      [
        'GCP has no version',
        'error retrieving secret at .data[0], key: db, err: unable to access Secret from SecretManager Client: rpc error: code = NotFound desc = Secret [projects/1/secrets/db] not found or has no versions.',
        'ExternalKeyMissing',
      ],
      [
        'Key Vault refuses',
        'error retrieving secret at .data[0], key: db, err: keyvault.BaseClient#GetSecret: Failure responding to request: StatusCode=403 -- Original Error: autorest/azure: Service returned an error. Status=403 Code="Forbidden" Message="Caller is not authorized to perform action on resource."',
        'ProviderDenied',
      ],
      [
        'Vault path',
        'error retrieving secret at .data[0], key: kv/db, err: cannot read secret data from Vault: Error making API request.\n\nURL: GET https://vault.corp.test/v1/kv/data/db\nCode: 403. Errors:\n\n* 1 error occurred:\n\t* permission denied',
        'ProviderDenied',
      ],
      [
        'no such host',
        'error retrieving secret at .data[0], key: db, err: Get "https://vault.corp.test/v1/kv/data/db": dial tcp: lookup vault.corp.test on 10.96.0.10:53: no such host',
        'DnsFailure',
      ],
    ] as const
  ).map(([says, message, cause]) => {
    const one = object('external-secrets.io/v1', 'ExternalSecret', 'db', {
      spec: { target: { name: 'db' } },
      status: { conditions: conditions(['Ready', 'False', 'SecretSyncedError', 'could not get secret data from provider']) },
    })
    return fault('external secret', says, [one, event(one, 'UpdateFailed', message), restartedOnce()], {
      cause,
      at: /ExternalSecret\/apps\/db/,
      proof: /err/,
      fix: /.{10}/,
    })
  }),
  (() => {
    const one = object('rds.aws.test/v1beta1', 'DBInstance', 'b', {
      status: { phase: 'PartiallyFailed', failureReason: 'found a backup with status "InProgress"' },
    })
    return fault('backup', 'Velero', [one, restartedOnce()], { cause: ['PartiallyFailed', 'NotReady'], proof: /InProgress/, fix: /.{10}/ })
  })(),
  (() => {
    const one = object('argoproj.io/v1alpha1', 'Rollout', 'web', {
      status: {
        phase: 'Failed',
        conditions: conditions(['Promoted', 'False', 'Failed', 'Canary analysis failed, Deployment scaled to zero.']),
      },
    })
    const top = ks('shop', { wait: true }, notHealthy('Rollout/apps/web'), inventory(one))
    return fault(
      'canary',
      'Flagger',
      [
        top,
        goodGit(),
        one,
        event(one, 'Synced', 'Halt advancement no values found for metric request-success-rate probably web.apps is not receiving traffic'),
        restartedOnce(),
      ],
      {
        cause: ['NoTraffic', 'AnalysisFailed'],
        proof: /analysis failed|no values found/,
        fix: /.{10}/,
      },
    )
  })(),
  (() => {
    const dep = deployment('web', {
      progressing: stuck,
      more: [replicaFailure('Internal error occurred: admission plugin "ImagePolicyWebhook" failed to complete validation in 13s')],
    })
    return fault('webhook', 'image policy too slow', [dep, restartedOnce()], {
      cause: ['WebhookUnreachable', 'AdmissionTimeout'],
      proof: /13s/,
      fix: /webhook|admission/i,
    })
  })(),
  (() => {
    const one = pod('cache', {
      phase: 'Failed',
      status: { reason: 'Evicted', message: 'Usage of EmptyDir volume "cache" exceeds the limit "1Gi". ' },
    })
    return fault('evicted', 'emptyDir too full', [one, restartedOnce()], {
      cause: 'PodEvicted',
      proof: /EmptyDir/,
      fix: /sizeLimit|ephemeral-storage/,
    })
  })(),
  (() => {
    const one = object('v1', 'Service', 'public', { spec: { type: 'LoadBalancer', selector: { app: 'side' }, ports: [{ port: 80 }] } })
    const side = pod('side-1', { phase: 'Running', ready: true, labels: { app: 'side' } })
    return fault(
      'load balancer',
      'no subnet',
      [
        one,
        side,
        event(
          one,
          'SyncLoadBalancerFailed',
          'Error syncing load balancer: failed to ensure load balancer: could not find any suitable subnets for creating the ELB',
        ),
      ],
      {
        cause: 'LoadBalancerFailed',
        proof: /subnets/,
        fix: /subnet/,
      },
    )
  })(),
  (() => {
    const one = object('networking.k8s.io/v1', 'Ingress', 'shop', {
      spec: { ingressClassName: 'alb', defaultBackend: { service: { name: 'side', port: { number: 80 } } } },
    })
    const service = object('v1', 'Service', 'side', { spec: { selector: { app: 'side' }, ports: [{ port: 80 }] } })
    const side = pod('side-1', { phase: 'Running', ready: true, labels: { app: 'side' } })
    const said =
      'Failed deploy model due to AccessDenied: User: arn:aws:sts::1:assumed-role/alb/1 is not authorized to perform: elasticloadbalancing:AddTags on resource: arn:aws:elasticloadbalancing:1'
    return fault('ingress', 'its controller may not make a load balancer', [one, service, side, event(one, 'FailedDeployModel', said)], {
      cause: ['ProviderDenied', 'FailedDeployModel'],
      at: /Ingress\/apps\/shop/,
      proof: /AddTags/,
      fix: /right|role/,
    })
  })(),
  (() => {
    const one = global('v1', 'Node', 'node-9', {
      spec: {},
      status: {
        conditions: conditions([
          'Ready',
          'False',
          'KubeletNotReady',
          `container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized`,
        ]),
      },
    }) as KubeObject
    return fault('node', 'no network plugin', [one], {
      cause: ['NodeNotReady', 'PodNetworkFailed'],
      at: /Node\/node-9/,
      proof: /cni plugin/,
      fix: /network|CNI/,
    })
  })(),
]
