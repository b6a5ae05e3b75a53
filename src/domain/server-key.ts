import { createHmac, randomBytes } from 'node:crypto'
import type { Database } from '../store/database.ts'

const SETTING = 'server-key'
const KEY_BYTES = 32

/**
 * The secret of this data directory, made at its first start: what it sealed, no other server opens. Keys
 * for one purpose are derived from it with `keyFor`.
 */
export async function serverKey(database: Database): Promise<Buffer> {
  return database.write(async ({ settings }) => {
    const existing = await settings.get(SETTING)
    if (existing) return existing
    const key = randomBytes(KEY_BYTES)
    await settings.put(SETTING, key)
    return key
  })
}

/** A key for one purpose, so that what is sealed for one is worth nothing for another. */
export function keyFor(key: Uint8Array, purpose: string): Buffer {
  return createHmac('sha256', key).update(purpose).digest()
}
