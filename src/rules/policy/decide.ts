import type { Policy, Statement } from './document.ts'
import { evaluate, type Question } from './evaluate.ts'
import type { PolicyKind } from './parse.ts'

/** The policies of a resource that are in force. */
export type Policies = Readonly<Partial<Record<PolicyKind, Policy | undefined>>>

/** Whether somebody may, and why. */
export interface Decision {
  readonly isAllowed: boolean
  readonly reason:
    | 'explicit-deny'
    /** No policy has the last word over how its owner's root mends it. */
    | 'root-may-repair'
    /** The owning account needs no policy: what its own principals may is an identity matter. */
    | 'own-account'
    | 'allow'
    | 'no-allow'
  /** Whose statement decided; absent when none did. */
  readonly by?: { readonly policy: PolicyKind; readonly statement: Statement } | undefined
}

/** Actions by which a policy that shuts everybody out is mended. */
const REPAIRS: ReadonlySet<string> = new Set(
  ['RepositoryPolicy', 'RegistryPolicy'].flatMap((policy) =>
    ['Get', 'Set', 'Put', 'Delete'].map((verb) => `ecr:${verb}${policy}`),
  ),
)

/** Whether a request is one by which the root of the owning account mends a policy (a guess, as it is in S3). */
export function isRepair({ identities, action }: Question, ownerAccountId: string): boolean {
  return identities.length === 1 && identities[0] === `account:${ownerAccountId}` && REPAIRS.has(action)
}

/**
 * Decides as IAM does with policies of resources (ECR user guide, "Repository policies"; IAM user guide, "Policy
 * evaluation logic"): a Deny of either policy wins over everything and binds the owner too; callers of the
 * owning account then need no Allow, callers of others need one of either policy.
 */
export function decide(policies: Policies, question: Question, ownerAccountId: string): Decision {
  const deciding = (['repository', 'registry'] as const).flatMap((policy) => {
    const of = policies[policy]
    const statement = of && evaluate(of, question)
    return statement ? [{ policy, statement }] : []
  })
  const deny = deciding.find(({ statement }) => statement.effect === 'Deny')
  if (deny) return { isAllowed: false, reason: 'explicit-deny', by: deny }
  if (question.identities.includes(`account:${ownerAccountId}`))
    return { isAllowed: true, reason: 'own-account' }
  const [allow] = deciding
  return allow ? { isAllowed: true, reason: 'allow', by: allow } : { isAllowed: false, reason: 'no-allow' }
}
