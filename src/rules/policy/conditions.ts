import { comparisons } from './comparisons.ts'
import type { Variables } from './wildcards.ts'

/** The values of a condition key, in lower case, in a request; undefined when the request has none. */
export type Context = (key: string) => readonly string[] | undefined

/** One key of one operator of a `Condition`. */
export interface Condition {
  /** As the document has it. */
  readonly operator: string
  /** In lower case: case does not count in keys. */
  readonly key: string
  /** @param variables none in policies of the older version */
  holds(context: Context, variables: Variables | undefined): boolean
}

const OPERATOR = /^(?:(ForAllValues|ForAnyValue):)?([a-z]+?)(IfExists)?$/i

/** Operators that hold when another one does not. */
const NEGATIONS: ReadonlyMap<string, string> = new Map([
  ['stringnotequals', 'stringequals'],
  ['stringnotequalsignorecase', 'stringequalsignorecase'],
  ['stringnotlike', 'stringlike'],
  ['arnnotequals', 'arnequals'],
  ['arnnotlike', 'arnlike'],
  ['numericnotequals', 'numericequals'],
  ['datenotequals', 'dateequals'],
  ['notipaddress', 'ipaddress'],
])

/** A condition of IAM's grammar; undefined for an unknown operator or values that it can't compare. */
export function parseCondition(
  operator: string,
  key: string,
  expected: readonly string[],
): Condition | undefined {
  const [, quantifier, base = '', ifExists] = OPERATOR.exec(operator) ?? []
  const name = base.toLowerCase()
  const found = { operator, key: key.toLowerCase() }
  if (name === 'null') return parseNull(found, expected, quantifier ?? ifExists)

  const negated = NEGATIONS.get(name)
  const comparison = comparisons.get(negated ?? name)
  const tests = comparison && expected.map(comparison)
  if (!tests?.every((test) => test !== undefined)) return undefined

  const fits = (value: string, variables: Variables | undefined): boolean =>
    tests.some((test) => test(value, variables)) !== (negated !== undefined)
  return { ...found, holds: quantified(quantifier?.toLowerCase(), found.key, fits, !!negated, !!ifExists) }
}

function quantified(
  quantifier: string | undefined,
  key: string,
  fits: (value: string, variables: Variables | undefined) => boolean,
  isNegated: boolean,
  ifExists: boolean,
): Condition['holds'] {
  // A key that a request has not is unequal to everything, and all of no values are whatever one asks.
  const whenAbsent =
    quantifier === undefined ? ifExists || isNegated : ifExists || quantifier === 'forallvalues'
  // Without a quantifier several values are unequal when each is.
  const isEvery = quantifier === 'forallvalues' || (quantifier === undefined && isNegated)
  return (context, variables) => {
    const values = context(key) ?? []
    if (values.length === 0) return whenAbsent
    return isEvery
      ? values.every((value) => fits(value, variables))
      : values.some((value) => fits(value, variables))
  }
}

/** `Null` asks whether a key is absent. */
function parseNull(
  found: Pick<Condition, 'operator' | 'key'>,
  expected: readonly string[],
  extra: string | undefined,
): Condition | undefined {
  const wanted = expected.map((value) => value.toLowerCase())
  if (extra !== undefined || !wanted.every((value) => value === 'true' || value === 'false')) return undefined
  return {
    ...found,
    holds: (context) =>
      wanted.some((value) => (value === 'true') === ((context(found.key) ?? []).length === 0)),
  }
}
