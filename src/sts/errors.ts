import type { z } from 'zod'
import { measure, memberPath } from '../protocol/validation.ts'

/** A refusal of STS, by the code that its XML carries. */
export class StsRefused extends Error {
  override readonly name = 'StsRefused'
  readonly code: string
  readonly status: number

  constructor(code: string, message: string, status = 400) {
    super(message)
    this.code = code
    this.status = status
  }
}

/**
 * The first violation of the model, in the words of AWS's query services (seen in many logs of IAM and STS):
 * `1 validation error detected: Value '…' at '…' failed to satisfy constraint: …`.
 */
export function violationOf(issues: readonly z.core.$ZodIssue[]): StsRefused {
  const issue = issues[0] as z.core.$ZodIssue
  const { input } = issue
  const value = input === undefined ? 'Value null' : `Value '${textOf(input)}'`
  const text = `${value} at '${memberPath(issue.path)}' failed to satisfy constraint: ${constraintOf(issue)}`
  return new StsRefused('ValidationError', `1 validation error detected: ${text}`)
}

/** Lists and structures, which AWS prints as Java does, are printed as JSON (guess). */
function textOf(input: unknown): string {
  return typeof input === 'object' ? JSON.stringify(input) : String(input)
}

function constraintOf(issue: z.core.$ZodIssue): string {
  if (issue.input === undefined) return 'Member must not be null'
  switch (issue.code) {
    case 'too_small':
      return `Member must have ${measure(issue.origin)} greater than or equal to ${issue.minimum}`
    case 'too_big':
      return `Member must have ${measure(issue.origin)} less than or equal to ${issue.maximum}`
    case 'invalid_format':
      return `Member must satisfy regular expression pattern: ${issue.message}`
    case 'invalid_type':
      return `Member must be of type ${issue.expected}`
    default:
      return issue.message
  }
}
