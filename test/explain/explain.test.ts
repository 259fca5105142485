import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { isFluxGroup } from '../../src/engine/controllers.ts'
import { type KubeObject, refOf } from '../../src/kinds/manifest.ts'
import { at, listAt } from '../../src/lib/json.ts'
import type { Answer } from '../../src/tools/frame/answer.ts'
import { tokensOf } from '../../src/tools/frame/tokens.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { testKernel } from '../support/kernel.ts'
import { type Product, startProduct } from '../support/service.ts'
import { belowAnother, besideOthers } from './beside.ts'
import { blindApplies } from './blind-applies.ts'
import { blindFlux } from './blind-flux.ts'
import { blindPods } from './blind-pods.ts'
import type { FaultCase } from './case.ts'
import { chains } from './chains.ts'
import { checkedFlux } from './checked-flux.ts'
import { checkedHealthy } from './checked-healthy.ts'
import { checkedMore } from './checked-more.ts'
import { checkedPods } from './checked-pods.ts'
import { checkedWords } from './checked-words.ts'
import { LentClusters } from './cluster.ts'
import { fluxFaults } from './faults-flux.ts'
import { sourceFaults } from './faults-sources.ts'
import { workloadFaults } from './faults-workloads.ts'
import { fluxVariants } from './variants-flux.ts'
import { moreVariants } from './variants-more.ts'
import { podVariants } from './variants-pods.ts'
import { fieldRoundHealthy } from './field-round-healthy.ts'
import { fieldRoundPods } from './field-round-pods.ts'
import { fieldRound } from './field-round.ts'
import { fieldVariants } from './field-variants.ts'
import { moreFieldVariants } from './field-variants-more.ts'
import { operatorVariants } from './operator-variants.ts'
import { outside, outsideHealthy } from './outside.ts'
import { thirdVariants } from './third-variants.ts'
import { fluxWordings } from './wordings-flux.ts'
import { moreWordings } from './wordings-more.ts'
import { healthyOperators, operatorWordings } from './wordings-operators.ts'
import { programWordings } from './wordings-programs.ts'
import { workloadWordings } from './wordings-workloads.ts'
import { moreHealthy } from './healthy-more.ts'
import { healthyCases } from './healthy.ts'
import { rareFlux } from './rare-flux.ts'
import { rarePrograms } from './rare-programs.ts'
import { rareScenes } from './rare-scenes.ts'
import { reportedMore } from './reported-more.ts'
import { appliesPractice } from './practice-applies.ts'
import { fluxPractice } from './practice-flux.ts'
import { wellPractice } from './practice-healthy.ts'
import { podsPractice } from './practice-pods.ts'
import { reportedNodes } from './reported-nodes.ts'
import { reportedPods } from './reported-pods.ts'
import { reported } from './reported.ts'
import { unseenApplies } from './unseen-applies.ts'
import { unseenChains } from './unseen-chains.ts'
import { unseenHealthy } from './unseen-healthy.ts'
import { unseenLater } from './unseen-later.ts'
import { unseenPods } from './unseen-pods.ts'
import { unseenPrograms } from './unseen-programs.ts'
import { unseenSources } from './unseen-sources.ts'
import { wholeApplies } from './whole-applies.ts'
import { wholeHealthy } from './whole-healthy.ts'
import { wholePods } from './whole-pods.ts'
import { wholeReleases } from './whole-releases.ts'
import { wholeSources } from './whole-sources.ts'

const kernel = testKernel()
let product: Product
const here = new Map<string, Cluster>()
before(async () => {
  product = await startProduct({ clusters: real => ({ names: real.names, named: name => here.get(name ?? '') ?? real.named(name) }) })
})
const lent = new LentClusters()
after(async () => {
  await lent.close()
  await product.stop()
})

async function explained(ask: KubeObject, objects: readonly KubeObject[]): Promise<Answer> {
  const { cluster, stop } = await lent.lend(objects, kernel)
  const name = `case-${here.size}`
  here.set(name, cluster)
  try {
    const group = ask.apiVersion.includes('/') ? `.${ask.apiVersion.split('/')[0]}` : ''
    return await product.call('explain', {
      cluster: name,
      kind: `${ask.kind}${group}`,
      namespace: ask.metadata.namespace ?? '-',
      name: ask.metadata.name,
    })
  } finally {
    await stop()
  }
}

function check({ ask, expect }: FaultCase, { isError, data, text }: Answer): void {
  assert.equal(isError, false, text)
  const [first] = listAt(data, 'causes')
  const names = [expect.cause ?? []].flat()
  assert.ok(first && (names.length === 0 || names.includes(String(at(first, 'cause')))), `expected ${names.join(' or ')} first\n${text}`)
  if (expect.at) assert.match(String(at(first, 'object')), expect.at, text)
  assert.match(listAt(first, 'untrusted').join('\n'), expect.proof, text)
  assert.match(String(at(first, 'fix')), expect.fix, text)
  assert.match(text, isFluxGroup(refOf(ask).group) ? /first fix, then reconcile / : /first fix, then explain again/)
  assert.ok(tokensOf(text) <= 1000, `${tokensOf(text)} tokens`)
}

const simple = [
  ...sourceFaults,
  ...fluxFaults,
  ...workloadFaults,
  ...thirdVariants,
  ...podVariants,
  ...fluxVariants,
  ...moreVariants,
  ...operatorVariants,
  ...fieldVariants,
  ...moreFieldVariants,
  ...fluxWordings,
  ...workloadWordings,
  ...moreWordings,
  ...operatorWordings,
  ...programWordings,
]
/** Clusters with much around what is broken: as they are, and no more. */
const whole = [
  ...wholeSources,
  ...wholeApplies,
  ...wholePods,
  ...wholeReleases,
  ...rareFlux,
  ...rarePrograms,
  ...rareScenes,
  ...reported,
  ...reportedPods,
  ...reportedMore,
  ...reportedNodes,
  ...chains,
  ...checkedPods,
  ...checkedFlux,
  ...checkedMore,
  ...checkedWords,
  ...fluxPractice,
  ...appliesPractice,
  ...podsPractice,
  ...unseenSources,
  ...unseenApplies,
  ...unseenPods,
  ...unseenPrograms,
  ...unseenLater,
  ...unseenChains,
  ...blindFlux,
  ...blindApplies,
  ...blindPods,
  ...fieldRound,
  ...fieldRoundPods,
  ...outside,
]

/** One of each kind of fault. */
const each = [...Map.groupBy(simple, row => row.fault).values()].flatMap(rows => rows.slice(0, 1))

describe('the true cause comes first', { concurrency: 8 }, () => {
  for (const row of [...simple, ...whole, ...each.map(besideOthers), ...each.flatMap(belowAnother)])
    test(`${row.fault}: ${row.says}`, { todo: row.gap ?? false }, async () => check(row, await explained(row.ask, row.objects)))
})

describe('nothing is named where nothing is broken', { concurrency: 8 }, () => {
  const well = () => [
    ...healthyCases(),
    ...healthyOperators,
    ...wholeHealthy(),
    ...moreHealthy(),
    ...checkedHealthy(),
    ...wellPractice(),
    ...unseenHealthy(),
    ...fieldRoundHealthy(),
    ...outsideHealthy(),
  ]
  for (const [i, [says]] of well().entries())
    test(says, async () => {
      const [, objects] = well()[i] ?? assert.fail('it is in the list')
      const { isError, data, text } = await explained(objects[0], objects)
      assert.equal(isError, false, text)
      assert.deepEqual(listAt(data, 'causes'), [], text)
    })
})
