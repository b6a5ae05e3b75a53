import { stat } from 'node:fs/promises'
import { StorageMissing } from '../rules/storage-missing.ts'
import { uploadsDirectory } from './path.ts'

/**
 * Work on a file that may not be there; that it is not says nothing of it when everything is gone.
 *
 * @throws StorageMissing
 */
export type IfPresent = <Result>(work: Promise<Result>) => Promise<Result | undefined>

export function presenceIn(dataDirectory: string): IfPresent {
  return async (work) => {
    try {
      return await work
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      await stat(uploadsDirectory(dataDirectory)).catch((cause: unknown) => {
        throw new StorageMissing(`${dataDirectory} is gone`, { cause })
      })
      return undefined
    }
  }
}
