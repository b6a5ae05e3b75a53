import type { Decision } from '../rules/policy/decide.ts'
import type { Statement } from '../rules/policy/document.ts'
import { type Mismatch, mismatchOf } from '../rules/policy/evaluate.ts'
import type { PolicyKind } from '../rules/policy/parse.ts'
import type { Reads } from '../store/database.ts'
import { type Access, accessDenied, judge, policiesFor, questionOf } from './authorize.ts'
import type { Domain } from './domain.ts'
import { messageOf } from './messages.ts'

/** A statement of a policy, as people find it in the document. */
export interface NamedStatement {
  readonly policy: PolicyKind
  /** From 0. */
  readonly index: number
  readonly sid?: string | undefined
  readonly effect: Statement['effect']
}

/** Why somebody may do something, or not. */
export interface Explanation {
  readonly isAllowed: boolean
  readonly reason: Decision['reason']
  /** The statement that decided; absent when none did. */
  readonly decidedBy?: NamedStatement | undefined
  /** What a client is told; absent when it is let in. */
  readonly message?: string | undefined
  /** Every statement that was asked, with the first part of it that does not fit; null when all of it fits. */
  readonly statements: readonly (NamedStatement & { readonly mismatch: Mismatch | null })[]
}

/** Decides as `authorize` does, and tells why. */
export async function explain({ database, clock }: Domain, asked: Access): Promise<Explanation> {
  const access = { ...asked, now: clock.now() }
  return database.read(async (tx) => {
    const { isAllowed, reason, by } = await judge(tx, access)
    return {
      isAllowed,
      reason,
      decidedBy: by && nameOf(by.policy, by.statement),
      message: isAllowed ? undefined : messageOf(accessDenied(access, reason)),
      statements: await statementsAsked(tx, access),
    }
  })
}

async function statementsAsked(tx: Reads, access: Access): Promise<Explanation['statements']> {
  const stored = await tx.policies.find(access.registry, access.repositoryName)
  if (!stored) return []
  const policies = policiesFor(access.action, stored)
  const question = questionOf(access, stored)
  return (['repository', 'registry'] as const).flatMap((policy) =>
    (policies[policy]?.statements ?? []).map((statement) => ({
      ...nameOf(policy, statement),
      mismatch: mismatchOf(statement, question) ?? null,
    })),
  )
}

function nameOf(policy: PolicyKind, { index, sid, effect }: Statement): NamedStatement {
  return { policy, index, sid, effect }
}
