import type { Limit } from '../limits/limits.ts'
import type { Plan } from '../options.ts'
import type { Outcome } from '../outcome.ts'

/** One run, whole. */
export interface Report {
  readonly date: string
  readonly command: string
  readonly plan: Pick<Plan, 'rounds' | 'seconds'>
  readonly machine: readonly (readonly [string, string])[]
  readonly servers: readonly ServerFacts[]
  readonly limits: readonly Limit[]
  /** The scenarios, in order. */
  readonly scenarios: readonly string[]
  /** Of each scenario in the order of the servers. */
  readonly outcomes: readonly Outcome[]
}

export interface ServerFacts {
  readonly name: string
  /** Undefined where it is missing. */
  readonly version?: string
  readonly missing?: string
  readonly durability: string
}

export function outcomesOf({ outcomes, servers }: Report, name: string): Outcome[] {
  const ofScenario = outcomes.filter(({ scenario }) => scenario === name)
  return servers.flatMap((each) => ofScenario.filter(({ server }) => server === each.name))
}
