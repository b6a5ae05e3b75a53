import { randomInt } from 'node:crypto'
import type { Reads, Writes } from '../store/database.ts'
import { UPLOAD_LIFE_MILLISECONDS } from './quotas.ts'

const SETTING = 'upload-runs'

/** Hexadecimal digits of the name of a run. */
export const RUN_DIGITS = 4

/** A clock that stands still lets none grow old. */
const MAX_RUNS = 100

/** A process on a data directory, from its start to its end. */
interface Run {
  readonly name: string
  /** When a later one found that it had ended without saying so, in epoch milliseconds; null while it runs. */
  readonly foundAt: number | null
}

/** This process among those on its data directory. */
export interface UploadRuns {
  readonly name: string
  /** Whether uploads that began in a process by this name may have been lost with it. */
  isLost(name: string, now: number): boolean
}

/** Notes that a process has begun. */
export async function beginRun(tx: Writes, now: number): Promise<UploadRuns> {
  const found = (await readRuns(tx)).map(({ name, foundAt }) => ({ name, foundAt: foundAt ?? now }))
  const lost = found.filter(({ foundAt }) => isOfUse(foundAt, now)).slice(-MAX_RUNS)
  const names = new Map(lost.map(({ name, foundAt }) => [name, foundAt]))
  let name: string
  do
    name = randomInt(16 ** RUN_DIGITS)
      .toString(16)
      .padStart(RUN_DIGITS, '0')
  while (names.has(name))
  await saveRuns(tx, [...lost, { name, foundAt: null }])
  return {
    name,
    isLost(asked, at) {
      const foundAt = names.get(asked)
      return foundAt !== undefined && isOfUse(foundAt, at)
    },
  }
}

/** Notes that a process ends, and leaves nothing that is not in the database. */
export async function endRun(tx: Writes, { name }: UploadRuns): Promise<void> {
  await saveRuns(
    tx,
    (await readRuns(tx)).filter((run) => run.name !== name),
  )
}

function isOfUse(foundAt: number, now: number): boolean {
  return now < foundAt + UPLOAD_LIFE_MILLISECONDS
}

async function readRuns({ settings }: Reads): Promise<Run[]> {
  const saved = await settings.get(SETTING)
  return saved ? (JSON.parse(saved.toString()) as Run[]) : []
}

async function saveRuns({ settings }: Writes, runs: readonly Run[]): Promise<void> {
  await settings.put(SETTING, Buffer.from(JSON.stringify(runs)))
}
