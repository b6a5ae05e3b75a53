/** ECR user guide, "Tagging a private repository". */
export const MAX_RESOURCE_TAGS = 50
const MAX_KEY_LENGTH = 128
const MAX_VALUE_LENGTH = 256
const RESERVED_PREFIX = 'aws:'
const ALLOWED = /^[\p{L}\p{N}\p{Z}+\-=._:/@]*$/u

/** Whether a caller may set or remove a tag of this key. */
export function isResourceTagKey(key: string): boolean {
  if (key.length === 0 || key.length > MAX_KEY_LENGTH || !ALLOWED.test(key)) return false
  return !key.toLowerCase().startsWith(RESERVED_PREFIX)
}

export function isResourceTagValue(value: string): boolean {
  return value.length <= MAX_VALUE_LENGTH && ALLOWED.test(value)
}

interface ResourceTag {
  readonly key: string
  readonly value: string
}

/** `tags` with `added` laid over them, in the order of keys. */
export function mergeResourceTags(
  tags: readonly ResourceTag[],
  added: readonly ResourceTag[],
): ResourceTag[] {
  const merged = new Map([...tags, ...added].map(({ key, value }) => [key, value]))
  return [...merged].map(([key, value]) => ({ key, value })).sort((a, b) => (a.key < b.key ? -1 : 1))
}
