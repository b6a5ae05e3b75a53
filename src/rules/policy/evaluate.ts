import type { Context } from './conditions.ts'
import type { Policy, Statement } from './document.ts'
import { isNamed, isSpared } from './principals.ts'
import { fillIn, matchesWildcards, type Variables } from './wildcards.ts'

/** What a policy is asked about. */
export interface Question {
  /** As what the caller acts (`identitiesOf`). */
  readonly identities: readonly string[]
  /** As IAM names it, `ecr:BatchGetImage`. */
  readonly action: string
  /** An ARN, or `*` for what concerns no repository. */
  readonly resource: string
  readonly context: Context
}

/** The part of a statement that does not fit a question. */
export type Mismatch = 'Principal' | 'Action' | 'Resource' | 'Condition'

/** The statement that decides: the first Deny that fits, else the first Allow that does. */
export function evaluate({ statements }: Policy, question: Question): Statement | undefined {
  let allow: Statement | undefined
  for (const statement of statements) {
    if (allow && statement.effect === 'Allow') continue
    if (mismatchOf(statement, question)) continue
    if (statement.effect === 'Deny') return statement
    allow = statement
  }
  return allow
}

/** Why a statement has nothing to say, undefined when it applies. */
export function mismatchOf(statement: Statement, question: Question): Mismatch | undefined {
  const { principals, actions, resources, conditions, hasVariables } = statement
  const { identities, resource, context } = question
  const isMeant = principals.isNegated
    ? !isSpared(principals.named, identities)
    : isNamed(principals.named, identities)
  if (!isMeant) return 'Principal'

  const action = question.action.toLowerCase()
  if (actions.named.some((pattern) => matchesWildcards(pattern, action)) === actions.isNegated)
    return 'Action'

  const variables: Variables | undefined = hasVariables ? (key) => single(context(key)) : undefined
  const fits = (pattern: string): boolean => {
    const filled = fillIn(pattern, variables, 'pattern')
    return filled !== undefined && matchesWildcards(filled, resource)
  }
  if (resources && resources.named.some(fits) === resources.isNegated) return 'Resource'

  return conditions.every((condition) => condition.holds(context, variables)) ? undefined : 'Condition'
}

function single(values: readonly string[] | undefined): string | undefined {
  return values?.length === 1 ? values[0] : undefined
}
