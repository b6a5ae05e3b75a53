/** A request of an operator that can't be taken; the message says what can. */
export class UnusableRequest extends Error {
  override readonly name = 'UnusableRequest'
}
