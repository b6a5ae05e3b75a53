import type { Database } from '../store/database.ts'
import type { ClockChange, ClockSetting, MovableClock } from './clock.ts'

/** What the setting of the clock is kept under. */
const SETTING = 'clock'

/** How the clock was set when the data directory was last in use; undefined when it never was. */
export async function savedClock(database: Database): Promise<ClockSetting | undefined> {
  const saved = await database.read((tx) => tx.settings.get(SETTING))
  return saved && (JSON.parse(saved.toString()) as ClockSetting)
}

/**
 * Moves or stops the clock, for the time after a restart too: what is kept has times by it. When it is put back, work
 * that waits does so as long as it still had to, and not until the clock is where it was.
 */
export async function setClock(database: Database, clock: MovableClock, change: ClockChange): Promise<void> {
  await database.write(async (tx) => {
    const setting = clock.settingAfter(change)
    const back = clock.now() - clock.nowBy(setting)
    if (back > 0) await tx.jobs.bringForward(back)
    await tx.settings.put(SETTING, Buffer.from(JSON.stringify(setting)))
    tx.afterCommit(() => clock.adjust(setting))
  })
}
