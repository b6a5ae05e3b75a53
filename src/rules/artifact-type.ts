/**
 * Whether an artifact type is one of `types`: each exact, or a prefix before a trailing `*`. `*` alone is
 * anything, also a manifest without an artifact type, as most indexes are.
 */
export function matchesArtifactType(artifactType: string | undefined, types: readonly string[]): boolean {
  if (types.includes('*')) return true
  if (artifactType === undefined) return false
  return types.some((type) =>
    type.endsWith('*') ? artifactType.startsWith(type.slice(0, -1)) : artifactType === type,
  )
}
