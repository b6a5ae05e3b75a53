/** One way in which a server lets itself be logged in to (RFC 9110, 11.6.1). */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string
  /** By their names in lower case. */
  readonly parameters: ReadonlyMap<string, string>
}

/** A scheme, or a parameter whose value is a token or a quoted text. */
const PART = /([!#$%&'*+.^_`|~\w-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/g

/** The challenges of a WWW-Authenticate header, which may hold several. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  for (const [part, name = '', quoted, token] of header.matchAll(PART)) {
    if (part === name) {
      challenges.push({ scheme: name.toLowerCase(), parameters: new Map() })
      continue
    }
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? token ?? ''
    challenges.at(-1)?.parameters.set(name.toLowerCase(), value)
  }
  return challenges
}
