// Serves Git until the process that started it goes. Argument: what to serve, as JSON.
import { listenGit } from '../../src/sandbox/git.ts'
import type { Serving } from './git-server.ts'

const { folder, letIn } = JSON.parse(process.argv[2] ?? '') as Serving
const server = await listenGit({
  port: 0,
  data: folder,
  ...(letIn ? { allows: authorization => letIn.includes(authorization ?? '') } : {}),
})
process.once('disconnect', () => void server.close().then(() => process.exit()))
process.send?.(server.address)
