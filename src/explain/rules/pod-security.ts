import { at, type Json, listAt, stringAt } from '../../lib/json.ts'

/** The first field by which a pod does not keep to a level, and what stands there. */
export interface Violation {
  readonly field: string
  readonly value: string
}

const mayAdd = /^(?:AUDIT_WRITE|CHOWN|DAC_OVERRIDE|FOWNER|FSETID|KILL|MKNOD|NET_BIND_SERVICE|SETFCAP|SETGID|SETPCAP|SETUID|SYS_CHROOT)$/
const confined = /^(?:RuntimeDefault|Localhost)$/

/** What Pod Security would refuse of a pod at a level (`baseline`, `restricted`); `undefined` where it takes it, or knows no such level. */
export function violationOf(spec: Json, level: string): Violation | undefined {
  if (level !== 'baseline' && level !== 'restricted') return undefined
  const containers = ['containers', 'initContainers'].flatMap(list =>
    listAt(spec, list).map(c => ({ container: c, place: `spec.${list}[${stringAt(c, 'name') ?? ''}]` })),
  )
  const found = [
    ofPod(spec),
    ...containers.map(({ container, place }) => baseline(container, place)),
    ...(level === 'restricted' ? containers.map(({ container, place }) => restricted(container, { place, spec })) : []),
  ]
  return found.find(v => v !== undefined)
}

function ofPod(spec: Json): Violation | undefined {
  const shared = ['hostNetwork', 'hostPID', 'hostIPC'].find(field => at(spec, field) === true)
  if (shared) return { field: `spec.${shared}`, value: 'true' }
  const volume = listAt(spec, 'volumes').find(v => at(v, 'hostPath') !== undefined)
  return volume === undefined
    ? undefined
    : { field: `spec.volumes[${stringAt(volume, 'name') ?? ''}].hostPath`, value: stringAt(volume, 'hostPath', 'path') ?? '' }
}

function baseline(container: Json, place: string): Violation | undefined {
  if (at(container, 'securityContext', 'privileged') === true) return { field: `${place}.securityContext.privileged`, value: 'true' }
  const added = listAt(container, 'securityContext', 'capabilities', 'add').find(c => !mayAdd.test(String(c)))
  if (added !== undefined) return { field: `${place}.securityContext.capabilities.add`, value: String(added) }
  const port = listAt(container, 'ports').find(p => Number(at(p, 'hostPort') ?? 0) > 0)
  return port === undefined ? undefined : { field: `${place}.ports[].hostPort`, value: String(at(port, 'hostPort')) }
}

function restricted(container: Json, { place, spec }: { place: string; spec: Json }): Violation | undefined {
  const own = (field: string): Json | undefined => at(container, 'securityContext', field) ?? at(spec, 'securityContext', field)
  const bad = (field: string, value: Json | undefined): Violation => ({
    field: `${place}.securityContext.${field}`,
    value: value === undefined ? '(absent)' : String(value),
  })
  const escalates = at(container, 'securityContext', 'allowPrivilegeEscalation')
  if (escalates !== false) return bad('allowPrivilegeEscalation', escalates)
  if (own('runAsNonRoot') !== true) return bad('runAsNonRoot', own('runAsNonRoot'))
  const drops = listAt(container, 'securityContext', 'capabilities', 'drop')
  if (!drops.includes('ALL')) return bad('capabilities.drop', drops.join(', ') || '(none)')
  const profile = at(own('seccompProfile') ?? {}, 'type')
  return confined.test(String(profile)) ? undefined : bad('seccompProfile.type', profile)
}
