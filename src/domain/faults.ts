/** An error that a test wants an operation of the AWS door to answer. */
export interface Fault {
  readonly operation: string
  /** The exception's name, one that the operation declares or that any may answer. */
  readonly error: string
  readonly message?: string | undefined
  /** What the exception has beside its message, as `kmsError`. */
  readonly members?: Readonly<Record<string, string | number>> | undefined
  /** How many calls fail; without it all do. */
  readonly times?: number | undefined
}

/** The faults that are planted, and how often each is still due. */
export interface Faults {
  list(): Fault[]
  /** Plants these in place of all earlier ones. */
  replace(faults: readonly Fault[]): void
  /** The fault that a call of `operation` must answer; counts it. */
  take(operation: string): Fault | undefined
}

export function plantedFaults(): Faults {
  let planted: { fault: Fault; left: number }[] = []
  return {
    list: () => planted.map(({ fault, left }) => ({ ...fault, times: left === Infinity ? undefined : left })),
    replace(faults) {
      planted = faults.map((fault) => ({ fault, left: fault.times ?? Infinity }))
    },
    take(operation) {
      const due = planted.find(({ fault, left }) => fault.operation === operation && left > 0)
      if (!due) return undefined
      due.left -= 1
      planted = planted.filter(({ left }) => left > 0)
      return due.fault
    },
  }
}
