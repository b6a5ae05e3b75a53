/** Of an answer, by their names. */
export type AnswerHeaders = Readonly<Record<string, string | number>>

/** What each answer has that this door makes, by Docker's registry HTTP API V2. */
export const API_VERSION = { 'Docker-Distribution-Api-Version': 'registry/2.0' }

const VERSION_IN_TURN = Object.entries(API_VERSION).flat()

/** These and those of every answer, names and values in turn: Node writes them as they stand, without an object of it. */
export function inTurn(headers: AnswerHeaders): string[] {
  const all = [...VERSION_IN_TURN]
  for (const name in headers) all.push(name, String(headers[name]))
  return all
}
