/** The known name that is nearest to a wrong one, when one is near, else by which command all are told. */
export function suggest(wrong: string, known: readonly string[], help = 'ecr-local --help'): string {
  const ranked = known.map((name) => ({ name, distance: editDistance(wrong, name) }))
  ranked.sort((a, b) => a.distance - b.distance)
  const [nearest] = ranked
  if (nearest && nearest.distance <= Math.max(2, wrong.length / 3)) return `Did you mean ${nearest.name}?`
  return `See ${help}`
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const substituted = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(substituted, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    previous = row
  }
  return previous[b.length] ?? 0
}
