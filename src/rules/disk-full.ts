/** Whether an error says, in POSIX's words, that a disk has no space left, or its quota leaves none. */
export function isDiskFull(error: unknown): boolean {
  const { code } = Object(error) as { code?: unknown }
  return code === 'ENOSPC' || code === 'EDQUOT'
}

/** No space, as told by something that has its own word for it. */
export class DiskFull extends Error {
  override readonly name = 'DiskFull'
  readonly code = 'ENOSPC'
}
