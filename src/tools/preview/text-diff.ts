import { type KubeObject, printRef, refOf } from '../../kinds/manifest.ts'
import { decodeObjects } from '../../kustomize/decode.ts'
import type { Show } from '../../lib/mask.ts'
import { YamlError } from '../../lib/yaml.ts'
import { objectDiff, sayDiff } from './object-diff.ts'

const mostSaid = 1200

/**
 * How two versions of a file differ, in a line an object: manifests field by field, secrets masked; of any other text, whose secrets nobody can tell,
 * the number of lines alone.
 */
export function textDiff(before: string, after: string, show: Show): string {
  const [was, is] = [objectsIn(before), objectsIn(after)]
  const lines = was && is ? objectLines(was, is, show) : []
  const said = lines.length > 0 ? lines.join('\n') : `${count(before)} → ${count(after)} lines`
  return said.length > mostSaid ? `${said.slice(0, mostSaid)}…` : said
}

function count(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
}

function objectsIn(text: string): Map<string, KubeObject> | undefined {
  try {
    return new Map(decodeObjects(text).map(object => [printRef(refOf(object)), object]))
  } catch (thrown) {
    if (thrown instanceof YamlError) return undefined
    throw thrown
  }
}

function objectLines(was: ReadonlyMap<string, KubeObject>, is: ReadonlyMap<string, KubeObject>, show: Show): string[] {
  const gone = [...was.keys()].filter(key => !is.has(key)).map(key => `- ${key}`)
  const rest = [...is].flatMap(([key, next]) => {
    const live = was.get(key)
    if (!live) return [`+ ${key}`]
    const diff = objectDiff(live, next, { manager: '', repeats: false, show })
    return diff.length > 0 ? [`~ ${key}: ${sayDiff(diff)}`] : []
  })
  return [...gone, ...rest]
}
