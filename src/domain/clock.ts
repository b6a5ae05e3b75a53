/** Epoch milliseconds of the server. */
export interface Clock {
  now(): number
}

export interface ClockState {
  /** Epoch milliseconds. */
  readonly now: number
  readonly isFrozen: boolean
}

/** How a clock differs from the machine's. */
export interface ClockSetting {
  /** How many milliseconds it is ahead of the machine's while it runs. */
  readonly offset: number
  /** Epoch milliseconds at which it stands still. */
  readonly frozenAt?: number | undefined
}

/** What to do with a clock; members that are given are done in this order. */
export interface ClockChange {
  /** Has it run with the machine's again. */
  readonly isReset?: boolean | undefined
  readonly isFrozen?: boolean | undefined
  /** Where it goes from where it is; epoch milliseconds. */
  readonly move?: (from: number) => number
}

/** A clock that runs with the machine's until somebody moves or stops it. */
export interface MovableClock extends Clock {
  state(): ClockState
  /** How it would be set after a change of a setting. */
  settingAfter(setting: ClockSetting, change: ClockChange): ClockSetting
  /** Epoch milliseconds as it would tell them when it was set so. */
  nowBy(setting: ClockSetting): number
  adjust(setting: ClockSetting): void
}

/** As a clock is set that nobody touched. */
export const UNTOUCHED: ClockSetting = { offset: 0 }

/** @param machine the machine's own time, epoch milliseconds */
export function movableClock(machine: () => number, initial: ClockSetting = UNTOUCHED): MovableClock {
  let setting = initial
  const nowBy = ({ offset, frozenAt }: ClockSetting): number => frozenAt ?? machine() + offset
  const now = (): number => nowBy(setting)
  return {
    now,
    nowBy,
    state: () => ({ now: now(), isFrozen: setting.frozenAt !== undefined }),
    settingAfter(setting, { isReset = false, isFrozen, move }) {
      const before = isReset ? UNTOUCHED : setting
      const at = machine()
      const from = before.frozenAt ?? at + before.offset
      const to = move ? move(from) : from
      const stands = isFrozen ?? before.frozenAt !== undefined
      return { offset: to - at, frozenAt: stands ? to : undefined }
    },
    adjust(to) {
      setting = to
    },
  }
}
