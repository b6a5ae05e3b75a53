/** What a test wants to go wrong with requests of one kind. */
export interface Fault {
  /** What fails: an operation of the AWS door, or a route of the registry door. */
  readonly operation?: string | undefined
  readonly route?: string | undefined
  /** Of a route; without it all methods fail. */
  readonly method?: string | undefined
  /**
   * What is answered: the name of an exception that the operation declares or that any may answer, or a code of
   * the registry door.
   */
  readonly error?: string | undefined
  readonly message?: string | undefined
  /** What the exception has beside its message, as `kmsError`. */
  readonly members?: Readonly<Record<string, string | number>> | undefined
  /** Of an error at the registry door; without it the one that the code mostly has. */
  readonly status?: number | undefined
  readonly retryAfterSeconds?: number | undefined
  /** Passes before anything else happens; with nothing else, the request is then answered as ever. */
  readonly delayMilliseconds?: number | undefined
  /** The connection ends without an answer, and nothing is done. */
  readonly cut?: true | undefined
  /** How many requests fail; without it all do. */
  readonly times?: number | undefined
}

/** The faults that are planted, and how often each is still due. */
export interface Faults {
  list(): Fault[]
  areNone(): boolean
  /** Plants these in place of all earlier ones. */
  replace(faults: readonly Fault[]): void
  /** The first fault of those that are due for a request; counts it. */
  take(isDue: (fault: Fault) => boolean): Fault | undefined
}

export function plantedFaults(): Faults {
  let planted: { fault: Fault; left: number }[] = []
  return {
    list: () => planted.map(({ fault, left }) => ({ ...fault, times: left === Infinity ? undefined : left })),
    areNone: () => planted.length === 0,
    replace(faults) {
      planted = faults.map((fault) => ({ fault, left: fault.times ?? Infinity }))
    },
    take(isDue) {
      const due = planted.find(({ fault }) => isDue(fault))
      if (!due) return undefined
      due.left -= 1
      planted = planted.filter(({ left }) => left > 0)
      return due.fault
    },
  }
}

/** What a planted error says. That of throttling is observed, at both doors. */
export function textOf({ error, message }: Fault): string {
  const isThrottled = error === 'ThrottlingException' || error === 'TOOMANYREQUESTS'
  return message ?? (isThrottled ? 'Rate exceeded' : 'A planted fault')
}
