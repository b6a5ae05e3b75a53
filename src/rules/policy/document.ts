import type { Condition } from './conditions.ts'

/** A policy as it is evaluated. */
export interface Policy {
  readonly statements: readonly Statement[]
}

export interface Statement {
  /** Where it stands in the document, from 0. */
  readonly index: number
  readonly sid: string | undefined
  readonly effect: 'Allow' | 'Deny'
  readonly principals: Choice<ReadonlySet<string>>
  /** Patterns in lower case. */
  readonly actions: Choice<readonly string[]>
  /** A repository policy need not say: it is about its repository. */
  readonly resources: Choice<readonly string[]> | undefined
  readonly conditions: readonly Condition[]
  /** Whether `${…}` is a variable: since version 2012-10-17. */
  readonly hasVariables: boolean
}

/** An element or its `Not…`. */
export interface Choice<Named> {
  readonly named: Named
  readonly isNegated: boolean
}
