import type { AuthOptions } from './open.ts'
import type { Auth, BearerToken, BucketPlace, Cloud, KeyPlace, SessionKeys, Who } from './provider.ts'

/** The hand of {@link openAuth}, loaded when somebody first signs in: most runs never do. */
export function lazyAuth(options: AuthOptions): Auth {
  let opened: Promise<Auth> | undefined
  const open = (): Promise<Auth> => {
    opened ??= import('./open.ts').then(({ openAuth }) => openAuth(options))
    return opened
  }
  function bucket(cloud: 'aws', place: BucketPlace, who: Who): Promise<SessionKeys>
  function bucket(cloud: 'azure' | 'gcp', place: BucketPlace, who: Who): Promise<BearerToken>
  async function bucket(cloud: Cloud, place: BucketPlace, who: Who): Promise<SessionKeys | BearerToken> {
    const auth = await open()
    return cloud === 'aws' ? auth.bucket(cloud, place, who) : auth.bucket(cloud, place, who)
  }
  function keyService(cloud: 'aws', place: KeyPlace, who: Who): Promise<SessionKeys>
  function keyService(cloud: 'azure' | 'gcp', place: KeyPlace, who: Who): Promise<BearerToken>
  async function keyService(cloud: Cloud, place: KeyPlace, who: Who): Promise<SessionKeys | BearerToken> {
    const auth = await open()
    return cloud === 'aws' ? auth.keyService(cloud, place, who) : auth.keyService(cloud, place, who)
  }
  return {
    registry: async (cloud, repository, who) => (await open()).registry(cloud, repository, who),
    git: async (cloud, url, who) => (await open()).git(cloud, url, who),
    cluster: async (place, who) => (await open()).cluster(place, who),
    githubApp: async (data, way) => (await open()).githubApp(data, way),
    bucket,
    keyService,
  }
}
