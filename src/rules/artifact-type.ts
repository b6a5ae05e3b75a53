/** Whether an artifact type is one of `types`: each exact, or a prefix before a trailing `*`. */
export function matchesArtifactType(artifactType: string | undefined, types: readonly string[]): boolean {
  if (artifactType === undefined) return false
  return types.some((type) =>
    type.endsWith('*') ? artifactType.startsWith(type.slice(0, -1)) : artifactType === type,
  )
}
