import { NotMeasured } from './filling.ts'
import type { Loaded } from './load.ts'
import { median, percentile } from './statistics.ts'

export type Unit = '/s' | 'MiB/s' | 'ms'

/** What is known of a server in a scenario. */
export interface Result {
  readonly scenario: string
  readonly server: string
  readonly unit: Unit
  /** The median of the rounds, and the rounds. */
  readonly value: number
  readonly rounds: readonly number[]
  /** Milliseconds, of all operations of all rounds. */
  readonly p50: number
  readonly p99: number
  /** Milliseconds of processor time that the server used for an operation. */
  readonly processor?: number
  /** MiB that the server had at most. */
  readonly peak?: number
  /** MiB that it has when it is left alone. */
  readonly idle?: number
  /** Processors that the load kept busy, of all that there are. */
  readonly loadProcessors?: number
  readonly note?: string
}

/** Why there is no result; `isFault` where it should be there, as an answer was wrong. */
export interface Absence {
  readonly scenario: string
  readonly server: string
  readonly reason: string
  readonly isFault: boolean
}

export type Outcome = Result | Absence

export function resultOf(
  scenario: { readonly name: string; readonly mebibytes?: number },
  server: string,
  rounds: readonly Loaded[],
): Result {
  const speed = ({ latencies, seconds }: Loaded): number =>
    (latencies.length * (scenario.mebibytes ?? 1)) / seconds
  const latencies = rounds.flatMap((round) => round.latencies)
  const sum = (of: (round: Loaded) => number): number => rounds.reduce((total, round) => total + of(round), 0)
  const speeds = rounds.map(speed)
  return {
    scenario: scenario.name,
    server,
    unit: scenario.mebibytes ? 'MiB/s' : '/s',
    value: median(speeds),
    rounds: speeds,
    p50: percentile(50, latencies),
    p99: percentile(99, latencies),
    processor: (sum((round) => round.processorSeconds) * 1000) / latencies.length,
    loadProcessors: sum((round) => round.loadSeconds) / sum((round) => round.seconds),
  }
}

export interface Start {
  /** From the start of the process to its first 200. */
  readonly milliseconds: number
  /** Milliseconds of processor time that it had used by then. */
  readonly processor: number
  /** MiB that it had when it was left alone. */
  readonly idle: number
}

export function startResult(scenario: string, server: string, starts: readonly Start[]): Result {
  const rounds = starts.map(({ milliseconds }) => milliseconds)
  return {
    scenario,
    server,
    unit: 'ms',
    value: median(rounds),
    rounds,
    p50: percentile(50, rounds),
    p99: percentile(99, rounds),
    processor: median(starts.map(({ processor }) => processor)),
    idle: median(starts.map(({ idle }) => idle)),
  }
}

export function absence(scenario: string, server: string, error: unknown): Absence {
  const reason = error instanceof Error ? error.message.trim() : String(error)
  return { scenario, server, reason, isFault: !(error instanceof NotMeasured) }
}

/** How many times better the one is than the other: faster, or sooner. */
export function ratio(one: Result, other: Result): number {
  return one.unit === 'ms' ? other.value / one.value : one.value / other.value
}
