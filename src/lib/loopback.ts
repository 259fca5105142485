/** True for 127.0.0.0/8, ::1 and localhost with what is below it. `hostname` may be in brackets, as a URL has it. */
export function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '')
  return /^(.+\.)?localhost$|^127(\.\d{1,3}){3}$|^::1$|^::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}$/.test(host)
}
