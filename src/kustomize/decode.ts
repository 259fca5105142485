import { isKubeObject, type KubeObject } from '../kinds/manifest.ts'
import { isObject, type Json, listAt } from '../lib/json.ts'
import { parseAll } from '../lib/yaml.ts'

/** The objects of a build's YAML: lists are taken apart; documents that name no object, and kustomization files, are left out. Spec: kustomization 4.4. */
export function decodeObjects(text: string): KubeObject[] {
  return parseAll(text).flatMap(objectsOf)
}

function objectsOf(document: Json): KubeObject[] {
  if (isObject(document) && typeof document.kind === 'string' && document.kind.endsWith('List') && Array.isArray(document.items))
    return listAt(document, 'items').flatMap(objectsOf)
  if (!isKubeObject(document)) return []
  return document.kind === 'Kustomization' && document.apiVersion.startsWith('kustomize.config.k8s.io/') ? [] : [document]
}
