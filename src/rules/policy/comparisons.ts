import { BlockList, isIP } from 'node:net'
import { fillIn, matchesWildcards, type Variables } from './wildcards.ts'

/** Whether a value of the request fits. */
type Test = (actual: string, variables: Variables | undefined) => boolean

/** Makes the test of a value of a policy; undefined when the operator can't compare with it. */
type Comparison = (expected: string) => Test | undefined

const lower = (text: string): string => text.toLowerCase()
const same = (text: string): string => text

function strings(prepare: (text: string) => string): Comparison {
  return (expected) => (actual, variables) => {
    const filled = fillIn(expected, variables, 'text')
    return filled !== undefined && prepare(filled) === prepare(actual)
  }
}

const like: Comparison = (expected) => (actual, variables) => {
  const pattern = fillIn(expected, variables, 'pattern')
  return pattern !== undefined && matchesWildcards(pattern, actual)
}

/** The six parts of an ARN each fit on their own; the last one may hold colons (IAM user guide). */
const arn: Comparison = (expected) => (actual, variables) => {
  const pattern = fillIn(expected, variables, 'pattern')
  if (pattern === undefined) return false
  const [wanted, found] = [arnParts(pattern), arnParts(actual)]
  return (
    wanted.length === found.length &&
    wanted.every((part, index) => matchesWildcards(part, found[index] ?? ''))
  )
}

function arnParts(text: string): string[] {
  const parts = text.split(':')
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')]
}

/** Numbers and times compare by size. */
function sized(
  parse: (text: string) => number,
  compare: (actual: number, expected: number) => boolean,
): Comparison {
  return (expected) => {
    const size = parse(expected)
    return Number.isNaN(size) ? undefined : (actual) => compare(parse(actual), size)
  }
}

const DECIMAL = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?$/i

/** JavaScript reads more as numbers: nothing at all, `0x10`, `Infinity`. */
const number = (text: string): number => (DECIMAL.test(text) ? Number(text) : Number.NaN)

/** W3C's "Date and Time Formats", a profile of ISO 8601: a day, or a time with its zone. */
const DATE =
  /^[0-9]{4}-[0-9]{2}(?:-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:[0-9]{2}))?)?$/

/** Epoch seconds, or a date. JavaScript reads more as dates, and those without a zone by that of the machine. */
const time = (text: string): number => {
  if (/^[0-9]+(?:\.[0-9]+)?$/.test(text)) return Number(text) * 1000
  return DATE.test(text) ? Date.parse(text) : Number.NaN
}

const sizes = {
  equals: (actual: number, expected: number) => actual === expected,
  lessthan: (actual: number, expected: number) => actual < expected,
  lessthanequals: (actual: number, expected: number) => actual <= expected,
  greaterthan: (actual: number, expected: number) => actual > expected,
  greaterthanequals: (actual: number, expected: number) => actual >= expected,
}

const bool: Comparison = (expected) => {
  const wanted = lower(expected)
  return wanted === 'true' || wanted === 'false' ? (actual) => lower(actual) === wanted : undefined
}

/** An address, or a range in CIDR form, of IPv4 or IPv6; Node would find IPv4 in IPv6's ranges, too. */
const ipAddress: Comparison = (expected) => {
  const [address = '', prefix, ...others] = expected.split('/')
  const family = isIP(address)
  const longest = family === 4 ? 32 : 128
  if (family === 0 || others.length > 0 || !/^[0-9]{1,3}$/.test(prefix ?? '0')) return undefined
  const length = Number(prefix ?? longest)
  if (length > longest) return undefined
  const range = new BlockList()
  range.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6')
  return (actual) => isIP(actual) === family && range.check(actual, family === 4 ? 'ipv4' : 'ipv6')
}

/** The operators that say what must be so, in lower case (IAM user guide, "Condition operators"). */
export const comparisons: ReadonlyMap<string, Comparison> = new Map(
  Object.entries({
    stringequals: strings(same),
    stringequalsignorecase: strings(lower),
    stringlike: like,
    arnequals: arn,
    arnlike: arn,
    binaryequals: strings(same),
    bool,
    ipaddress: ipAddress,
    ...Object.fromEntries(
      Object.entries(sizes).flatMap(([name, compare]) => [
        [`numeric${name}`, sized(number, compare)],
        [`date${name}`, sized(time, compare)],
      ]),
    ),
  }),
)
