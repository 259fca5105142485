import type { Clock } from '../clock/clock.ts'
import type { Http } from '../http/http.ts'
import { azureStore } from './azure/client.ts'
import { gcsStore } from './gcs/client.ts'
import { discreet } from './discreet.ts'
import type { BucketPlace, Objects, ObjectStore } from './objects.ts'
import { s3Store } from './s3/client.ts'
import type { Wire } from './transport.ts'

export interface ObjectsOptions {
  readonly http: Http
  readonly clock: Clock
  /** As Google's own clients read it: STORAGE_EMULATOR_HOST is a stand-in for their storage, without sign-in. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

/** Object stores over HTTP, by their provider's interface. Spec: sources 8. */
export function openObjects({ http, clock, env = {} }: ObjectsOptions): Objects {
  return {
    open(place) {
      const { tls, proxy } = place
      const wire = { http: tls || proxy ? http.with({ ...(tls ? { tls } : {}), ...(proxy ? { proxy } : {}) }) : http, clock }
      return discreet(storeOf(place, { wire, emulator: env.STORAGE_EMULATOR_HOST }), place.credentials)
    },
  }
}

function storeOf(place: BucketPlace, { wire, emulator }: { wire: Wire; emulator: string | undefined }): ObjectStore {
  if (place.provider === 'gcp') return gcsStore(place, { wire, emulator })
  return place.provider === 'azure' ? azureStore(place, wire) : s3Store(place, wire)
}
