/** Whose tags: one ImageRepository. `cluster` is the server of its cluster. */
export interface TagOwner {
  readonly cluster: string
  readonly namespace: string
  readonly name: string
}

/**
 * What scans found, kept on disk. There is one scan an owner, and it is whole: a process that ends while it writes leaves the one of before.
 * Who deletes an owner's object removes its tags, so that nothing grows without end. Spec: image-helm-notification A.1.3.
 */
export interface Tags {
  /** The tags of the last scan of an image, in the registry's order. Empty when there was none, or another image was scanned last. @throws {StorageError} */
  read(owner: TagOwner, image: string): Promise<readonly string[]>
  /** @throws {StorageError} DISK_FULL, FILE_LIMIT, WRITE_FAILED, NO_FOLDER, NO_DATABASE: then the scan of before is there. */
  write(owner: TagOwner, image: string, tags: readonly string[]): Promise<void>
  /** False when there was nothing. */
  remove(owner: TagOwner): Promise<boolean>
}
