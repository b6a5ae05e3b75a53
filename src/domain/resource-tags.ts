import {
  isResourceTagKey,
  isResourceTagValue,
  MAX_RESOURCE_TAGS,
  mergeResourceTags,
} from '../rules/resource-tags.ts'
import type { ResourceTag } from '../store/database.ts'
import { Refused } from './errors.ts'

/**
 * The tags of a repository after `added` are laid over `present`.
 *
 * @throws Refused ResourceTagsInvalid, TooManyResourceTags
 */
export function addResourceTags(
  present: readonly ResourceTag[],
  added: readonly ResourceTag[],
): readonly ResourceTag[] {
  const keys = new Set(added.map(({ key }) => key))
  const valid = added.every(({ key, value }) => isResourceTagKey(key) && isResourceTagValue(value))
  if (!valid || keys.size < added.length) throw new Refused('ResourceTagsInvalid', {})

  const tags = mergeResourceTags(present, added)
  if (tags.length > MAX_RESOURCE_TAGS) throw new Refused('TooManyResourceTags', { limit: MAX_RESOURCE_TAGS })
  return tags
}

/**
 * The tags of a repository without those of `keys`; keys that are not there are no fault.
 *
 * @throws Refused ResourceTagsInvalid, TooManyResourceTags
 */
export function removeResourceTags(
  present: readonly ResourceTag[],
  keys: readonly string[],
): readonly ResourceTag[] {
  if (keys.length > MAX_RESOURCE_TAGS) throw new Refused('TooManyResourceTags', { limit: MAX_RESOURCE_TAGS })
  if (!keys.every(isResourceTagKey)) throw new Refused('ResourceTagsInvalid', {})
  return present.filter(({ key }) => !keys.includes(key))
}
