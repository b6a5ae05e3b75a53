import type { z } from 'zod'
import { FrameworkError, serializationError } from './errors.ts'

type Issue = z.core.$ZodIssue

/**
 * What AWS answers to an input that breaks its model: a wrong JSON type does not get past the reader, and
 * anything else is the first violation in the model's order, in ECR's words.
 *
 * @param issues of a parse with `reportInput`; see src/generated for what each looks like
 */
export function violationOf(issues: readonly Issue[]): FrameworkError {
  const mistyped = issues.find(isMistyped)
  if (mistyped) return serializationError(typeText(mistyped))
  const issue = issues[0] as Issue
  // An item that is no structure is spoken of as its list (observed: the README of amazon-ecr-login).
  const isItem = typeof issue.path.at(-1) === 'number' && !isAbsent(issue)
  const member = memberPath(isItem ? issue.path.slice(0, -1) : issue.path)
  const constraint = constraintOf(issue, member)
  // Observed without the wrapping for the enum of `appliedFor` (cdk-preflight rules).
  const isWrapped = isItem && issue.code !== 'invalid_value'
  return new FrameworkError(
    'InvalidParameterException',
    `Invalid parameter at '${member}' failed to satisfy constraint: '${isWrapped ? `Member must satisfy constraint: [${constraint}]` : constraint}'`,
  )
}

function isAbsent({ input }: Issue): boolean {
  return input === undefined || input === null
}

function isMistyped(issue: Issue): boolean {
  if (isAbsent(issue)) return false
  if (issue.code === 'invalid_type') return true
  if (issue.code === 'invalid_value') return typeof issue.input !== 'string'
  return issue.code === 'invalid_format' && issue.format === 'base64'
}

/** No capture of ECR's is known; these are the words of AWS's Java front ends. */
function typeText(issue: Issue): string {
  if (issue.code === 'invalid_format') return `${memberPath(issue.path)}: invalid base64 in a blob value`
  const expected = issue.code === 'invalid_type' ? (JAVA_TYPES[issue.expected] ?? issue.expected) : 'String'
  return `${jsonType(issue.input)} can not be converted to ${/^[AEIOU]/.test(expected) ? 'an' : 'a'} ${expected}`
}

const JAVA_TYPES: Record<string, string> = {
  string: 'String',
  number: 'Integer',
  int: 'Integer',
  boolean: 'Boolean',
  array: 'List',
  object: 'Structure',
}

function jsonType(value: unknown): string {
  if (typeof value === 'string') return 'STRING_VALUE'
  if (typeof value === 'number') return Number.isInteger(value) ? 'NUMBER_VALUE' : 'DECIMAL_VALUE'
  if (typeof value === 'boolean') return value ? 'TRUE_VALUE' : 'FALSE_VALUE'
  return Array.isArray(value) ? 'START_ARRAY' : 'START_OBJECT'
}

/** `tags.2.member.key`: items count from 1, members have a small first letter (observed: spinifex tests). */
export function memberPath(path: readonly PropertyKey[]): string {
  return path
    .map((step) => (typeof step === 'number' ? `${step + 1}.member` : lowerFirst(String(step))))
    .join('.')
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}

/** Constraints of repositoryName come without "Member" (observed: spinifex tests); all others with it. */
function constraintOf(issue: Issue, member: string): string {
  const subject = member === 'repositoryName' ? '' : 'Member '
  if (isAbsent(issue)) return `${subject}must not be null`
  switch (issue.code) {
    case 'too_small':
      return `${subject}must have ${measure(issue.origin)} greater than or equal to ${issue.minimum}`
    case 'too_big':
      return `${subject}must have ${measure(issue.origin)} less than or equal to ${issue.maximum}`
    case 'invalid_value':
      return `${subject}must satisfy enum value set: [${issue.values.join(', ')}]`
    case 'invalid_format':
      return patternText(subject, member, issue.message)
    default:
      return issue.message
  }
}

/** What a bound is of, by the `origin` of zod's issue. */
export function measure(origin: string): string {
  return origin === 'number' || origin === 'int' ? 'value' : 'length'
}

function patternText(subject: string, member: string, pattern: string): string {
  // Observed: spinifex tests.
  if (member === 'repositoryName') return `must satisfy regular expression '${pattern}'`
  return `${subject}must satisfy regular expression pattern: ${pattern}`
}
