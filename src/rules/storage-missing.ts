/** The data directory is no longer where it was when the server started: somebody moved or deleted it. */
export class StorageMissing extends Error {
  override readonly name = 'StorageMissing'
}
