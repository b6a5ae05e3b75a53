/** A pull is noted when the last one that was is this old; ECR promises once in 24 hours (API reference, ImageDetail). */
const INTERVAL_MILLISECONDS = 60 * 60 * 1000

/** Whether a pull at `now` is worth noting; times in epoch milliseconds. The clock may have been set back. */
export function isPullDue(lastPulledAt: number | undefined, now: number): boolean {
  return lastPulledAt === undefined || Math.abs(now - lastPulledAt) >= INTERVAL_MILLISECONDS
}

const PRINCIPAL = /^arn:[a-z-]+:(?:iam|sts)::([0-9]{12}):(role|user|assumed-role)\/(.+)$/

/**
 * Whether a principal is one of those excluded, roles and users by ARN. Sessions of a role are the role, whose
 * path their own ARNs do not have (IAM user guide, "IAM identifiers").
 */
export function isExcluded(principalArn: string, excluded: readonly string[]): boolean {
  if (excluded.includes(principalArn)) return true
  const [, account, kind, name = ''] = PRINCIPAL.exec(principalArn) ?? []
  if (kind !== 'assumed-role') return false
  const role = name.split('/')[0]
  return excluded.some((arn) => {
    const [, ofAccount, ofKind, path = ''] = PRINCIPAL.exec(arn) ?? []
    return ofKind === 'role' && ofAccount === account && path.split('/').at(-1) === role
  })
}
