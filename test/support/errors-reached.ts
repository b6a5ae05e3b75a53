import { appendFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { operations } from '../../src/generated/ecr/operations.ts'
import type { OperationName } from '../../src/generated/ecr/types.ts'

/** The message of faults that tests plant: by it an error that was planted is told from one that has a cause. */
export const PLANTED = 'planted by a test'

/** Whether a request really ran into the error, or a fault was planted, as for what only AWS itself can do. */
export type Reach = 'caused' | 'planted'

/** Where the processes of one run note the errors that they reach; unset outside of `npm test`. */
export const NOTES_VARIABLE = 'ECR_LOCAL_REACHED'

/** Notes that a test saw `operation` answer `error`. */
export function noteReached(operation: OperationName, error: string, reach: Reach): void {
  const directory = process.env[NOTES_VARIABLE]
  if (directory) appendFileSync(join(directory, `${process.pid}.log`), `${operation} ${error} ${reach}\n`)
}

export type ErrorsReached = ReadonlyMap<OperationName, ReadonlyMap<string, Reach>>

/** All notes of a run. An error that was caused once counts as caused. */
export function readReached(directory: string): ErrorsReached {
  const reached = new Map<OperationName, Map<string, Reach>>()
  const lines = readdirSync(directory).flatMap((file) =>
    readFileSync(join(directory, file), 'utf8').split('\n').filter(Boolean),
  )
  for (const line of lines) {
    const [operation, error, reach] = line.split(' ') as [OperationName, string, Reach]
    const errors = reached.get(operation) ?? new Map<string, Reach>()
    reached.set(operation, errors)
    if (errors.get(error) !== 'caused') errors.set(error, reach)
  }
  return reached
}

/** Errors that operations declare and that no test reached, as `operation error`. */
export function missingFrom(reached: ErrorsReached, names: readonly OperationName[]): string[] {
  return names.flatMap((name) =>
    operations[name].errors
      .filter((error) => !reached.get(name)?.has(error))
      .map((error) => `${name} ${error}`),
  )
}
