/** Epoch milliseconds of the server. */
export interface Clock {
  now(): number
}

export interface ClockState {
  /** Epoch milliseconds. */
  readonly now: number
  readonly isFrozen: boolean
}

/** A clock that runs with the machine's until somebody moves or stops it. */
export interface MovableClock extends Clock {
  state(): ClockState
  /** @param now epoch milliseconds */
  set(now: number): void
  freeze(isFrozen: boolean): void
  /** Runs with the machine's clock again. */
  reset(): void
}

/** @param machine the machine's own time, epoch milliseconds */
export function movableClock(machine: () => number): MovableClock {
  let offset = 0
  let frozenAt: number | undefined
  const now = (): number => frozenAt ?? machine() + offset
  return {
    now,
    state: () => ({ now: now(), isFrozen: frozenAt !== undefined }),
    set(to) {
      offset = to - machine()
      if (frozenAt !== undefined) frozenAt = to
    },
    freeze(isFrozen) {
      const at = now()
      offset = at - machine()
      frozenAt = isFrozen ? at : undefined
    },
    reset() {
      offset = 0
      frozenAt = undefined
    },
  }
}
