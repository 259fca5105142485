import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse, parseAllDocuments } from 'yaml'
import { Bucket } from '../../src/kinds/bucket.ts'
import { crdOf } from '../../src/kinds/crd.ts'
import { GitRepository } from '../../src/kinds/git-repository.ts'
import { HelmChart } from '../../src/kinds/helm-chart.ts'
import { HelmRepository } from '../../src/kinds/helm-repository.ts'
import { ImagePolicy } from '../../src/kinds/image-policy.ts'
import { ImageRepository } from '../../src/kinds/image-repository.ts'
import { ImageUpdateAutomation } from '../../src/kinds/image-update-automation.ts'
import type { Kind } from '../../src/kinds/kind.ts'
import { Kustomization } from '../../src/kinds/kustomization.ts'
import { OCIRepository } from '../../src/kinds/oci-repository.ts'
import { isObject, type Json, type JsonObject, listAt, objectAt, stringAt } from '../../src/lib/json.ts'
import { dataFolder, withData } from '../support/data.ts'

type Fields = ReadonlyMap<string, JsonObject>

/** What we take beyond 2.6: spec kustomization 1.1, sources 12, the fields of 2.7. By kind, or by kind and version where only that one has them. */
const additions = new Map([
  ['Bucket v1', ['spec.serviceAccountName']],
  ['GitRepository', ['spec.serviceAccountName']],
  ['ImagePolicy v1beta2', ['spec.suspend', 'status.lastHandledReconcileAt']],
  ['ImageUpdateAutomation v1beta2', ['spec.git.commit.signingKey.type']],
  [
    'Kustomization',
    ['spec.dependsOn[].readyExpr', 'spec.ignoreMissingComponents', 'spec.kubeConfig.configMapRef', 'spec.kubeConfig.configMapRef.name'],
  ],
])
const bucketRequired = ['bucketName', 'endpoint', 'interval']
const bucketRules = [
  {
    rule: "self.provider == 'aws' || self.provider == 'generic' || !has(self.sts)",
    message: "STS configuration is only supported for the 'aws' and 'generic' Bucket providers",
  },
  {
    rule: "self.provider != 'aws' || !has(self.sts) || self.sts.provider == 'aws'",
    message: "'aws' is the only supported STS provider for the 'aws' Bucket provider",
  },
  {
    rule: "self.provider != 'generic' || !has(self.sts) || self.sts.provider == 'ldap'",
    message: "'ldap' is the only supported STS provider for the 'generic' Bucket provider",
  },
  {
    rule: "!has(self.sts) || self.sts.provider != 'aws' || !has(self.sts.secretRef)",
    message: "spec.sts.secretRef is not required for the 'aws' STS provider",
  },
  {
    rule: "!has(self.sts) || self.sts.provider != 'aws' || !has(self.sts.certSecretRef)",
    message: "spec.sts.certSecretRef is not required for the 'aws' STS provider",
  },
  {
    rule: "self.provider != 'generic' || !has(self.serviceAccountName)",
    message: "ServiceAccountName is not supported for the 'generic' Bucket provider",
  },
  {
    rule: '!has(self.secretRef) || !has(self.serviceAccountName)',
    message: 'cannot set both .spec.secretRef and .spec.serviceAccountName',
  },
]
/** Where ours must differ, by path, or by kind, version and path: AWS CodeCommit is of 2.9; with configMapRef beside it secretRef is no longer required, and a rule wants one of the two. */
const loosened: { readonly [path: string]: { readonly ours: JsonObject; readonly theirs: JsonObject } } = {
  'Bucket v1 spec': {
    ours: { type: 'object', required: bucketRequired, 'x-kubernetes-validations': bucketRules },
    theirs: { type: 'object', required: bucketRequired, 'x-kubernetes-validations': bucketRules.slice(0, -2) },
  },
  'GitRepository v1 spec.provider': {
    ours: { type: 'string', enum: ['generic', 'aws', 'azure', 'github'] },
    theirs: { type: 'string', enum: ['generic', 'azure', 'github'] },
  },
  'spec.kubeConfig': {
    ours: {
      type: 'object',
      'x-kubernetes-validations': [
        { rule: 'has(self.secretRef) != has(self.configMapRef)', message: 'exactly one of secretRef and configMapRef is needed' },
      ],
    },
    theirs: { type: 'object', required: ['secretRef'] },
  },
}
const kinds: [Kind, string][] = [
  [Bucket, 'source.toolkit.fluxcd.io_buckets.yaml'],
  [GitRepository, 'source.toolkit.fluxcd.io_gitrepositories.yaml'],
  [HelmChart, 'source.toolkit.fluxcd.io_helmcharts.yaml'],
  [HelmRepository, 'source.toolkit.fluxcd.io_helmrepositories.yaml'],
  [OCIRepository, 'source.toolkit.fluxcd.io_ocirepositories.yaml'],
  [ImagePolicy, 'image.toolkit.fluxcd.io_imagepolicies.yaml'],
  [ImageRepository, 'image.toolkit.fluxcd.io_imagerepositories.yaml'],
  [ImageUpdateAutomation, 'image.toolkit.fluxcd.io_imageupdateautomations.yaml'],
  [Kustomization, 'kustomize.toolkit.fluxcd.io_kustomizations.yaml'],
]

/** Every schema by its path. Children are left out of a schema; an `additionalProperties` that is not a schema stays in it. */
function fieldsOf(schema: JsonObject, path = '', out = new Map<string, JsonObject>()): Map<string, JsonObject> {
  const { properties, items, additionalProperties, ...own } = schema
  if (Array.isArray(own.required)) own.required = own.required.map(String).toSorted()
  if (additionalProperties !== undefined && !isObject(additionalProperties)) own.additionalProperties = additionalProperties
  out.set(path, own)
  for (const [name, property] of Object.entries(isObject(properties) ? properties : {}))
    if (isObject(property)) fieldsOf(property, path === '' ? name : `${path}.${name}`, out)
  if (isObject(items)) fieldsOf(items, `${path}[]`, out)
  if (isObject(additionalProperties)) fieldsOf(additionalProperties, `${path}{}`, out)
  return out
}

function withoutDescription(field: JsonObject | undefined): JsonObject | undefined {
  return field && Object.fromEntries(Object.entries(field).filter(([key]) => key !== 'description'))
}

function versionOf(crd: Json, name: string): JsonObject {
  const found = listAt(crd, 'spec', 'versions')
    .filter(isObject)
    .find(version => stringAt(version, 'name') === name)
  assert.ok(found, `version ${name}`)
  return found
}

function served(crd: Json): string[] {
  return listAt(crd, 'spec', 'versions').flatMap(version => stringAt(version, 'name') ?? [])
}

function inBoth(kind: Kind, upstream: Json): string[] {
  return kind.versions.map(({ name }) => name).filter(name => served(upstream).includes(name))
}

function fieldsOfVersion(crd: Json, name: string): Fields {
  return fieldsOf(objectAt(versionOf(crd, name), 'schema', 'openAPIV3Schema'))
}

function compareFields(kind: Kind, version: string, { ours, theirs }: { ours: Fields; theirs: Fields }): void {
  for (const [path, field] of theirs) {
    const [mine, upstream] = [withoutDescription(ours.get(path)), withoutDescription(field)]
    const different = loosened[`${kind.kind} ${version} ${path}`] ?? loosened[path]
    assert.deepEqual(mine, different ? different.ours : upstream, `${version} ${path}`)
    if (different) assert.deepEqual(upstream, different.theirs, `${version} ${path} of Flux`)
  }
  const extra = [...ours.keys()].filter(path => !theirs.has(path)).toSorted()
  const taken = additions.get(`${kind.kind} ${version}`) ?? additions.get(kind.kind) ?? []
  assert.deepEqual(extra, taken.toSorted(), 'fields that Flux does not have')
}

function yamlFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.yaml'))
    .map(file => join(folder, file))
}

withData({ name: "our kinds beside Flux's", tests: kinds.length * 2 + 1 }, () => {
  for (const [kind, file] of kinds) {
    const theirs = (): Json => parse(readFileSync(join(dataFolder, 'flux-crds', file), 'utf8')) as Json
    test(`the CRD of ${kind.kind} is Flux's, field by field`, () => {
      const [mine, upstream] = [crdOf(kind), theirs()]
      for (const key of ['group', 'scope', 'names']) assert.deepEqual(objectAt(mine, 'spec')[key], objectAt(upstream, 'spec')[key], key)
      assert.equal(mine.metadata.name, stringAt(upstream, 'metadata', 'name'))
      assert.deepEqual(
        kind.versions.map(({ name }) => name).filter(name => !served(upstream).includes(name)),
        (kind.alsoReads ?? []).filter(name => !served(upstream).includes(name)),
      )
      if (kind.alsoReads)
        assert.deepEqual(
          [kind.version, ...kind.alsoReads].toSorted(),
          kind.versions.map(({ name }) => name).toSorted(),
          'a kind that is read in another version is read in each',
        )
      for (const name of inBoth(kind, upstream)) {
        const [a, b] = [versionOf(mine, name), versionOf(upstream, name)]
        for (const key of ['additionalPrinterColumns', 'deprecated', 'deprecationWarning', 'served', 'storage', 'subresources'])
          assert.deepEqual(a[key], b[key], `${name} ${key}`)
        compareFields(kind, name, { ours: fieldsOfVersion(mine, name), theirs: fieldsOfVersion(upstream, name) })
      }
    })
    test(`the descriptions of ${kind.kind} are our own`, () => {
      for (const name of inBoth(kind, theirs())) {
        const upstream = fieldsOfVersion(theirs(), name)
        for (const [path, field] of fieldsOfVersion(crdOf(kind), name))
          if (field.description !== undefined) assert.notEqual(field.description, upstream.get(path)?.description, `${name} ${path}`)
      }
    })
  }
  test('the Kustomizations of a real fleet parse', () => {
    const objects = yamlFiles(join(dataFolder, 'fleet'))
      .flatMap(file => parseAllDocuments(readFileSync(file, 'utf8')).map(document => document.toJS() as Json))
      .filter(isObject)
      .filter(object => object.apiVersion === `${Kustomization.group}/v1`)
    assert.ok(objects.length > 0)
    for (const object of objects)
      assert.deepEqual(Kustomization.spec.safeParse(object.spec).error?.issues ?? [], [], stringAt(object, 'metadata', 'name'))
  })
})

/** What structural schemas take, of what ours need. `additionalProperties` is in a field only when it is not a schema, so it is not here: unknown fields are pruned. */
const keywords = new Set([
  'type',
  'description',
  'default',
  'enum',
  'pattern',
  'format',
  'required',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'x-kubernetes-list-type',
  'x-kubernetes-map-type',
  'x-kubernetes-validations',
])
const types = new Set(['object', 'array', 'string', 'boolean', 'integer', 'number'])

for (const [kind] of kinds) {
  test(`the schemas of ${kind.kind} are structural, prune unknown fields and describe theirs`, () => {
    for (const { name } of kind.versions) {
      for (const [path, field] of fieldsOfVersion(crdOf(kind), name)) {
        assert.deepEqual(
          Object.keys(field).filter(key => !keywords.has(key)),
          [],
          `${name} ${path}`,
        )
        assert.ok(types.has(String(field.type)), `${name} ${path} type`)
        const named = /^(spec|status)\..*[^\]}]$/.test(path)
        if (named) assert.equal(typeof field.description, 'string', `${name} ${path} has no description`)
      }
    }
  })
  test(`exactly one version of ${kind.kind} is stored, the one we read and write`, () => {
    assert.deepEqual(
      kind.versions.filter(version => version.storage).map(version => version.name),
      [kind.version],
    )
  })
  test(`what ${kind.kind} lists as unsupported is in its schema`, () => {
    const fields = fieldsOfVersion(crdOf(kind), kind.version)
    assert.deepEqual(
      kind.unsupported.filter(path => !fields.has(`spec.${path}`)),
      [],
    )
  })
}

const source = { kind: 'OCIRepository', name: 'app' }
const whole = { interval: '10m', prune: true, sourceRef: source }
const bucket = { bucketName: 'app', endpoint: 'minio.example.com', interval: '1m' }
const oci = { url: 'oci://example.com/app', interval: '1m' }

const wrong: [string, Kind, JsonObject, string[]][] = [
  ['required fields that are not there', Kustomization, {}, ['interval', 'sourceRef', 'prune']],
  ['a source of another kind', Kustomization, { ...whole, sourceRef: { kind: 'Nothing', name: 'x' } }, ['sourceRef.kind']],
  ['an item of a list', Kustomization, { ...whole, dependsOn: [{ name: 'a' }, {}] }, ['dependsOn.1.name']],
  ['a duration without unit', Kustomization, { ...whole, timeout: '30' }, ['timeout']],
  ['a name that is too long', Kustomization, { ...whole, targetNamespace: 'n'.repeat(64) }, ['targetNamespace']],
  ['a value of a map', Kustomization, { ...whole, postBuild: { substitute: { count: 3 } } }, ['postBuild.substitute.count']],
  ['an unknown provider', Bucket, { ...bucket, provider: 'minio' }, ['provider']],
  ['an STS endpoint that is no URL', Bucket, { ...bucket, sts: { provider: 'ldap', endpoint: 'sts' } }, ['sts.endpoint']],
  ['an STS that a provider does not have', Bucket, { ...bucket, provider: 'gcp', sts: { provider: 'aws', endpoint: 'http://sts' } }, ['']],
  [
    'a Secret for keys that need none',
    Bucket,
    { ...bucket, provider: 'aws', sts: { provider: 'aws', endpoint: 'http://sts', secretRef: { name: 's' } } },
    [''],
  ],
  ['another scheme', OCIRepository, { ...oci, url: 'https://example.com/app' }, ['url']],
  ['hours in a timeout', OCIRepository, { ...oci, timeout: '1h' }, ['timeout']],
  ['a repository of another scheme', HelmRepository, { url: 'ftp://example.com' }, ['url']],
  [
    'a chart of an OCIRepository',
    HelmChart,
    { chart: 'a', interval: '1m', sourceRef: { kind: 'OCIRepository', name: 'a' } },
    ['sourceRef.kind'],
  ],
  ['a reference without name', OCIRepository, { ...oci, secretRef: {} }, ['secretRef.name']],
]
for (const [name, kind, spec, paths] of wrong) {
  test(`a wrong spec is named with its path: ${name}`, () => {
    assert.deepEqual(
      kind.spec.safeParse(spec).error?.issues.map(issue => issue.path.join('.')),
      paths,
    )
  })
}

const right: [string, Kind, JsonObject, JsonObject][] = [
  ['a Kustomization', Kustomization, whole, { ...whole, force: false }],
  [
    'defaults inside lists',
    Kustomization,
    { ...whole, postBuild: { substituteFrom: [{ kind: 'Secret', name: 's' }] } },
    { ...whole, force: false, postBuild: { substituteFrom: [{ kind: 'Secret', name: 's', optional: false }] } },
  ],
  [
    'the three additions',
    Kustomization,
    { ...whole, ignoreMissingComponents: true, dependsOn: [{ name: 'a', readyExpr: 'true' }], kubeConfig: { configMapRef: { name: 'c' } } },
    {
      ...whole,
      force: false,
      ignoreMissingComponents: true,
      dependsOn: [{ name: 'a', readyExpr: 'true' }],
      kubeConfig: { configMapRef: { name: 'c' } },
    },
  ],
  ['a Bucket', Bucket, bucket, { ...bucket, provider: 'generic', timeout: '60s' }],
  ['an OCIRepository', OCIRepository, oci, { ...oci, provider: 'generic', timeout: '60s' }],
  [
    'fields of later versions, kept',
    OCIRepository,
    { ...oci, later: { field: 1 }, ref: { tag: 'v1', later: 2 } },
    { ...oci, provider: 'generic', timeout: '60s', later: { field: 1 }, ref: { tag: 'v1', later: 2 } },
  ],
]
for (const [name, kind, spec, parsed] of right) {
  test(`a valid spec parses and its defaults are filled in: ${name}`, () => {
    assert.deepEqual(kind.spec.parse(spec), parsed)
  })
}
