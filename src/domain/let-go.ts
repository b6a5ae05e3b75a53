import type { Digest } from '../rules/digest.ts'
import type { Writes } from '../store/database.ts'

/** Whether no repository owns a blob any more: then its row goes, where it is a small one, and its file may. */
export async function letGo(tx: Writes, digest: Digest): Promise<boolean> {
  if (await tx.layers.isOwned(digest)) return false
  await tx.smallBlobs.remove(digest)
  return true
}
