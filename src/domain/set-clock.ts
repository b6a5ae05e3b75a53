import type { Database, Reads } from '../store/database.ts'
import { type ClockChange, type ClockSetting, type MovableClock, UNTOUCHED } from './clock.ts'

/** What the setting of the clock is kept under. */
const SETTING = 'clock'

/** How the clock was set when the data directory was last in use; undefined when it never was. */
export function savedClock(database: Database): Promise<ClockSetting | undefined> {
  return database.read(readSetting)
}

async function readSetting({ settings }: Reads): Promise<ClockSetting | undefined> {
  const saved = await settings.get(SETTING)
  return saved && (JSON.parse(saved.toString()) as ClockSetting)
}

/**
 * Moves or stops the clock, for the time after a restart too: what is kept has times by it. When it is put back, work
 * that waits does so as long as it still had to, and not until the clock is where it was.
 */
export async function setClock(database: Database, clock: MovableClock, change: ClockChange): Promise<void> {
  await database.write(async (tx) => {
    // An earlier change may be a part of the same commit, which the clock has not seen yet.
    const before = (await readSetting(tx)) ?? UNTOUCHED
    const setting = clock.settingAfter(before, change)
    const back = clock.nowBy(before) - clock.nowBy(setting)
    if (back > 0) await tx.jobs.bringForward(back)
    await tx.settings.put(SETTING, Buffer.from(JSON.stringify(setting)))
    tx.afterCommit(() => clock.adjust(setting))
  })
}
