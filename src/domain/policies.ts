import type { Policy } from '../rules/policy/document.ts'
import { InvalidPolicy, type PolicyKind, parsePolicy } from '../rules/policy/parse.ts'
import { Refused } from './errors.ts'

/** Policies that were parsed lately, by kind and text: every request asks for them, and few change. */
const MAX_PARSED = 500
const parsed = new Map<string, Policy>()

/** A policy that was stored, which is one of those that were let in. */
export function parsedPolicy(kind: PolicyKind, text: string): Policy {
  const key = `${kind} ${text}`
  let policy = parsed.get(key)
  if (!policy) {
    policy = parsePolicy(text, kind)
    if (parsed.size >= MAX_PARSED) parsed.clear()
    parsed.set(key, policy)
  }
  return policy
}

/**
 * The policy in a text that somebody wants to be in force.
 *
 * @throws Refused ParameterInvalid
 */
export function checkPolicy(kind: PolicyKind, text: string): Policy {
  try {
    return parsePolicy(text, kind)
  } catch (error) {
    if (error instanceof InvalidPolicy) throw invalidPolicy(kind, error)
    throw error
  }
}

/** Texts: observed by Terraform's provider and moto. */
export function invalidPolicy(kind: PolicyKind, cause?: InvalidPolicy): Refused {
  const constraint = cause?.what === 'principal' ? 'Principal not found' : `Invalid ${kind} policy provided`
  return new Refused('ParameterInvalid', { member: 'PolicyText', constraint }, { cause })
}
