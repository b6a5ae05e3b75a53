/*
 * The shape of a lifecycle policy, in the words of the JSON Schema library that ECR's texts come from
 * (java-json-tools/json-schema-validator). Observed by moto, but for types and lengths: those are the library's own
 * words. Of several faults the first is told, from the outermost inwards (guess).
 */

/** Says what is wrong with a value, undefined when nothing is. */
type Check = (value: unknown) => string | undefined

const MAX_RULES = 50

/** Both the selection and the action are one of two schemas each. */
const NONE_OF_TWO = 'instance failed to match exactly one schema (matched 0 out of 2)'

const COUNT_TYPES: readonly unknown[] = [
  'imageCountMoreThan',
  'sinceImagePulled',
  'sinceImagePushed',
  'sinceImageTransitioned',
]

const text = typed('string')
const natural = all(typed('integer'), atLeastOne)
const tags = list(all(text, notEmpty))

const action = object({
  required: { type: all(notNull, oneOf('expire', 'transition')) },
  optional: { targetStorageClass: all(notNull, oneOf('archive')) },
  // Observed for null (terraform-aws-ecr#158); that a class is refused too follows from the two schemas.
  fits: ({ type, targetStorageClass }) => type === 'transition' || targetStorageClass === undefined,
})

const selection = object({
  required: {
    tagStatus: all(notNull, oneOf('any', 'tagged', 'untagged')),
    countType: (value) => (COUNT_TYPES.includes(value) ? undefined : NONE_OF_TWO),
    countNumber: all(notNull, natural),
  },
  optional: {
    tagPrefixList: all(notNull, tags),
    tagPatternList: all(notNull, tags),
    countUnit: all(notNull, oneOf('days')),
    storageClass: all(notNull, oneOf('archive', 'standard')),
  },
  fits: ({ countType, countUnit }) => (countType === 'imageCountMoreThan') === (countUnit === undefined),
})

const rule = object({
  required: { action, rulePriority: natural, selection },
  optional: { description: text },
})

const policy = object({ required: { rules: list(rule, MAX_RULES) } })

/** What is wrong with the shape of what should be a lifecycle policy, undefined when nothing is. */
export function checkShape(document: object): string | undefined {
  return policy(document)
}

interface ObjectShape {
  readonly required: Record<string, Check>
  readonly optional?: Record<string, Check>
  /** Whether members that are right each for itself may stand together. */
  readonly fits?: (members: Record<string, unknown>) => boolean
}

function object({ required, optional = {}, fits }: ObjectShape): Check {
  const checks = { ...required, ...optional }
  const members: Check = (value) => {
    const given = value as Record<string, unknown>
    const missing = Object.keys(required).filter((name) => !Object.hasOwn(given, name))
    if (missing.length > 0) return `object has missing required properties (${listed(missing)})`
    const unknown = Object.keys(given).filter((name) => !Object.hasOwn(checks, name))
    if (unknown.length > 0)
      return `object instance has properties which are not allowed by the schema: (${listed(unknown)})`
    for (const [name, check] of Object.entries(checks)) {
      const violation = Object.hasOwn(given, name) ? check(given[name]) : undefined
      if (violation) return violation
    }
    return fits && !fits(given) ? NONE_OF_TWO : undefined
  }
  return all(typed('object'), members)
}

function list(item: Check, maxItems = Infinity): Check {
  const items: Check = (value) => {
    const given = value as unknown[]
    const has = `elements but instance has ${given.length} elements`
    if (given.length === 0) return `array is too short: must have at least 1 ${has}`
    if (given.length > maxItems) return `array is too long: must have at most ${maxItems} ${has}`
    return given.map(item).find((violation) => violation !== undefined)
  }
  return all(typed('array'), items)
}

/** The first of several checks that finds something wrong. */
function all(...checks: readonly Check[]): Check {
  return (value) => {
    for (const check of checks) {
      const violation = check(value)
      if (violation) return violation
    }
    return undefined
  }
}

function typed(type: string): Check {
  return (value) =>
    typeOf(value) === type
      ? undefined
      : `instance type (${typeOf(value)}) does not match any allowed primitive type (allowed: ${listed([type])})`
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return Number.isInteger(value) ? 'integer' : typeof value
}

/** Members that are null fit none of the schemas that the object may have. */
function notNull(value: unknown): string | undefined {
  return value === null ? NONE_OF_TWO : undefined
}

function oneOf(...values: readonly string[]): Check {
  return (value) =>
    values.includes(value as string)
      ? undefined
      : `instance value (${String(value)}) not found in enum :(possible values: ${listed(values)})`
}

function atLeastOne(value: unknown): string | undefined {
  if ((value as number) >= 1) return undefined
  return `numeric instance is lower than the required minimum (minimum: 1, found: ${String(value)})`
}

function notEmpty(value: unknown): string | undefined {
  return value === '' ? 'string "" is too short (length: 0, required minimum: 1)' : undefined
}

/** As JSON, sorted, with moto's space after the comma. */
function listed(names: readonly string[]): string {
  return `[${names
    .toSorted()
    .map((name) => JSON.stringify(name))
    .join(', ')}]`
}
