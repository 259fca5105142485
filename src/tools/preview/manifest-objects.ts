import { isKubeObject, type KubeObject } from '../../kinds/manifest.ts'
import { decodeObjects } from '../../kustomize/decode.ts'
import { isObject, type Json } from '../../lib/json.ts'
import { parseAll } from '../../lib/yaml.ts'
import { ToolError } from '../frame/error.ts'

const needs = 'each document needs apiVersion, kind and metadata.name'

/** The objects of a caller's YAML. Nothing is left out: a document that is no object is refused. @throws {ToolError} InvalidArgument with its number. */
export function manifestObjects(text: string): KubeObject[] {
  const documents = parseAll(text)
  const wrong = documents.findIndex(document => document !== null && !isListed(document) && !isKubeObject(document))
  if (wrong >= 0) throw new ToolError('InvalidArgument', `manifests: document ${wrong + 1} is no Kubernetes object`, { next: needs })
  const objects = decodeObjects(text)
  if (objects.length === 0) throw new ToolError('InvalidArgument', 'manifests has no Kubernetes object', { next: needs })
  return objects
}

function isListed(document: Json): boolean {
  return isObject(document) && typeof document.kind === 'string' && document.kind.endsWith('List') && Array.isArray(document.items)
}
