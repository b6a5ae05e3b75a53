/** Stand for a `*` and a `?` that came out of a variable: they are text, and no wildcards. */
const TEXT_STAR = '\uE000'
const TEXT_QUESTION = '\uE001'

/**
 * Whether a pattern fits a whole text: `*` for any characters or none, `?` for one. Case counts. The time is
 * bounded by the product of both lengths, whatever the pattern.
 */
export function matchesWildcards(pattern: string, text: string): boolean {
  let at = 0
  let inPattern = 0
  let star = -1
  let resumeAt = 0
  while (at < text.length) {
    const wanted = pattern[inPattern]
    if (wanted === '*') {
      star = inPattern++
      resumeAt = at
    } else if (wanted === '?' || isSame(wanted, text[at])) {
      inPattern += 1
      at += 1
    } else if (star >= 0) {
      // What fits so far hangs on the last star: it takes one character more.
      inPattern = star + 1
      at = ++resumeAt
    } else {
      return false
    }
  }
  while (pattern[inPattern] === '*') inPattern += 1
  return inPattern === pattern.length
}

function isSame(wanted: string | undefined, found: string | undefined): boolean {
  if (wanted === TEXT_STAR) return found === '*'
  if (wanted === TEXT_QUESTION) return found === '?'
  return wanted === found
}

/** What a policy variable stands for; undefined when the request has no such key, or several values of it. */
export type Variables = (key: string) => string | undefined

/** Without braces in it: a text of nothing but openings is read once, and not once from each of them. */
const VARIABLE = /\$\{([^{}]*)\}/g
const QUOTED = /^'([^']*)'$/

/**
 * A text of a policy with its variables filled in (IAM user guide, "Policy variables"): `${aws:username}`,
 * `${aws:username, 'default'}`, and `${*}`, `${?}`, `${$}` for these characters themselves. Undefined when a
 * variable has no value: then nothing fits.
 *
 * @param variables none where `${…}` is text, as in policies of the older version
 * @param use how the result will be compared: values that come into a pattern bring no wildcards
 */
export function fillIn(
  text: string,
  variables: Variables | undefined,
  use: 'pattern' | 'text',
): string | undefined {
  if (!variables || !text.includes('${')) return text
  let isWhole = true
  const filled = text.replace(VARIABLE, (_whole, inside: string) => {
    const value = valueInside(inside, variables)
    if (value === undefined) isWhole = false
    return use === 'text' ? (value ?? '') : withoutWildcards(value ?? '')
  })
  return isWhole ? filled : undefined
}

function valueInside(inside: string, variables: Variables): string | undefined {
  if (inside === '*' || inside === '?' || inside === '$') return inside
  const comma = inside.indexOf(',')
  if (comma < 0) return variables(inside.trim().toLowerCase())
  const [, otherwise] = QUOTED.exec(inside.slice(comma + 1).trim()) ?? []
  if (otherwise === undefined) return undefined
  return variables(inside.slice(0, comma).trim().toLowerCase()) ?? otherwise
}

function withoutWildcards(value: string): string {
  return value.replaceAll('*', TEXT_STAR).replaceAll('?', TEXT_QUESTION)
}
