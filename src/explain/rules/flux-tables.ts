import { at, stringAt } from '../../lib/json.ts'
import type { Found } from '../facts.ts'
import type { Statement } from '../statements.ts'
import {
  builds,
  charts,
  decryptions,
  expressions,
  paths,
  releases,
  releaseStarts,
  releaseValues,
  substitutions,
  transfers,
  variables,
  wholePaths,
} from '../wordings/builds.ts'
import { dangling } from '../wordings/absences.ts'
import { missing as absent, networks, scopes, unanswered } from '../wordings/fetches.ts'
import { refusals } from '../wordings/refusals.ts'
import { gits, identities, registries, urls, verification, versions } from '../wordings/sources.ts'
import { type Heard, heard, type Wording } from '../wordings/wording.ts'

const missing = [...scopes, ...absent]

function tablesOf({ ref }: Found, reason: string): readonly Wording[] {
  const isUnverified = /Verif|Signature|GitObject/i.test(reason)
  switch (ref.kind) {
    case 'Kustomization':
      return reason === 'BuildFailed' ? whileBuilding : whileApplying
    case 'HelmRelease':
      return whileReleasing
    case 'GitRepository':
      return [...missing, ...(isUnverified ? verification : []), ...fromGit]
    case 'ImageUpdateAutomation':
      return [...missing, ...fromGit]
    case 'HelmChart':
      return [...missing, ...(isUnverified ? verification : []), ...charts, ...fromRegistry]
    case 'HelmRepository':
    case 'OCIRepository':
    case 'Bucket':
    case 'ImageRepository':
    case 'ImagePolicy':
      return [...missing, ...(isUnverified ? verification : []), ...fromRegistry]
    default:
      return [...missing, ...networks, ...urls, ...refusals, ...registries, ...unanswered]
  }
}

const whileBuilding = [
  ...wholePaths,
  ...missing,
  ...decryptions,
  ...variables,
  ...substitutions,
  ...builds,
  ...paths,
  ...refusals,
  ...networks,
  ...dangling,
  ...unanswered,
]
const whileApplying = [
  ...expressions,
  ...transfers,
  ...paths,
  ...decryptions,
  ...refusals,
  ...missing,
  ...variables,
  ...substitutions,
  ...builds,
  ...verification,
  ...networks,
  ...dangling,
  ...unanswered,
]
/** What releases say. */
export const whileReleasing = [
  ...transfers,
  ...releaseValues,
  ...missing,
  ...releaseStarts,
  ...refusals,
  ...releases,
  ...versions,
  ...networks,
  ...verification,
  ...registries,
  ...builds,
  ...dangling,
]
const fromGit = [...networks, ...urls, ...versions, ...identities, ...gits, ...verification, ...unanswered]
const fromRegistry = [...networks, ...urls, ...verification, ...versions, ...identities, ...registries, ...unanswered]

/** What a statement of a Flux object says, by the tables of its kind, with what mends it there. */
export function heardFrom(found: Found, { reason, message }: Statement): Heard | undefined {
  const words = heard(tablesOf(found, reason), message, found.ref.namespace)
  if (words?.name === 'TagNotFound' && stringAt(found.object, 'spec', 'ref', 'digest') !== undefined)
    return {
      ...words,
      name: 'WrongDigest',
      what: 'the registry has nothing with the digest in spec.ref.digest',
      fix: 'correct spec.ref.digest (get_image_digest tells the digest of a tag), or push that content again',
    }
  if (
    words?.name === 'InvalidObject' &&
    /Invalid value|Required value/.test(message) &&
    at(found.object, 'spec', 'postBuild') !== undefined
  )
    return { ...words, fix: `${words.fix}, or the variable behind it: one that spec.postBuild does not give becomes empty` }
  const fix = words && fixes[`${words.name} ${found.ref.kind}`]
  return words && fix ? { ...words, fix } : words
}

/** What mends a cause at a kind whose fields are others. */
const fixes: Readonly<Record<string, string>> = {
  'TagNotFound ImageRepository': 'correct spec.image, or push the image: list_artifacts shows the tags that there are',
  'ImmutableField HelmRelease':
    'delete the object and let the next upgrade make it again (a StatefulSet with --cascade=orphan, so that its pods stay), or take the change back in the values or the chart; spec.upgrade.force replaces the object and is refused as well',
  'TagNotFound HelmChart':
    'correct chart and version in spec.chart.spec (of the HelmChart spec.chart and spec.version), or publish the chart',
  'RegistryUnauthorized Bucket':
    'put valid keys (accesskey and secretkey, or those of spec.provider) into the Secret that spec.secretRef names',
  'RegistryDenied Bucket': 'give the account in spec.secretRef, or the identity of spec.provider, the right to list and read the bucket',
}
