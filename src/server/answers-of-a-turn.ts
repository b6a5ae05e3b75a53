import { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

let waiting: { readonly answer: ServerResponse; readonly send: () => void }[] = []
/** Whose answer ended last, and how many of them in a row. */
let last: Socket | null = null
let inARow = 0

/** After so many in a row, a client is taken to be alone. */
const ALONE = 20

/**
 * An answer that is sent when all that came in this turn of the event loop was looked at, after those that were ended
 * before it. Answers that leave one right behind the other find the client's side awake; to wake it for each takes
 * longer than to make most of them. A client that is alone has its answer at once. Express puts its own methods in place
 * of these: what it answers leaves at once.
 */
export class AnswerOfATurn extends ServerResponse {
  override end(...ending: unknown[]): this {
    inARow = this.socket === last ? inARow + 1 : 0
    last = this.socket
    if (inARow > ALONE && waiting.length === 0) return super.end(...(ending as []))
    if (waiting.length === 0) setImmediate(sendAll)
    waiting.push({ answer: this, send: () => super.end(...(ending as [])) })
    return this
  }
}

function sendAll(): void {
  const all = waiting
  waiting = []
  for (const { answer, send } of all) {
    try {
      send()
    } catch (error) {
      // Nobody is left to be told but the client, whom the end of the connection tells; the others get their answers.
      answer.destroy(error as Error)
    }
  }
}

/** Whether an answer has ended, and is not sent yet. */
export function isAboutToBeSent(answer: ServerResponse): boolean {
  return waiting.some((each) => each.answer === answer)
}
