import type { Clock } from '../clock/clock.ts'
import type { Http } from '../http/http.ts'
import { discreet } from './discreet.ts'
import type { BucketPlace, Objects, ObjectStore } from './objects.ts'
import type { Wire } from './transport.ts'

export interface ObjectsOptions {
  readonly http: Http
  readonly clock: Clock
  /** As the clouds' own clients read it: STORAGE_EMULATOR_HOST is a stand-in for Google's storage, without sign-in; AZURE_AUTHORITY_HOST is another Entra. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

/** Object stores over HTTP, by their provider's interface. Spec: sources 8. */
export function openObjects({ http, clock, env = {} }: ObjectsOptions): Objects {
  return {
    async open(place, signal) {
      const { tls, proxy } = place
      const wire = { http: tls || proxy ? http.with({ ...(tls ? { tls } : {}), ...(proxy ? { proxy } : {}) }) : http, clock }
      return discreet(await storeOf(place, { wire, env, signal }), place.credentials)
    },
  }
}

interface Making {
  readonly wire: Wire
  readonly env: NonNullable<ObjectsOptions['env']>
  readonly signal: AbortSignal
}

async function storeOf(place: BucketPlace, { wire, env, signal }: Making): Promise<ObjectStore> {
  if (place.provider === 'gcp') return (await import('./gcs/client.ts')).gcsStore(place, { wire, emulator: env.STORAGE_EMULATOR_HOST })
  if (place.provider !== 'azure') return (await import('./s3/client.ts')).s3Store(place, wire)
  const { credentials } = place
  const [{ azureStore }, { entraSigner }] = await Promise.all([import('./azure/client.ts'), import('./azure/sign.ts')])
  const signer =
    credentials.is === 'entra' ? await entraSigner(credentials.client, { authority: env.AZURE_AUTHORITY_HOST, signal }) : undefined
  return azureStore(place, { wire, signer })
}
