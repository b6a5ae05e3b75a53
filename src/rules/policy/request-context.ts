import type { Context } from './conditions.ts'

/** What is known of a request, for the condition keys that ECR fills. Absent members are absent keys. */
export interface RequestFacts {
  readonly principalArn: string
  readonly accountId: string
  readonly userId?: string | undefined
  readonly sourceIp?: string | undefined
  readonly isSecure?: boolean | undefined
  /** Epoch milliseconds. */
  readonly now?: number | undefined
  /** Tags that the request brings. */
  readonly requestTags?: readonly Tag[] | undefined
  /** Keys of tags that the request is about. */
  readonly tagKeys?: readonly string[] | undefined
  /** Tags that the repository has. */
  readonly resourceTags?: readonly Tag[] | undefined
  /** The setting that PutAccountSetting is about. */
  readonly accountSetting?: string | undefined
  readonly registry: { readonly accountId: string; readonly region: string }
  /** Values of any key, in lower case, in place of what is known. */
  readonly given?: ReadonlyMap<string, readonly string[]> | undefined
}

interface Tag {
  readonly key: string
  readonly value: string
}

const SESSION = /^arn:(aws[a-z-]*):sts::([0-9]{12}):assumed-role\/([^/]+)\//

/**
 * The condition keys of a request. `aws:PrincipalOrgID` and other keys of organizations, networks and services
 * that one machine has not are absent, as they are of a request that came through none of them.
 */
export function contextOf(facts: RequestFacts): Context {
  return (key) => facts.given?.get(key) ?? valuesOf(facts, key)
}

function valuesOf(facts: RequestFacts, key: string): readonly string[] | undefined {
  const [name = '', tagKey] = split(key)
  if (tagKey !== undefined) return tagOf(facts, name, tagKey)
  switch (key) {
    case 'aws:principalarn':
      return one(withoutSession(facts.principalArn))
    case 'aws:principalaccount':
      return one(facts.accountId)
    case 'aws:principaltype':
      return one(principalTypeOf(facts.principalArn))
    case 'aws:username':
      return one(/:user\/(?:.*\/)?([^/]+)$/.exec(facts.principalArn)?.[1])
    case 'aws:userid':
      return one(facts.userId)
    case 'aws:sourceip':
      return one(facts.sourceIp)
    case 'aws:securetransport':
      return one(facts.isSecure?.toString())
    case 'aws:currenttime':
      return one(facts.now === undefined ? undefined : new Date(facts.now).toISOString())
    case 'aws:epochtime':
      return one(facts.now === undefined ? undefined : String(Math.floor(facts.now / 1000)))
    case 'aws:tagkeys':
      return facts.tagKeys ?? facts.requestTags?.map((tag) => tag.key)
    case 'aws:requestedregion':
      return one(facts.registry.region)
    case 'aws:resourceaccount':
      return one(facts.registry.accountId)
    case 'ecr:accountsetting':
      return one(facts.accountSetting)
    default:
      return undefined
  }
}

/** Of a session, the role. */
function withoutSession(principalArn: string): string {
  const [, partition, accountId, role] = SESSION.exec(principalArn) ?? []
  return role === undefined ? principalArn : `arn:${partition}:iam::${accountId}:role/${role}`
}

/** `aws:requesttag/team` as its name and the key of the tag. */
function split(key: string): [string, string?] {
  const slash = key.indexOf('/')
  return slash < 0 ? [key] : [key.slice(0, slash), key.slice(slash + 1)]
}

/** Case does not count in the key of a tag either, as it is part of the condition key. */
function tagOf(facts: RequestFacts, name: string, tagKey: string): readonly string[] | undefined {
  return one(tagsOf(facts, name)?.find(({ key }) => key.toLowerCase() === tagKey)?.value)
}

function tagsOf(facts: RequestFacts, name: string): readonly Tag[] | undefined {
  if (name === 'aws:requesttag') return facts.requestTags
  return name === 'aws:resourcetag' || name === 'ecr:resourcetag' ? facts.resourceTags : undefined
}

function principalTypeOf(principalArn: string): string | undefined {
  if (principalArn.endsWith(':root')) return 'Account'
  if (principalArn.includes(':user/')) return 'User'
  return /:(?:assumed-role|role)\//.test(principalArn) ? 'AssumedRole' : undefined
}

function one(value: string | undefined): readonly string[] | undefined {
  return value === undefined ? undefined : [value]
}
