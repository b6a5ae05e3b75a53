import { type Condition, parseCondition } from './conditions.ts'
import type { Choice, Policy, Statement } from './document.ts'
import { identityOf } from './principals.ts'
import { hasRepeatedName } from './tokens.ts'

/** Which of ECR's policies a document is. */
export type PolicyKind = 'repository' | 'registry'

/** A document that is no policy. */
export class InvalidPolicy extends Error {
  override readonly name = 'InvalidPolicy'
  /** Whether the grammar is broken, or a principal is one that can't be there. */
  readonly what: 'document' | 'principal'

  constructor(reason: string, what: InvalidPolicy['what'] = 'document') {
    super(reason)
    this.what = what
  }
}

/**
 * Reads a policy by the grammar of IAM (user guide, "Grammar of the JSON policy language") for policies of
 * resources. A registry policy must say of which repositories it speaks; a repository policy need not.
 *
 * @throws InvalidPolicy
 */
export function parsePolicy(text: string, kind: PolicyKind): Policy {
  const document = objectOf(parseJson(text), 'The document')
  onlyKnown(document, ['Version', 'Id', 'Statement'])
  const { Version: version = '2008-10-17', Id: id, Statement: statement } = document
  if (version !== '2012-10-17' && version !== '2008-10-17') throw new InvalidPolicy('Version is unknown')
  if (id !== undefined && typeof id !== 'string') throw new InvalidPolicy('Id is no string')
  const hasVariables = version === '2012-10-17'
  const statements = listOf(statement, 'Statement').map((each, index) =>
    statementOf(objectOf(each, 'A statement'), index, kind, hasVariables),
  )
  const sids = statements.flatMap(({ sid }) => sid || [])
  if (new Set(sids).size < sids.length) throw new InvalidPolicy('Two statements have one Sid')
  return { statements }
}

function statementOf(element: Element, index: number, kind: PolicyKind, hasVariables: boolean): Statement {
  onlyKnown(element, [
    'Sid',
    'Effect',
    'Principal',
    'NotPrincipal',
    'Action',
    'NotAction',
    'Resource',
    'NotResource',
    'Condition',
  ])
  const { Sid: sid, Effect: effect } = element
  if (sid !== undefined && typeof sid !== 'string') throw new InvalidPolicy('Sid is no string')
  if (effect !== 'Allow' && effect !== 'Deny') throw new InvalidPolicy('Effect is Allow or Deny')
  const isAboutAll = element.Resource === undefined && element.NotResource === undefined
  return {
    index,
    sid,
    effect,
    principals: choiceOf(element, 'Principal', principalsOf),
    actions: choiceOf(element, 'Action', (value) => stringsOf(value, 'Action').map(actionOf)),
    resources:
      kind === 'repository' && isAboutAll
        ? undefined
        : choiceOf(element, 'Resource', (value) => stringsOf(value, 'Resource').map(resourceOf)),
    conditions: conditionsOf(element.Condition),
    hasVariables,
  }
}

/** An element that a statement has either so or as its `Not…`. */
function choiceOf<Named>(element: Element, name: string, parse: (value: unknown) => Named): Choice<Named> {
  const isNegated = element[`Not${name}`] !== undefined
  if (isNegated === (element[name] !== undefined))
    throw new InvalidPolicy(`A statement has either ${name} or Not${name}`)
  return { named: parse(element[isNegated ? `Not${name}` : name]), isNegated }
}

function principalsOf(value: unknown): ReadonlySet<string> {
  if (value === '*') return new Set('*')
  const element = objectOf(value, 'Principal')
  onlyKnown(element, ['AWS', 'Service', 'Federated', 'CanonicalUser'])
  const named = Object.entries(element).flatMap(([type, principals]) =>
    stringsOf(principals, type).map((principal) =>
      type === 'AWS' ? awsPrincipalOf(principal) : `${type.toLowerCase()}:${principal}`,
    ),
  )
  if (named.length === 0) throw new InvalidPolicy('Principal names nobody')
  return new Set(named)
}

/** What stands in a policy for a user or role that was deleted; nobody can be named by it. */
const UNIQUE_ID = /^A(?:IDA|ROA)[A-Z0-9]{12,}$/

function awsPrincipalOf(principal: string): string {
  if (UNIQUE_ID.test(principal)) throw new InvalidPolicy(`${principal} is gone`, 'principal')
  const identity = identityOf(principal)
  if (identity === undefined || identity.startsWith('service:'))
    throw new InvalidPolicy(`${principal} is no principal`)
  return identity
}

/** A guess: ECR's policies speak of ECR alone. */
function actionOf(action: string): string {
  if (action !== '*' && !/^ecr:[a-z0-9*?]+$/i.test(action))
    throw new InvalidPolicy(`${action} is no action of ECR`)
  return action.toLowerCase()
}

function resourceOf(resource: string): string {
  if (resource !== '*' && !/^arn:[^:]*:[^:]*:[^:]*:[^:]*:./.test(resource))
    throw new InvalidPolicy(`${resource} is no ARN`)
  return resource
}

function conditionsOf(value: unknown): Condition[] {
  if (value === undefined) return []
  return Object.entries(objectOf(value, 'Condition')).flatMap(([operator, keys]) =>
    Object.entries(objectOf(keys, operator)).map(([key, expected]) => {
      const condition = parseCondition(operator, key, valuesOf(expected))
      if (!condition) throw new InvalidPolicy(`${operator} can't compare ${key}`)
      return condition
    }),
  )
}

type Element = Readonly<Record<string, unknown>>

function parseJson(text: string): unknown {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    throw new InvalidPolicy('It is no JSON')
  }
  // A reader would not see which of two Effects is the one in force.
  if (hasRepeatedName(text)) throw new InvalidPolicy('An object has two members of one name')
  return document
}

function objectOf(value: unknown, name: string): Element {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidPolicy(`${name} is no object`)
  return value as Element
}

function onlyKnown(element: Element, known: readonly string[]): void {
  const unknown = Object.keys(element).find((name) => !known.includes(name))
  if (unknown !== undefined) throw new InvalidPolicy(`There is no element ${unknown}`)
}

/** One, or a list of at least one. */
function listOf(value: unknown, name: string): unknown[] {
  const list = Array.isArray(value) ? value : [value]
  if (value === undefined || list.length === 0) throw new InvalidPolicy(`${name} is missing`)
  return list
}

function stringsOf(value: unknown, name: string): string[] {
  const list = listOf(value, name)
  if (!list.every((each) => typeof each === 'string' && each !== ''))
    throw new InvalidPolicy(`${name} is no string`)
  return list as string[]
}

/** Values of a condition may be written as JSON numbers and booleans too. */
function valuesOf(value: unknown): string[] {
  return listOf(value, 'A value').map((each) => {
    if (!['string', 'number', 'boolean'].includes(typeof each))
      throw new InvalidPolicy('A value is no string')
    return String(each)
  })
}
