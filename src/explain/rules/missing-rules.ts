import { stringAt } from '../../lib/json.ts'
import { isFluxGroup } from '../../engine/controllers.ts'
import { conditionOf, conditionsOf, printRef } from '../../kinds/manifest.ts'
import {
  below,
  type Evidence,
  type Facts,
  fieldEvidence,
  type Finding,
  type Found,
  healthOf,
  reachedFrom,
  type Role,
  type Rule,
} from '../facts.ts'
import { speaksOf } from '../named.ts'
import { passesOn, type Statement, statementsOf } from '../statements.ts'
import { codes } from '../wordings/codes.ts'
import { networks } from '../wordings/fetches.ts'
import { operators } from '../wordings/operators.ts'
import { filled, heard } from '../wordings/wording.ts'

interface Absence {
  readonly name: string
  readonly what: string
  /** `{name|otherwise}` stands for what is not there. */
  readonly fix: string
  readonly strength: number
}

/** What it means that an object is not there, by the role that it would play. */
const absences: Partial<Readonly<Record<Role, Absence>>> = {
  source: {
    name: 'SourceMissing',
    what: 'the source does not exist',
    fix: 'create it, or correct spec.sourceRef (kind, name, namespace)',
    strength: 1,
  },
  dependency: {
    name: 'DependencyMissing',
    what: 'an object in spec.dependsOn does not exist',
    fix: 'create it, or correct or remove the entry in spec.dependsOn',
    strength: 1,
  },
  secret: {
    name: 'SecretMissing',
    what: 'a Secret that is needed does not exist',
    fix: 'create Secret {name|of that name}, or correct the reference to it',
    strength: 1,
  },
  config: {
    name: 'ConfigMapMissing',
    what: 'a ConfigMap that is needed does not exist',
    fix: 'create ConfigMap {name|of that name}, or correct the reference to it',
    strength: 1,
  },
  account: {
    name: 'ServiceAccountMissing',
    what: 'the ServiceAccount does not exist',
    fix: 'create ServiceAccount {name|of that name}, or correct serviceAccountName',
    strength: 0.9,
  },
  priority: {
    name: 'PriorityClassMissing',
    what: 'the PriorityClass does not exist',
    fix: 'create PriorityClass {name|of that name}, or correct priorityClassName',
    strength: 0.9,
  },
  runtime: {
    name: 'RuntimeClassMissing',
    what: 'the RuntimeClass does not exist',
    fix: 'create RuntimeClass {name|of that name}, or correct runtimeClassName',
    strength: 0.9,
  },
  claim: {
    name: 'ClaimMissing',
    what: 'a PersistentVolumeClaim of the pod does not exist',
    fix: 'create PersistentVolumeClaim {name|of that name}, or correct claimName',
    strength: 1,
  },
  'storage class': {
    name: 'StorageClassMissing',
    what: 'the StorageClass of the claim does not exist',
    fix: 'create StorageClass {name|of that name}, or make the claim again with a storageClassName that exists',
    strength: 1,
  },
  namespace: {
    name: 'NamespaceMissing',
    what: 'the namespace does not exist',
    fix: 'create namespace {name|it} first: add it to what is applied, or order it before by dependsOn',
    strength: 1,
  },
  backend: {
    name: 'BackendMissing',
    what: 'the Service behind it does not exist',
    fix: 'create Service {name|of that name}, or correct the name in the backend',
    strength: 0.95,
  },
  issuer: {
    name: 'IssuerMissing',
    what: 'the issuer or store does not exist',
    fix: 'create it, or correct the reference to it (kind, name)',
    strength: 1,
  },
  class: {
    name: 'IngressClassMissing',
    what: 'the IngressClass does not exist, so no controller serves the Ingress',
    fix: 'correct spec.ingressClassName, or install the controller that brings this class',
    strength: 0.9,
  },
  target: {
    name: 'ScaleTargetMissing',
    what: 'what it scales does not exist',
    fix: 'create it, or correct spec.scaleTargetRef',
    strength: 0.9,
  },
  provider: {
    name: 'ProviderMissing',
    what: 'the Provider that notifications are sent by does not exist',
    fix: 'create Provider {name|of that name}, or correct spec.providerRef.name',
    strength: 0.95,
  },
  volume: {
    name: 'VolumeMissing',
    what: 'the PersistentVolume of the claim does not exist',
    fix: 'restore the volume, or make the claim again',
    strength: 0.9,
  },
}

/** An object that is named and is not there: proven by whoever names it. */
export const missingRule: Rule = (found, facts) => {
  const { parent, role, object, unread } = found
  const absence = role && absences[role]
  if (!absence || !parent || object || unread !== undefined || isServing(parent, facts.now)) return []
  return [absenceOf(found, { parent, absence, isTold: tellsOther(found, { parent, facts }) })]
}

/** Whether who names it does without: kinds that tell of their health. */
function isServing(parent: Found, now: number): boolean {
  if (parent.ref.kind === 'HorizontalPodAutoscaler') return conditionOf(parent.object, 'AbleToScale')?.status === 'True'
  if (conditionOf(parent.object, 'Ready')?.status === 'False') return false
  if (['Ingress', 'PersistentVolumeClaim'].includes(parent.ref.kind)) return false
  if (isFluxGroup(parent.ref.group) && conditionsOf(parent.object).length > 0 && statementsOf(parent).length === 0) return true
  return healthOf(parent, now) === 'well'
}

const gone = /not (?:be )?found|not exist|n't exist|missing|no such|unknown/i
const telling = [...networks, ...operators, ...codes]

/** Whether who names it, or what that made, says why it fails and speaks of something else: what counts more than a look-up that nobody speaks of. */
function tellsOther(found: Found, { parent, facts }: { parent: Found; facts: Facts }): boolean {
  const own = statementsOf(parent)
  if (found.role === 'namespace' && own.some(s => /being terminated/.test(s.message))) return true
  if (isFluxGroup(parent.ref.group)) return own.some(s => !passesOn(s, parent)) && !own.some(s => names(s, found))
  if (found.role !== 'issuer') return false
  const made = below(parent, facts, 'owned').flatMap(f => reachedFrom(f, facts))
  const said = [...own, ...made.flatMap(statementsOf)]
  return said.some(s => heard(telling, s.message, undefined)) && !said.some(s => names(s, found) && gone.test(s.message))
}

function names({ message }: Statement, { ref }: Found): boolean {
  return speaksOf(message, ref) || message.includes(ref.name)
}

function absenceOf(found: Found, { parent, absence, isTold }: { parent: Found; absence: Absence; isTold: boolean }): Finding {
  const name = printRef(found.ref)
  const statement = statementsOf(parent).find(s => names(s, found))
  const evidence: Evidence[] = [
    fieldEvidence(found, '(lookup)', 'not found'),
    fieldEvidence(parent, fieldOf(found, parent), found.ref.name),
  ]
  return {
    name: absence.name,
    what: `${absence.what}: ${name}, which ${parent.ref.kind} ${parent.ref.name} names`,
    fix: filled(absence.fix, { name: found.ref.name }),
    evidence: [...(statement ? [statement.evidence] : []), ...evidence],
    strength: isTold ? 0.28 : absence.strength,
  }
}

/** Where an object names another, as far as it is one of the usual places. */
function fieldOf({ role, ref }: Found, { object }: Found): string {
  switch (role) {
    case 'source':
      return stringAt(object, 'spec', 'chartRef', 'name') === ref.name
        ? 'spec.chartRef.name'
        : stringAt(object, 'spec', 'chart', 'spec', 'sourceRef', 'name') === ref.name
          ? 'spec.chart.spec.sourceRef.name'
          : 'spec.sourceRef.name'
    case 'dependency':
      return 'spec.dependsOn[].name'
    case 'storage class':
      return 'spec.storageClassName'
    case 'account':
      return 'serviceAccountName'
    case 'priority':
      return 'priorityClassName'
    case 'runtime':
      return 'runtimeClassName'
    case 'claim':
      return 'spec.volumes[].persistentVolumeClaim.claimName'
    case 'backend':
      return 'backend.service.name'
    case 'provider':
      return 'spec.providerRef.name'
    case 'target':
      return 'spec.scaleTargetRef.name'
    default:
      return 'reference'
  }
}
