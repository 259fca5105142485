import { at, isObject, type Json, type JsonObject } from '../../../src/lib/json.ts'
import type { Said } from './talk.ts'

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g
const time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g
/** Fields whose value a server chooses, and what stands for it. */
const chosen: Readonly<Record<string, string>> = {
  resourceVersion: '<version>',
  continue: '<token>',
  clusterIP: '<address>',
  nodePort: '<port>',
  healthCheckNodePort: '<port>',
}

/** An answer with all that may differ from server to server replaced. */
export function normal({ status, type, warning, body }: Said): Said {
  return { status, type: type.split(';')[0] ?? '', warning: plain(warning), body: value(withoutBookmarks(body)) }
}

/** Bookmarks come when a server likes, but for the one that ends the initial events. */
function withoutBookmarks(body: Json): Json {
  return Array.isArray(body)
    ? body.filter(event => at(event, 'type') !== 'BOOKMARK' || at(event, 'object', 'metadata', 'annotations') !== undefined)
    : body
}

/** Owners in one order: a real server forgets the time of some scales, and is one itself. */
function owners(entries: Json[]): Json {
  const kept = entries
    .filter(e => at(e, 'manager') !== 'kube-apiserver')
    .map(e => (at(e, 'subresource') === 'scale' && isObject(e) ? { ...e, time: '' } : e))
  return kept.map(value).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

/** Conflicts come in any order. */
function inOrder(list: Json[]): Json[] {
  if (!list.every(item => at(item, 'reason') === 'FieldManagerConflict')) return list
  return list.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

function plain(text: string): string {
  return text
    .replace(/^Apply failed with .*/s, said => said.split(/\s+/).toSorted().join(' '))
    .replace(/(errors:)((?:\n  .*)+)$/, (_, head: string, lines: string) => head + lines.split('\n').toSorted().join('\n'))
    .replaceAll(uuid, '<uid>')
    .replaceAll(time, '<time>')
    .replaceAll(/patch: Invalid value: "\{.*\}": |(?<=^Invalid value: )"\{\\"apiVersion.*\}": /gs, 'patch: <object>: ')
    .replaceAll(/^\d+s$/g, '<age>')
    .replaceAll(/\n@@.*$/gs, '')
    .replaceAll(
      /(spec.template: Invalid value: |(?<=^Invalid value: ))\{"(labels|metadata)".*?(?=$|: field is immutable)/gs,
      '$1<template>',
    )
    .replaceAll(/ResourceVersion: \d+/g, 'ResourceVersion: <version>')
    .replaceAll(/ResourceVersion in record \(\d+\)/g, 'ResourceVersion in record (<version>)')
    .replaceAll(/\b(gen-|Bad_)[a-z0-9]{5}\b/g, '$1<random>')
}

function value(given: Json): Json {
  if (Array.isArray(given)) return inOrder(given.map(item => value(item)))
  if (typeof given === 'string') return plain(given)
  if (!isObject(given)) return given
  const out: JsonObject = {}
  for (const key of Object.keys(given).toSorted()) {
    if ((key === 'description' && 'priority' in given) || key === 'storageVersionHash') continue
    const item = given[key] ?? null
    const stands = chosen[key]
    out[plain(key)] =
      stands !== undefined && item !== '' && item !== 'None' && (typeof item === 'string' || typeof item === 'number')
        ? stands
        : key === 'clusterIPs' && Array.isArray(item)
          ? item.map(ip => (ip === 'None' ? ip : '<address>'))
          : key === 'managedFields' && Array.isArray(item)
            ? owners(item)
            : value(item)
  }
  return out
}
