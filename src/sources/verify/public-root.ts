import seeds from '@sigstore/tuf/seeds.json' with { type: 'json' }

/** The trusted root of Sigstore's public instance as it was when this program was built; a newer one is a file of the user's. */
export function publicRoot(): unknown {
  const { targets } = seeds['https://tuf-repo-cdn.sigstore.dev']
  return JSON.parse(Buffer.from(targets['trusted_root.json'], 'base64').toString('utf8'))
}
