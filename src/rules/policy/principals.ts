/*
 * Who a policy speaks of, and who calls, as identities: strings of our own that are equal for the same one,
 * however it is written. `*` is everybody.
 */

const ACCOUNT = /^[0-9]{12}$/
const PRINCIPAL_ARN =
  /^arn:aws[a-z-]*:(?:iam|sts)::([0-9]{12}):(root$|user\/|role\/|assumed-role\/|federated-user\/)(.*)$/
/** A path, and a name of characters that IAM takes: no wildcards, which principals don't have. */
const PATH_AND_NAME = /^(?:[!-)+->@-~]+\/)?[\w+=,.@-]{1,64}$/
const SESSION = /^[\w+=,.@-]{1,64}\/[\w+=,.@-]{2,64}$/
const SERVICE = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?$/

/** As what somebody acts: the account, and the role, user or session. Undefined for what is no principal. */
export function identitiesOf(principal: string): readonly string[] | undefined {
  if (ACCOUNT.test(principal)) return [`account:${principal}`]
  if (SERVICE.test(principal)) return [`service:${principal}`]
  const [, accountId = '', type, name = ''] = PRINCIPAL_ARN.exec(principal) ?? []
  const account = `account:${accountId}`
  switch (type) {
    case 'root':
      return [account]
    case 'user/':
      return PATH_AND_NAME.test(name) ? [account, `user:${accountId}/${name}`] : undefined
    case 'federated-user/':
      return PATH_AND_NAME.test(name) ? [account, `federated:${accountId}/${name}`] : undefined
    case 'role/':
      return PATH_AND_NAME.test(name) ? [account, roleOf(accountId, name)] : undefined
    case 'assumed-role/':
      return SESSION.test(name)
        ? [account, roleOf(accountId, name.split('/')[0] as string), `session:${accountId}/${name}`]
        : undefined
    default:
      return undefined
  }
}

/** The account of a principal, '' for a service, which has none; undefined for what is no principal. */
export function accountOf(principal: string): string | undefined {
  const account = identitiesOf(principal)?.[0]
  return account?.startsWith('service:') ? '' : account?.slice('account:'.length)
}

/** Names of roles are unique in an account, and the ARN of a session does not tell the role's path. */
function roleOf(accountId: string, name: string): string {
  return `role:${accountId}/${name.slice(name.lastIndexOf('/') + 1)}`
}

/** The one identity that an `AWS` principal of a policy names: the narrowest of what its ARN says. */
export function identityOf(principal: string): string | undefined {
  return principal === '*' ? '*' : identitiesOf(principal)?.at(-1)
}

/**
 * Whether one of the identities is named: the account stands for all of its principals, a role for its sessions.
 */
export function isNamed(named: ReadonlySet<string>, identities: readonly string[]): boolean {
  return named.has('*') || identities.some((identity) => named.has(identity))
}

/**
 * Whether `NotPrincipal` lets somebody out: all of the identities must be named, the account as well as the
 * user, role and session in it (IAM user guide, "NotPrincipal").
 */
export function isSpared(named: ReadonlySet<string>, identities: readonly string[]): boolean {
  return named.has('*') || identities.every((identity) => named.has(identity))
}
