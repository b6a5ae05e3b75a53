import type { Registry } from '../rules/registry.ts'
import type { PullThroughRule } from '../store/database.ts'
import type { Domain } from './domain.ts'
import { Refused } from './errors.ts'
import { openUpstream } from './pull-through-rule.ts'
import { upstreamRefusal } from './upstream-refusal.ts'

/** What keeps images of a rule's upstream away, if anything does. */
export async function checkUpstream(
  domain: Domain,
  registry: Registry,
  rule: PullThroughRule,
): Promise<Refused | undefined> {
  try {
    const upstream = await openUpstream(domain, registry, rule)
    await upstream.ping()
    return undefined
  } catch (error) {
    const refused = upstreamRefusal(error)
    if (!(refused instanceof Refused)) throw refused
    return refused
  }
}
