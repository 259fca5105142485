import { at, isObject, type Json, listAt, stringAt } from '../../lib/json.ts'

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
    ofPod(spec, level === 'restricted'),
    ...containers.map(({ container, place }) => baseline(container, place)),
    ...(level === 'restricted' ? containers.map(({ container, place }) => restricted(container, { place, spec })) : []),
  ]
  return found.find(v => v !== undefined)
}

const kept = new Set(['name', 'configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret'])
const safeSysctls =
  /^(?:kernel\.shm_rmid_forced|net\.ipv4\.(?:ip_local_port_range|ip_unprivileged_port_start|tcp_syncookies|ping_group_range|ip_local_reserved_ports|tcp_keepalive_(?:time|intvl|probes)|tcp_fin_timeout|tcp_rmem|tcp_wmem))$/

function ofPod(spec: Json, isRestricted: boolean): Violation | undefined {
  const shared = ['hostNetwork', 'hostPID', 'hostIPC'].find(field => at(spec, field) === true)
  if (shared) return { field: `spec.${shared}`, value: 'true' }
  const sysctl = listAt(spec, 'securityContext', 'sysctls').find(s => !safeSysctls.test(stringAt(s, 'name') ?? ''))
  if (sysctl !== undefined) return { field: 'spec.securityContext.sysctls', value: stringAt(sysctl, 'name') ?? '' }
  for (const volume of listAt(spec, 'volumes')) {
    const kinds = isObject(volume) ? Object.keys(volume) : []
    const bad = kinds.find(kind => kind === 'hostPath' || (isRestricted && !kept.has(kind)))
    if (bad) return { field: `spec.volumes[${stringAt(volume, 'name') ?? ''}]`, value: bad }
  }
  return undefined
}

function baseline(container: Json, place: string): Violation | undefined {
  if (at(container, 'securityContext', 'privileged') === true) return { field: `${place}.securityContext.privileged`, value: 'true' }
  if (at(container, 'securityContext', 'seccompProfile', 'type') === 'Unconfined')
    return { field: `${place}.securityContext.seccompProfile.type`, value: 'Unconfined' }
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
  if (own('runAsUser') === 0) return bad('runAsUser', 0)
  const [drops, adds] = ['drop', 'add'].map(list => listAt(container, 'securityContext', 'capabilities', list))
  if (!drops?.includes('ALL')) return bad('capabilities.drop', drops?.join(', ') || '(none)')
  const added = adds?.find(c => c !== 'NET_BIND_SERVICE')
  if (added !== undefined) return bad('capabilities.add', added)
  const profile = at(own('seccompProfile') ?? {}, 'type')
  return confined.test(String(profile)) ? undefined : bad('seccompProfile.type', profile)
}
