/** A failure as the distribution spec words it. */
export class RegistryProblem extends Error {
  override readonly name = 'RegistryProblem'
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export const registryProblems = {
  manifestUnknown: (ref: string): RegistryProblem => new RegistryProblem(404, 'MANIFEST_UNKNOWN', `manifest unknown: ${ref}`),
  nameUnknown: (): RegistryProblem => new RegistryProblem(404, 'NAME_UNKNOWN', 'repository name not known to registry'),
  nameInvalid: (name: string): RegistryProblem => new RegistryProblem(400, 'NAME_INVALID', `invalid repository name: ${name}`),
  tagInvalid: (tag: string): RegistryProblem => new RegistryProblem(400, 'TAG_INVALID', `invalid tag name: ${tag}`),
  blobUnknown: (digest: string): RegistryProblem => new RegistryProblem(404, 'BLOB_UNKNOWN', `blob unknown to registry: ${digest}`),
  uploadUnknown: (): RegistryProblem => new RegistryProblem(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry'),
  digestInvalid: (digest: string): RegistryProblem =>
    new RegistryProblem(400, 'DIGEST_INVALID', `provided digest did not match uploaded content: ${digest}`),
  rangeInvalid: (): RegistryProblem => new RegistryProblem(416, 'BLOB_UPLOAD_INVALID', 'the chunk does not start where the upload stopped'),
  manifestInvalid: (why: string): RegistryProblem => new RegistryProblem(400, 'MANIFEST_INVALID', `manifest invalid: ${why}`),
  missingBlob: (digest: string): RegistryProblem =>
    new RegistryProblem(400, 'MANIFEST_BLOB_UNKNOWN', `blob unknown to registry: ${digest}`),
  tooLarge: (): RegistryProblem => new RegistryProblem(413, 'MANIFEST_INVALID', 'manifest is larger than 4 MiB'),
  unauthorized: (): RegistryProblem => new RegistryProblem(401, 'UNAUTHORIZED', 'authentication required'),
  nowhere: (): RegistryProblem => new RegistryProblem(404, 'UNSUPPORTED', 'there is nothing here but /v2/'),
  unsupported: (): RegistryProblem => new RegistryProblem(405, 'UNSUPPORTED', 'the operation is unsupported'),
}
