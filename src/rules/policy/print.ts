import { tokensOf } from './tokens.ts'

/**
 * JSON as ECR prints policies, which is Jackson's default: each member of an object in a line, two spaces per
 * object, ` : ` after a name, arrays in one line. Names keep their order, and numbers their form.
 *
 * @param text valid JSON
 */
export function printPolicy(text: string): string {
  const open: string[] = []
  const newLine = (): string => `\n${'  '.repeat(open.filter((bracket) => bracket === '{').length)}`
  let printed = ''
  /** None at the start, which is no beginning of anything either. */
  let before = ':'
  for (const token of tokensOf(text)) {
    if (token === ',') printed += ','
    else if (token === ':') printed += ' : '
    else if (token === '}' || token === ']') {
      open.pop()
      printed += (token === ']' || before === '{' ? ' ' : newLine()) + token
    } else {
      if ('{[,'.includes(before)) printed += open.at(-1) === '{' ? newLine() : ' '
      printed += token.startsWith('"') ? printString(token) : token
      if (token === '{' || token === '[') open.push(token)
    }
    before = token
  }
  return printed
}

/** Jackson escapes no more than it must, and writes the digits of escapes in capitals. */
function printString(token: string): string {
  return JSON.stringify(JSON.parse(token)).replace(
    /\\u[0-9a-f]{4}/g,
    (escaped) => `\\u${escaped.slice(2).toUpperCase()}`,
  )
}
