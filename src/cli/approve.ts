/** Approves a plan's handle at a server. @throws {TypeError} with what the server said. */
export async function approve(
  { handle, server, token }: { handle: string; server: string; token: string },
  signal: AbortSignal,
): Promise<string> {
  const url = new URL('/approvals', server)
  const answer = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ handle }),
    signal,
  })
  if (answer.ok) return `✔ ${handle} is approved for ten minutes\n`
  const body = await answer.text()
  throw new TypeError(`${url.origin} refused with ${answer.status}: ${body.slice(0, 200)}`)
}
