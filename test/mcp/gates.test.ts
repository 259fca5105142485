import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Answer } from '../../src/tools/frame/answer.ts'
import type { Answered, Question } from '../../src/tools/tool.ts'
import { type Product, startProduct, stdioCaller } from '../support/service.ts'
import { unending } from '../support/unending.ts'

const approved = new Set<string>()
let free: Product
let strict: Product
before(async () => {
  free = await startProduct()
  strict = await startProduct({ mode: { planChanges: true, personDestroys: true, isApproved: h => approved.has(h) } })
})
after(async () => {
  await free.stop()
  await strict.stop()
})
const yaml = (name: string, value = '1'): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: default}\ndata: {a: "${value}"}\n`
const codeOf = ({ data }: Answer): unknown => (data?.error as { code?: string } | undefined)?.code
const handleOf = ({ data }: Answer): string => String(data?.plan)
const configMap = (name: string): Record<string, string> => ({ kind: 'ConfigMap', namespace: 'default', name })

test('delete_object needs its plan everywhere, and the plan deletes once', async () => {
  await free.call('apply_manifests', { manifests: yaml('once') })
  const planned = await free.call('delete_object', configMap('once'))
  assert.equal(planned.data?.planned, true)
  assert.match(planned.text, /Plan, nothing done yet: delete ConfigMap\/default\/once/)
  assert.equal((await free.call('get_object', configMap('once'))).isError, false)
  assert.equal((await free.call('delete_object', { ...configMap('once'), plan: handleOf(planned) })).data?.deleted, true)
  assert.equal(codeOf(await free.call('delete_object', { ...configMap('once'), plan: handleOf(planned) })), 'NotFound')
})

test('a handle is bound to arguments, caller and live state, and made up ones are refused', async () => {
  for (const name of ['bound', 'other']) await free.call('apply_manifests', { manifests: yaml(name) })
  const plan = handleOf(await free.call('delete_object', configMap('bound')))
  assert.equal(codeOf(await free.call('delete_object', { ...configMap('other'), plan })), 'StalePlan')
  assert.equal(
    codeOf(await free.call('delete_object', { ...configMap('bound'), plan }, { caller: { ...stdioCaller, key: 'somebody else' } })),
    'StalePlan',
  )
  assert.equal(codeOf(await free.call('delete_object', { ...configMap('bound'), plan: 'p1-9999999999-00000000000000000000' })), 'StalePlan')
  assert.equal(codeOf(await free.call('delete_object', { ...configMap('bound'), plan: 'yes' })), 'StalePlan')
  const planned = handleOf(await free.call('plan', { tool: 'delete_object', arguments: configMap('bound') }))
  assert.equal((await free.call('delete_object', { ...configMap('bound'), plan: planned })).data?.deleted, true)
})

test('with gates on, changes answer with their plan first', async () => {
  const planned = await strict.call('apply_manifests', { manifests: yaml('gated') })
  assert.equal(planned.data?.planned, true)
  assert.equal(codeOf(await strict.call('get_object', configMap('gated'))), 'NotFound')
  assert.equal((await strict.call('apply_manifests', { manifests: yaml('gated'), plan: handleOf(planned) })).isError, false)
  assert.equal((await strict.call('get_object', configMap('gated'))).isError, false)
})

test('with gates on, destruction needs a person; only the approved handle passes', async () => {
  await strict.call('apply_manifests', {
    manifests: yaml('kept'),
    plan: handleOf(await strict.call('apply_manifests', { manifests: yaml('kept') })),
  })
  const plan = handleOf(await strict.call('delete_object', configMap('kept')))
  assert.equal(codeOf(await strict.call('delete_object', { ...configMap('kept'), plan })), 'ApprovalRequired')
  approved.add(plan)
  assert.equal((await strict.call('delete_object', { ...configMap('kept'), plan })).data?.deleted, true)
})

test('a person who can be asked decides; what is no clear yes is a no', async () => {
  const remove = configMap('asked')
  await strict.call('apply_manifests', {
    manifests: yaml('asked'),
    plan: handleOf(await strict.call('apply_manifests', { manifests: yaml('asked') })),
  })
  const plan = handleOf(await strict.call('delete_object', remove))
  const canAsk = { form: true, url: false }
  const first = await strict.call('delete_object', { ...remove, plan }, { canAsk })
  const { message } = (first.asked?.ask.approval ?? { message: '' }) as Question
  assert.match(message, /^Delete an object: delete ConfigMap\/default\/asked.*Approve\?$/)
  assert.deepEqual(first.asked?.state, { approves: plan })
  const answers: [Answered, code: string | undefined][] = [
    [{ action: 'decline' }, 'Declined'],
    [{ action: 'cancel' }, 'Declined'],
    [{ action: 'accept' }, 'Declined'],
    [{ action: 'accept', value: { decision: 'refuse' } }, 'Declined'],
    [{ action: 'accept', value: { decision: true } }, 'Declined'],
    [{ action: 'accept', value: { approve: 'approve' } }, 'Declined'],
  ]
  for (const [answered, code] of answers)
    assert.equal(
      codeOf(await strict.call('delete_object', { ...remove, plan }, { canAsk, state: { approves: plan }, answered: () => answered })),
      code,
    )
  const yes = (): Answered => ({ action: 'accept', value: { decision: 'approve' } })
  for (const state of [undefined, { approves: 'p1-1-00000000000000000000' }, 'approves'])
    assert.ok(
      (await strict.call('delete_object', { ...remove, plan }, { canAsk, state, answered: yes })).asked,
      'an answer without its question',
    )
  assert.equal(codeOf(await strict.call('delete_object', { ...remove, plan }, { canAsk: { form: false, url: true } })), 'ApprovalRequired')
  assert.equal((await strict.call('get_object', remove)).isError, false)
  assert.equal(
    (await strict.call('delete_object', { ...remove, plan }, { canAsk, state: { approves: plan }, answered: yes })).data?.deleted,
    true,
  )
})

test('a plan is void when what it would do changed', async () => {
  await free.call('apply_manifests', { manifests: yaml('drifting') })
  const target = { manifests: `${yaml('drifting', '2')}` }
  const plan = handleOf(await free.call('plan', { tool: 'apply_manifests', arguments: target }))
  await free.call('apply_manifests', target)
  assert.equal(codeOf(await free.call('apply_manifests', { ...target, plan })), 'StalePlan')
})

test('taking fields from another manager needs the plan in every mode', async () => {
  const { cluster } = free.composed.sandbox ?? {}
  await cluster?.apply(
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'theirs', namespace: 'default' }, data: { a: '0' } },
    { manager: 'somebody' },
    unending,
  )
  const planned = await free.call('apply_manifests', { manifests: yaml('theirs', '9') })
  assert.equal(planned.data?.planned, true)
  assert.match(planned.text, /takes fields ConfigMap\/default\/theirs/)
  assert.equal((await free.call('apply_manifests', { manifests: yaml('theirs', '9'), plan: handleOf(planned) })).isError, false)
})

test('what Flux owns is refused with its owner', async () => {
  const { cluster } = free.composed.sandbox ?? {}
  const labels = { 'kustomize.toolkit.fluxcd.io/name': 'apps', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' }
  await cluster?.apply(
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'owned', namespace: 'default', labels } },
    { manager: 'kustomize-controller' },
    unending,
  )
  for (const refused of [
    await free.call('apply_manifests', { manifests: yaml('owned') }),
    await free.call('delete_object', configMap('owned')),
  ]) {
    assert.equal(codeOf(refused), 'ManagedByFlux')
    assert.match(refused.text, /owned by Kustomization\/flux-system\/apps/)
  }
})

test('wrong arguments are named, with those that are right', async () => {
  const unknown = await free.call('get_status', { stat: 'failing' })
  assert.equal(codeOf(unknown), 'InvalidArgument')
  assert.match(unknown.text, /'stat' is no argument of get_status\. Next: use namespace, kind/)
  assert.equal(codeOf(await free.call('get_events', { since: 'yesterday' })), 'InvalidArgument')
  assert.equal(codeOf(await free.call('get_object', { kind: 'Kustomisation', name: 'x' })), 'NoMatch')
  assert.equal(codeOf(await free.call('get_object', { kind: 'ConfigMap', name: 'x' })), 'InvalidArgument')
  assert.equal(codeOf(await free.call('set_suspended', { ...configMap('gated'), suspended: true })), 'InvalidArgument')
})
