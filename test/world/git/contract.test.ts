import { after, before, describe } from 'node:test'
import type { SandboxGit } from '../../../src/sandbox/git.ts'
import { createHttp } from '../../../src/world/http/client.ts'
import { openGit } from '../../../src/world/git/open.ts'
import { machine, openForge } from '../../support/git.ts'
import { serveGit } from '../../support/git-server.ts'
import { withPrograms } from '../../refs/when.ts'
import { fillForge, gitContract } from './contract.ts'

withPrograms(['git'], { name: 'Git over HTTP', tests: 15 }, () =>
  describe('Git over HTTP', () => {
    const forge = openForge()
    const http = createHttp({})
    const client = openGit({ http, ...machine })
    let server: SandboxGit
    before(async () => {
      await fillForge(forge)
      server = await serveGit({ folder: forge.folder })
    })
    after(async () => {
      await server.close()
      await http.close()
      forge.remove()
    })
    gitContract(() => ({
      forge,
      client,
      remote: name => ({ url: `http://${server.address}/${name}`, credentials: { type: 'anonymous' } }),
    }))
  }),
)
