const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g

/**
 * The tokens of a JSON text, without the white space between them.
 *
 * @param text valid JSON
 */
export function tokensOf(text: string): readonly string[] {
  return text.match(TOKEN) ?? []
}

/**
 * Whether an object in a JSON text has two members of one name: JSON.parse keeps the last without a word.
 *
 * @param text valid JSON
 */
export function hasRepeatedName(text: string): boolean {
  const open: Set<string>[] = []
  let before = ''
  for (const token of tokensOf(text)) {
    if (token === '{' || token === '[') open.push(new Set())
    else if (token === '}' || token === ']') open.pop()
    else if (token === ':') {
      const name = JSON.parse(before) as string
      const names = open.at(-1)
      if (names?.has(name)) return true
      names?.add(name)
    }
    before = token
  }
  return false
}
