import { formOf, json, type Played, type Seen, type Tools } from './play.ts'

/** Where the agent of Azure Arc listens. */
export const arcPort = '40342'
/** The content of the file that the agent names. */
export const arcKey = 'key-of-azure-arc-0001'
export const serviceHeader = 'header-of-a-service-0001'

interface State {
  readonly tools: Tools
  issue(scope: string): Played
}

/** Services that hand out managed identities; `machine` says which are there, and Arc's what it asks back for. */
export function managed(seen: Seen, { tools, issue }: State): Played | undefined {
  const { host, url, headers, method } = seen
  if (!tools.machine.has('azure')) return undefined
  const query = Object.fromEntries(url.searchParams)
  const resource = query.resource ?? formOf(seen)?.get('resource') ?? ''
  const given = { method, 'api-version': query['api-version'], metadata: headers.metadata }
  const checked = (wanted: typeof given & { secret?: unknown }, life: (document: Document) => object): Played => {
    const right = JSON.stringify(given) === JSON.stringify({ ...given, ...wanted, secret: undefined }) && wanted.secret !== false
    return right ? json(life(documentIn(issue(`${resource}/.default`)))) : json({ error: 'invalid_request' }, 400)
  }
  const seconds = ({ expires_in: life, ...rest }: Document): object => ({ ...rest, expires_on: String(tools.clock.now() / 1000 + life) })
  if (url.pathname === '/metadata/identity/oauth2/token') {
    if (host === '169.254.169.254') return checked({ method: 'GET', 'api-version': '2018-02-01', metadata: 'true' }, document => document)
    if (headers.authorization !== `Basic ${arcKey}`) return tools.machine.get('arc') ?? { status: 400, body: '' }
    return checked({ method: 'GET', 'api-version': '2020-06-01', metadata: 'true' }, seconds)
  }
  switch (url.pathname) {
    case '/app-service/token':
      return checked(
        { method: 'GET', 'api-version': '2019-08-01', metadata: undefined, secret: headers['x-identity-header'] === serviceHeader },
        seconds,
      )
    case '/fabric/token':
      return checked(
        {
          method: 'GET',
          'api-version': '2019-07-01-preview',
          metadata: undefined,
          secret: headers.secret === serviceHeader && host === 'fabric.example.com',
        },
        seconds,
      )
    case '/ml/token':
      return checked(
        {
          method: 'GET',
          'api-version': '2017-09-01',
          metadata: undefined,
          secret: headers.secret === serviceHeader && query.clientid === 'own',
        },
        ({ expires_in: life, ...rest }) => ({ ...rest, expires_on: americanDate(tools.clock.now() + life * 1000) }),
      )
    case '/cloud-shell/token':
      return checked({ method: 'POST', 'api-version': undefined, metadata: 'true' }, document => document)
    default:
      return undefined
  }
}

interface Document {
  readonly expires_in: number
}

function documentIn({ body }: Played): Document {
  return JSON.parse(String(body)) as Document
}

function americanDate(time: number): string {
  const [, year, month, day, at] = /^(\d+)-(\d+)-(\d+)T([\d:]+)/.exec(new Date(time).toISOString()) ?? []
  return `${month}/${day}/${year} ${at}`
}
